"""The playground in a notebook cell: the desk's state on a page, and what is done on the page to the desk.

What the page shows goes out through the traits `page_...`; what a person does comes in as messages. Calls are made in
a thread of their own, so that neither the page nor the kernel waits for them.
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
from helpers.widgets.playground import pages as pages
from helpers.widgets.playground.desk import BusyError, Desk
from helpers.widgets.playground.runs import Plan, Run
from helpers.widgets.playground.settings import PRESETS, Preset, Settings, as_form
from helpers.widgets.playground.words import all_words, say
from helpers.widgets.shared.latest_wins import caller

_WIDGETS = Path(__file__).parents[1]
_PAGE = ("shared/page_parts.js", "playground/playground.js")  # joined in this order, they are one ES module
_Page = dict[str, Any]


def playground(bedrock: Any, *, width: int | None = None) -> "Playground":
    """The console's image playground in a notebook cell: make a picture, vary it, edit a part of it.

    `bedrock`: what `helpers.connect` gave. `width`: the most pixels that it takes across; without it, all there are.
    Nothing is sent until Run is pressed or `.run()` is called. On AWS the Run button shows the price.
    """
    if not hasattr(bedrock, "invoke_model"):
        raise TypeError(tr("The first argument is a client of bedrock-runtime: helpers.playground(helpers.connect())."))
    return Playground(bedrock, width=width)


class Playground(anywidget.AnyWidget):
    """An image playground. All that its page does, Python does too: `set`, `load`, `reference`, `mask`, `run`, `runs`."""

    _esm = "".join((_WIDGETS / name).read_text("utf-8") for name in _PAGE)
    _css = _WIDGETS / "playground" / "playground.css"

    page_words = traitlets.Dict().tag(sync=True)
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
        self._desk = Desk(bedrock)
        self._shown: Run | None = None
        self._upload = bytearray()
        self._scratch = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        super().__init__(page_words=all_words())
        if width is not None:
            self.layout.max_width = f"{width}px"
        self._show_all()
        self._show_run()
        self._tell("ready", say("state.ready"))
        self.observe(self._on_form, "page_settings")
        self.on_msg(self._on_message)

    # ---- Python's own way to do all of it

    @property
    def settings(self) -> Settings:
        """What the next run is made from."""
        return self._desk.settings

    def set(self, **changes: Any) -> None:
        """Change settings by name: `playground.set(prompt="a castle", steps=40)`. Raises BodyError."""
        self._desk.set(**changes)
        self._show_settings()
        self._show_painter()

    @property
    def model(self) -> Model:
        """The model that is applied."""
        return self._desk.model

    def apply(self, model: "str | Model") -> None:
        """Choose a model by id or role. Raises UnknownModelError; on AWS RetiredModelError for one that has left."""
        self._desk.apply(model)
        self._show_all()

    def load(self, name: str) -> None:
        """Load an example: "beach", "variation" or "sheep". A picture that it starts from is drawn if none is there."""
        if name not in PRESETS:
            raise ValueError(
                tr("There is no example {name!r}; there are {examples}.", name=name, examples=listed(PRESETS))
            )
        preset = PRESETS[name]
        start = self._desk.start_of(preset)
        if preset.start is not None and start is None:
            self._desk.apply_for(preset)
            start = self._send_now(self._desk.plan(preset.start))
            _must_have_worked(start)
        self._desk.load(preset, start)
        self._show_all()

    @property
    def reference(self) -> Any:
        """The picture to start from, or None. Give it any picture, path, bytes or receipt; it is brought to a legal size."""
        return self._desk.reference.image if self._desk.reference else None

    @reference.setter
    def reference(self, source: Any) -> None:
        remark = self._desk.use(source, say("reference.from_python"))
        self._show_reference(remark)

    @property
    def mask(self) -> Mask | None:
        """Where the reference image may change in an edit: a `helpers.Mask`, as painted; None without an image."""
        if self.painter is not None:
            self._desk.mask = self.painter.mask
        return self._desk.mask

    @mask.setter
    def mask(self, mask: Mask | None) -> None:
        if mask is not None and self.reference is not None:
            mask.must_fit(self.reference)
        self._desk.mask = mask
        self._show_painter(new=True)

    def run(self) -> list[Generation]:
        """Send what is set, wait, and give back the receipts: one for each picture. Raises what went wrong.

        With an error, the pictures that came before it are in `.runs[-1].made`.
        """
        self._take_mask()
        run = self._send_now(self._desk.plan())
        _must_have_worked(run)
        return run.made

    @property
    def runs(self) -> tuple[Run, ...]:
        """Every run so far, oldest first: `.settings`, `.bodies`, `.made`, `.failures`, `.python`."""
        return tuple(self._desk.runs)

    def __repr__(self) -> str:
        place = tr("on the offline studio") if self._desk.backend == "studio" else tr("on Amazon Bedrock")
        return tr("<Playground for {model} {place}>", model=self._desk.model.name, place=place)

    # ---- from the page

    def _on_form(self, change: Any) -> None:
        if change["new"] == as_form(self._desk.settings):
            return  # Python's own
        try:
            self._desk.set(**change["new"])
        except BodyError as error:
            problems = [problem.message for problem in error.problems]
            self.page_quote = {"text": "", "button": say("run"), "problems": problems}
            return
        self._show_quote()
        self._show_painter()

    def _on_message(self, _: Any, content: Any, buffers: list[Any]) -> None:
        """One message of the page. An error becomes a sentence there: an exception would end in the server's log."""
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

    def _on_run(self, content: _Page) -> None:
        by_itself = content.get("because") == "change"
        if by_itself and self._desk.backend != "studio":
            return  # nothing is ever paid without a press of the button
        self._desk.set(**content["settings"])
        self._take_mask()
        self._start(self._desk.plan, lambda run: None)

    def _on_apply(self, content: _Page) -> None:
        self._must_be_free()
        self.apply(models.get(content["model"]))
        self._tell("note", say("applied", model=self._desk.model.name))

    def _on_preset(self, content: _Page) -> None:
        self._must_be_free()
        preset = PRESETS[content["name"]]
        start = self._desk.start_of(preset)
        if preset.start is None or start is not None:
            self._loaded(preset, start)
        else:
            self._desk.apply_for(preset)
            self._start(lambda: self._desk.plan(preset.start), lambda run: self._loaded(preset, run))

    def _loaded(self, preset: Preset, start: Run | None) -> None:
        if start is not None and start.failures:
            return  # what went wrong stands in the status
        self._desk.load(preset, start)
        self._show_all()
        self._tell("note", say("preset.loaded", name=say(f"preset.{preset.name}")))

    def _on_use(self, content: _Page) -> None:
        run = self._desk.runs[content["number"] - 1]
        place = content["place"]
        answer = run.answers[place - 1]
        if isinstance(answer, Generation):
            self._desk.use(answer, say("reference.from_run", place=place, number=run.number))
            if self._desk.settings.action == "generate":
                self._desk.set(action="variation")
            self._show_settings()
            self._show_reference()
            self._tell("note", say("reference.used"))

    def _on_restore(self, content: _Page) -> None:
        self._must_be_free()
        self._shown = self._desk.runs[content["number"] - 1]
        self._desk.restore(self._shown)
        self._show_all()
        self._show_run()
        self.page_status = pages.ended(self._shown)

    def _on_upload(self, content: _Page, buffers: list[Any]) -> None:
        """A part of a file: the server closes connections that bring more than 10 MB at once."""
        name = str(content["name"])
        if content["size"] > pages.LARGEST_UPLOAD:
            most = pages.LARGEST_UPLOAD // 1_000_000
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
            remark = self._desk.use(data, name)
            self._show_reference(remark)
            self._tell("note", joined(say("reference.uploaded", name=name), remark))

    # ---- calls

    def _start(self, make: Callable[[], Plan], then: Callable[[Run], None]) -> None:
        """Plan here, where errors are shown at once, and send in a thread; `then` gets the run when it is back."""
        if not self._desk.claim():
            raise BusyError()
        try:
            plan = make()
        except BaseException:
            self._desk.give_back()
            raise
        self._tell_progress(plan, 1)
        here = caller()
        threading.Thread(target=self._work, args=(plan, then, here), daemon=True).start()

    def _work(self, plan: Plan, then: Callable[[Run], None], here: Callable[..., None]) -> None:
        """In the thread. All that touches the page goes back to where the page's messages are heard."""
        try:
            run = self._desk.send(plan, lambda place: here(self._tell_progress, plan, place))
        except Exception as error:
            here(self._end, error)
        else:
            here(self._end, run, then)

    def _end(self, came: Run | Exception, then: Callable[[Run], None] | None = None) -> None:
        self._desk.give_back()
        try:
            if isinstance(came, Exception):
                raise came
            self._finish(came)
            if then is not None:
                then(came)
        except Exception as error:
            self._fail(CallError(tr("The playground could not finish this run."), repr(error)))

    def _send_now(self, plan: Plan) -> Run:
        if not self._desk.claim():
            raise BusyError()
        try:
            run = self._desk.send(plan, lambda place: self._tell_progress(plan, place))
        finally:
            self._desk.give_back()
        self._finish(run)
        return run

    def _finish(self, run: Run) -> None:
        self._shown = run
        if self._desk.settings.draws_seed:
            self._desk.set(seed=run.settings.seed)
            self._show_settings()
        self._show_run()
        self.page_status = {**pages.ended(run), "busy": False}

    def _must_be_free(self) -> None:
        if self._desk.is_busy:
            raise BusyError()

    def _take_mask(self) -> None:
        """What is painted becomes the desk's mask."""
        if self.painter is not None:
            self._desk.mask = self.painter.mask

    # ---- to the page

    def _tell(self, state: str, text: str) -> None:
        self.page_status = {"state": state, "text": text, "busy": self._desk.is_busy}

    def _tell_progress(self, plan: Plan, place: int) -> None:
        self._tell("busy", say("state.busy", place=place, count=len(plan.bodies)))

    def _fail(self, error: WorkshopError) -> None:
        state = "filtered" if isinstance(error, ContentFilterError) else "failed"
        self.page_status = {**pages.failed(error, state), "busy": self._desk.is_busy}

    def _show_all(self) -> None:
        self.page_header = pages.header(self._desk)
        self.page_form = pages.form(self._desk.model)
        self._show_settings()
        self._show_reference()

    def _show_settings(self) -> None:
        self.page_settings = as_form(self._desk.settings)
        self._show_quote()

    def _show_quote(self) -> None:
        self.page_quote = pages.quote(self._desk, self._desk.settings)

    def _show_reference(self, remark: str = "") -> None:
        self.page_reference = pages.reference(self._desk, remark)
        self._show_quote()
        self._show_painter(new=True)

    def _show_painter(self, new: bool = False) -> None:
        """A painter for this reference image, once an edit needs one."""
        wanted = self._desk.settings.action == "edit" and self._desk.reference is not None
        if self.painter is not None and (new or not wanted):
            old, self.painter = self.painter, None
            self._desk.mask = self._desk.mask if new else old.mask
            old.close()
        if wanted and self.painter is None and self._desk.reference is not None:
            from helpers.widgets.painter.mask_painter import MaskPainter

            # A file of its own: a mask that was painted here before does not go before the one that is wanted now.
            file = Path(self._scratch.name, f"{uuid.uuid4().hex}.png")
            self.painter = MaskPainter(self._desk.reference.image, mask=self._desk.mask, path=file)

    def _show_run(self) -> None:
        number = self._shown.number if self._shown else 0
        self.page_result = pages.result(self._shown)
        self.page_history = pages.history(self._desk.runs, number, self.page_history)
        self.page_code = pages.code(self._shown)


def _must_have_worked(run: Run) -> None:
    if run.failures:
        raise run.failures[0]
