"""The playground as a widget: shows its state on a page, and does to the state what a person does on the page.

What the page shows is sent in the traits `page_...`; what a person does comes in as messages. Calls are made in a thread
of their own, so that neither the page nor the kernel waits for them.
"""

import tempfile
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from ipywidgets import Widget, widget_serialization  # type: ignore[import-untyped]

from helpers import models
from helpers.calls.answers import Generation
from helpers.errors import BodyError, CallError, ContentFilterError, ImageError, WorkshopError
from helpers.language import joined, listed, tr
from helpers.masks.mask import Mask
from helpers.models import Model
from helpers.widgets.playground import pages
from helpers.widgets.playground.labels import all_labels, label
from helpers.widgets.playground.runs import PlannedRun, PlaygroundRun
from helpers.widgets.playground.settings import PRESETS, Preset, Settings, as_form
from helpers.widgets.playground.state import BusyError, PlaygroundState
from helpers.widgets.shared.latest_wins import caller
from helpers.widgets.shared.page import PageData, failed

_WIDGETS = Path(__file__).parents[1]
_PAGE = ("shared/page_parts.js", "playground/page.js")  # joined in this order, they are one ES module


def playground(bedrock: Any, *, width: int | None = None) -> "Playground":
    """Return the Bedrock console's image playground as a widget: make an image, vary it, edit a part of it.

        playground = helpers.playground(helpers.connect())
        playground.set(prompt="a castle on a hill", steps=40)

    `bedrock`: the client that `helpers.connect` returned. `width`: its greatest width in CSS pixels (None: the cell's).
    Nothing is sent until Run is pressed or `.run()` is called; on AWS the Run button shows the price. Raises TypeError
    where `bedrock` is no client.
    """
    if not hasattr(bedrock, "invoke_model"):
        raise TypeError(tr("The first argument is a client of bedrock-runtime: helpers.playground(helpers.connect())."))
    return Playground(bedrock, width=width)


class Playground(anywidget.AnyWidget):
    """The image playground as a widget. All that its page does, Python does too: `set`, `load`, `reference`, `mask`, `run`, `runs`."""

    _esm = "".join((_WIDGETS / name).read_text("utf-8") for name in _PAGE)
    _css = (_WIDGETS / "shared/page.css").read_text("utf-8")

    page_labels = traitlets.Dict().tag(sync=True)
    page_header = traitlets.Dict().tag(sync=True)
    page_form: Any = traitlets.List().tag(sync=True)
    page_settings = traitlets.Dict().tag(sync=True)
    page_quote = traitlets.Dict().tag(sync=True)
    page_status = traitlets.Dict().tag(sync=True)
    page_reference = traitlets.Dict().tag(sync=True)
    page_result = traitlets.Dict().tag(sync=True)
    page_history: Any = traitlets.List().tag(sync=True)
    page_code = traitlets.Dict().tag(sync=True)
    painter = traitlets.Instance(Widget, allow_none=True).tag(sync=True, **widget_serialization)

    def __init__(self, bedrock: Any, *, width: int | None = None) -> None:
        self._state = PlaygroundState(bedrock)
        self._shown: PlaygroundRun | None = None
        self._upload = bytearray()
        self._scratch = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        super().__init__(page_labels=all_labels())
        if width is not None:
            self.layout.max_width = f"{width}px"
        self._show_all()
        self._show_run()
        self._tell("ready", label("state.ready"))
        self.observe(self._on_form, "page_settings")
        self.on_msg(self._on_message)

    # ---- from Python

    @property
    def settings(self) -> Settings:
        """Settings of the next run."""
        return self._state.settings

    def set(self, **changes: Any) -> None:
        """Change settings by name: `playground.set(prompt="a castle", steps=40)`. Raises BodyError."""
        self._state.set(**changes)
        self._show_settings()
        self._show_painter()

    @property
    def model(self) -> Model:
        """Model of the next run."""
        return self._state.model

    def apply(self, model: "str | Model") -> None:
        """Choose a model by id or role: `playground.apply("core")`. Raises UnknownModelError, on AWS RetiredModelError."""
        self._state.apply(model)
        self._show_all()

    def load(self, name: str) -> None:
        """Load an example: "beach", "variation" or "sheep". Its reference image is drawn if no run has made it yet."""
        if name not in PRESETS:
            raise ValueError(
                tr("There is no example {name!r}; there are {examples}.", name=name, examples=listed(PRESETS))
            )
        preset = PRESETS[name]
        start = self._state.start_of(preset)
        if preset.start is not None and start is None:
            self._state.apply_for(preset)
            start = self._send_now(self._state.plan(preset.start))
            _must_have_worked(start)
        self._state.load(preset, start)
        self._show_all()

    @property
    def reference(self) -> Any:
        """Reference image, or None; takes any picture, path, bytes or receipt, and fits it to a legal size."""
        return self._state.reference.image if self._state.reference else None

    @reference.setter
    def reference(self, source: Any) -> None:
        remark = self._state.use(source, label("reference.from_python"))
        self._show_reference(remark)

    @property
    def mask(self) -> Mask | None:
        """Mask of what an edit may change, a `helpers.Mask` as painted; None while there is no reference image or no mask."""
        if self.painter is not None:
            self._state.mask = self.painter.mask
        return self._state.mask

    @mask.setter
    def mask(self, mask: Mask | None) -> None:
        if mask is not None and self.reference is not None:
            mask.must_fit(self.reference)
        self._state.mask = mask
        self._show_painter(new=True)

    def run(self) -> list[Generation]:
        """Send a run with the present settings, wait for it, and return the receipts, one a picture.

        Raises the first error that came instead of a picture; the pictures that came are in `.runs[-1].made`.
        """
        self._take_mask()
        run = self._send_now(self._state.plan())
        _must_have_worked(run)
        return run.made

    @property
    def runs(self) -> tuple[PlaygroundRun, ...]:
        """Runs so far, oldest first; each has `.settings`, `.bodies`, `.made`, `.failures` and `.python`."""
        return tuple(self._state.runs)

    def __repr__(self) -> str:
        place = tr("on the offline studio") if self._state.backend == "studio" else tr("on Amazon Bedrock")
        return tr("<Playground for {model} {place}>", model=self._state.model.name, place=place)

    # ---- from the page

    def _on_form(self, change: Any) -> None:
        if change["new"] == as_form(self._state.settings):
            return  # Python has set it
        try:
            self._state.set(**change["new"])
        except BodyError as error:
            problems = [problem.message for problem in error.problems]
            self.page_quote = {"text": "", "button": label("run"), "problems": problems}
            return
        self._show_quote()
        self._show_painter()

    def _on_message(self, _: Any, content: Any, buffers: list[Any]) -> None:
        """Do what a message of the page asks. An error goes to the page: raised here, it would end in the server's log."""
        ways = {
            "run": self._on_run,
            "apply": self._on_apply,
            "preset": self._on_preset,
            "use": self._on_use,
            "restore": self._on_restore,
        }
        try:
            if content.get("do") == "upload":
                self._on_upload(content, buffers)
            elif content.get("do") in ways:
                ways[content["do"]](content)
        except BusyError as error:
            self._tell("busy", str(error))
        except WorkshopError as error:
            self._fail(error)

    def _on_run(self, content: PageData) -> None:
        by_itself = content.get("because") == "change"
        if by_itself and self._state.backend != "studio":
            return  # nothing is ever paid without a press of the button
        self._state.set(**content["settings"])
        self._take_mask()
        self._start(self._state.plan, lambda run: None)

    def _on_apply(self, content: PageData) -> None:
        self._must_be_free()
        self.apply(models.get(content["model"]))
        self._tell("note", label("applied", model=self._state.model.name))

    def _on_preset(self, content: PageData) -> None:
        self._must_be_free()
        preset = PRESETS[content["name"]]
        start = self._state.start_of(preset)
        if preset.start is None or start is not None:
            self._loaded(preset, start)
        else:
            self._state.apply_for(preset)
            self._start(lambda: self._state.plan(preset.start), lambda run: self._loaded(preset, run))

    def _loaded(self, preset: Preset, start: PlaygroundRun | None) -> None:
        if start is not None and start.failures:
            return  # the status says what went wrong
        self._state.load(preset, start)
        self._show_all()
        self._tell("note", label("preset.loaded", name=label(f"preset.{preset.name}")))

    def _on_use(self, content: PageData) -> None:
        run = self._state.runs[content["number"] - 1]
        place = content["place"]
        answer = run.answers[place - 1]
        if isinstance(answer, Generation):
            self._state.use(answer, label("reference.from_run", place=place, number=run.number))
            if self._state.settings.action == "generate":
                self._state.set(action="variation")
            self._show_settings()
            self._show_reference()
            self._tell("note", label("reference.used"))

    def _on_restore(self, content: PageData) -> None:
        self._must_be_free()
        self._shown = self._state.runs[content["number"] - 1]
        self._state.restore(self._shown)
        self._show_all()
        self._show_run()
        self.page_status = pages.ended(self._shown)

    def _on_upload(self, content: PageData, buffers: list[Any]) -> None:
        """Take a part of a file: the server closes connections that bring more than 10 MB at once."""
        name = str(content["name"])
        if content["size"] > pages.MAX_UPLOAD:
            most = pages.MAX_UPLOAD // 1_000_000
            raise ImageError(
                tr("{name} is larger than {most} MB.", name=name, most=most),
                tr("That is more than any photo needs."),
                tr("Save it smaller."),
            )
        if content["start"] == 0:
            self._upload = bytearray()
        for part in buffers:
            self._upload += bytes(part)
        if len(self._upload) == content["size"]:
            data, self._upload = bytes(self._upload), bytearray()
            remark = self._state.use(data, name)
            self._show_reference(remark)
            self._tell("note", joined(label("reference.uploaded", name=name), remark))

    # ---- calls

    def _start(self, make: Callable[[], PlannedRun], then: Callable[[PlaygroundRun], None]) -> None:
        """Plan here, where errors are shown at once, and send in a thread; `then` is called with the run."""
        if not self._state.claim():
            raise BusyError()
        try:
            plan = make()
        except BaseException:
            self._state.give_back()
            raise
        self._tell_progress(plan, 1)
        here = caller()
        threading.Thread(target=self._work, args=(plan, then, here), daemon=True).start()

    def _work(self, plan: PlannedRun, then: Callable[[PlaygroundRun], None], here: Callable[..., None]) -> None:
        """Send in the thread. All that changes the page is done where the page's messages are heard."""
        try:
            run = self._state.send(plan, lambda place: here(self._tell_progress, plan, place))
        except Exception as error:
            here(self._end, error)
        else:
            here(self._end, run, then)

    def _end(self, came: PlaygroundRun | Exception, then: Callable[[PlaygroundRun], None] | None = None) -> None:
        self._state.give_back()
        try:
            if isinstance(came, Exception):
                raise came
            self._finish(came)
            if then is not None:
                then(came)
        except Exception as error:
            self._fail(CallError(tr("The playground could not finish this run."), repr(error)))

    def _send_now(self, plan: PlannedRun) -> PlaygroundRun:
        if not self._state.claim():
            raise BusyError()
        try:
            run = self._state.send(plan, lambda place: self._tell_progress(plan, place))
        finally:
            self._state.give_back()
        self._finish(run)
        return run

    def _finish(self, run: PlaygroundRun) -> None:
        self._shown = run
        if self._state.settings.draws_seed:
            self._state.set(seed=run.settings.seed)
            self._show_settings()
        self._show_run()
        self.page_status = {**pages.ended(run), "busy": False}

    def _must_be_free(self) -> None:
        if self._state.is_busy:
            raise BusyError()

    def _take_mask(self) -> None:
        """Take what is painted as the mask."""
        if self.painter is not None:
            self._state.mask = self.painter.mask

    # ---- to the page

    def _tell(self, state: str, text: str) -> None:
        self.page_status = {"state": state, "text": text, "busy": self._state.is_busy}

    def _tell_progress(self, plan: PlannedRun, place: int) -> None:
        self._tell("busy", label("state.busy", place=place, count=len(plan.bodies)))

    def _fail(self, error: WorkshopError) -> None:
        state = "filtered" if isinstance(error, ContentFilterError) else "failed"
        self.page_status = {**failed(error, state), "busy": self._state.is_busy}

    def _show_all(self) -> None:
        self.page_header = pages.header(self._state)
        self.page_form = pages.form(self._state.model)
        self._show_settings()
        self._show_reference()

    def _show_settings(self) -> None:
        self.page_settings = as_form(self._state.settings)
        self._show_quote()

    def _show_quote(self) -> None:
        self.page_quote = pages.quote(self._state, self._state.settings)

    def _show_reference(self, remark: str = "") -> None:
        self.page_reference = pages.reference(self._state, remark)
        self._show_quote()
        self._show_painter(new=True)

    def _show_painter(self, new: bool = False) -> None:
        """Show a painter for this reference image, once an edit needs one."""
        wanted = self._state.settings.action == "edit" and self._state.reference is not None
        if self.painter is not None and (new or not wanted):
            old, self.painter = self.painter, None
            self._state.mask = self._state.mask if new else old.mask
            old.close()
        if wanted and self.painter is None and self._state.reference is not None:
            from helpers.widgets.painter.widget import MaskPainter

            # A file of its own: else it would go on from a mask that was painted on this picture before.
            file = Path(self._scratch.name, f"{uuid.uuid4().hex}.png")
            self.painter = MaskPainter(self._state.reference.image, mask=self._state.mask, path=file)

    def _show_run(self) -> None:
        number = self._shown.number if self._shown else 0
        self.page_result = pages.result(self._shown)
        self.page_history = pages.history(self._state.runs, number, self.page_history)
        self.page_code = pages.code(self._shown)


def _must_have_worked(run: PlaygroundRun) -> None:
    if run.failures:
        raise run.failures[0]
