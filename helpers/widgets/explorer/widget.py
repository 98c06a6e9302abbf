"""The explorer as a widget: shows its state on a page, and does to the state what a person does on the page.

What the page shows is sent in the traits `page_...`; what a person does comes in as messages. Calls are made in a thread
of their own, the newest first, so that neither the page nor the kernel waits for them.
"""

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from helpers import models
from helpers.bodies import Body
from helpers.calls.answers import Generation
from helpers.errors import BodyError, ContentFilterError, WorkshopError
from helpers.language import joined, tr
from helpers.models import Model
from helpers.sweeps import Sweep
from helpers.widgets.explorer import pages, sweeps
from helpers.widgets.explorer.labels import all_labels, label
from helpers.widgets.explorer.state import ExplorerCall, ExplorerState, repeatable_request
from helpers.widgets.shared.latest_wins import LatestWins
from helpers.widgets.shared.page import PageData, failed

_WIDGETS = Path(__file__).parents[1]
_PAGE = ("shared/page_parts.js", "explorer/page.js")  # joined in this order, they are one ES module
_LOOKS = ("shared/page.css", "explorer/page.css")
_Answer = Generation | WorkshopError


def explorer(
    bedrock: Any,
    body: Mapping[str, Any] | None = None,
    *,
    model: "str | Model | None" = None,
    width: int | None = None,
) -> "Explorer":
    """Return a widget to explore a body: a control for each field, the picture that follows, and sweeps around it.

        explorer = helpers.explorer(helpers.connect(), helpers.text_to_image("a castle", seed=7))
        explorer.set(cfg_scale=12)

    `bedrock`: the client that `helpers.connect` returned. `body`: the body to start from (None: the beach). `model`: the
    id or role of its model, where the body does not say it. `width`: its greatest width in CSS pixels (None: the cell's).
    On the studio the picture follows each change once a page shows the explorer; on AWS nothing is sent before Run is
    pressed, and the button shows the price. Raises BodyError, on AWS RetiredModelError, and TypeError where `bedrock` is
    no client.
    """
    if not hasattr(bedrock, "invoke_model"):
        raise TypeError(tr("The first argument is a client of bedrock-runtime: helpers.explorer(helpers.connect())."))
    return Explorer(bedrock, body, model=model, width=width)


class Explorer(anywidget.AnyWidget):
    """A widget to explore a body. All that its page does, Python does too: `set`, `run`, `keep`, `back`, `remove`, `sweep_around`."""

    _esm = "".join((_WIDGETS / name).read_text("utf-8") for name in _PAGE)
    _css = "".join((_WIDGETS / name).read_text("utf-8") for name in _LOOKS)

    page_labels = traitlets.Dict().tag(sync=True)
    page_header = traitlets.Dict().tag(sync=True)
    page_form: Any = traitlets.List().tag(sync=True)
    page_values = traitlets.Dict().tag(sync=True)
    page_run = traitlets.Dict().tag(sync=True)
    page_picture = traitlets.Dict().tag(sync=True)
    page_status = traitlets.Dict().tag(sync=True)
    page_kept: Any = traitlets.List().tag(sync=True)
    page_axes: Any = traitlets.List().tag(sync=True)
    page_sweep = traitlets.Dict().tag(sync=True)
    page_code = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        bedrock: Any,
        body: Mapping[str, Any] | None = None,
        *,
        model: "str | Model | None" = None,
        width: int | None = None,
    ) -> None:
        self._state = ExplorerState(bedrock, body, model)
        self._follower = LatestWins(self._answer, self._came)
        self._writer = LatestWins(self._code_of, self._take_code)  # it decodes the images of a body
        self._looked_at = False  # by a page; without one, no change sends anything
        self._last_by = {"by": "", "turn": 0}  # the page's change that was heard last
        self._shown_turn = 0
        self._keeps_next = False  # "keep this" was pressed while the picture was on its way
        self._sweep: Sweep | None = None
        self._thumbnails: dict[int, str] = {}
        super().__init__(page_labels=all_labels(), page_sweep={"rows": [], "python": "", "text": "", "problem": ""})
        if width is not None:
            self.layout.max_width = f"{width}px"
        self._show_form()
        self._show_picture(pages.picture(None, self._state.backend))
        self._show_kept()
        self._show_code()
        self._tell("ready", label("state.ready"))
        self.on_msg(self._on_message)

    # ---- from Python

    @property
    def body(self) -> Body:
        """Present body, a copy; takes another body to explore."""
        return copy.deepcopy(self._state.body)

    @body.setter
    def body(self, body: Mapping[str, Any]) -> None:
        self._state.replace(body)
        self._keeps_next = False
        self._show_form()
        self._changed()

    @property
    def model(self) -> Model:
        """Model of the present body."""
        return self._state.model

    @property
    def made(self) -> Generation | None:
        """Receipt of the latest picture; None before the first."""
        return self._state.made

    def set(self, paths: Mapping[str, Any] | None = None, /, **fields: Any) -> None:
        """Change fields: `explorer.set(cfg_scale=12, size=(1152, 896))`, `explorer.set({"text_prompts[1].weight": -0.5})`.

        None leaves a field out; a seed of 0 draws another. Raises BodyError, and then changes nothing.
        """
        before = [field["key"] for field in self.page_form]
        self._state.set({**(paths or {}), **fields})
        if [field["key"] for field in pages.form(self._state)] != before:
            self._show_form()
        self._changed()

    def run(self) -> Generation:
        """Send the present body, wait for the picture and return its receipt. Raises the error that came instead."""
        self._follower.drop()
        call = self._state.next_call()
        self._tell("busy", label("drawing"))
        answer, picture = self._answer(call)
        self._came(call, (answer, picture))
        if isinstance(answer, WorkshopError):
            raise answer
        return answer

    def keep(self) -> Generation:
        """Keep the picture that is shown, and return its receipt. Raises LookupError where these settings have none."""
        number, new = self._state.keep()
        self._show_kept()
        self._tell("note", label("kept.number" if new else "kept.already", number=number))
        return self._state.kept[number - 1]

    @property
    def kept(self) -> tuple[Generation, ...]:
        """Receipts of the kept pictures: `helpers.strip(explorer.kept)`."""
        return tuple(self._state.kept)

    def back(self, number: int) -> None:
        """Go back to the settings and the picture of a kept one, by its number in the strip. Makes no call."""
        self._state.back(number)
        self._keeps_next = False  # that wish was for other settings
        self._follower.drop()
        self._shown_turn = self._state.turn
        self._show_form()
        self._show_picture(pages.picture(self._state.made, self._state.backend))
        self._show_kept()
        self._show_code()
        self._tell("note", label("kept.back", number=number))

    def remove(self, number: int) -> None:
        """Take a kept picture out of the strip, by its number. Raises LookupError where there is none."""
        self._state.remove(number)
        self._show_kept()
        self._tell("note", label("removed", number=number))

    def sweep_around(self, *suggested: str, **values: Any) -> Sweep:
        """Return a sweep around the present body: `explorer.sweep_around("cfg_scale", seed=[1, 2, 3])`. Makes no call.

        A field named alone runs through values around its present one. Raises BodyError.
        """
        return self._make_sweep({**dict.fromkeys(suggested), **values})

    @property
    def sweep(self) -> Sweep | None:
        """Latest sweep, made here or on the page: `explorer.sweep.run(bedrock)`; None before the first."""
        return self._sweep

    def __repr__(self) -> str:
        place = tr("on the offline studio") if self._state.backend == "studio" else tr("on Amazon Bedrock")
        return tr("<Explorer for {model} {place}>", model=self._state.model.name, place=place)

    # ---- from the page

    def _on_message(self, _: Any, content: Any, __: Any) -> None:
        """Do what a message of the page asks. An error goes to the page: raised here, it would end in the server's log."""
        ways = {
            "look": self._on_look,
            "set": self._on_set,
            "run": self._on_run,
            "keep": self._on_keep,
            "back": lambda content: self.back(content["number"]),
            "remove": lambda content: self.remove(content["number"]),
            "sweep": self._on_sweep,
        }
        if not isinstance(content, dict) or content.get("do") not in ways:
            return
        try:
            ways[content["do"]](content)
        except WorkshopError as error:
            self._fail(error)
        except LookupError as error:
            self._tell("note", str(error.args[0]))

    def _on_look(self, _: PageData) -> None:
        self._looked_at = True
        if self._state.backend == "studio" and not self._state.is_shown:
            self._ask()

    def _on_set(self, content: PageData) -> None:
        self._looked_at = True
        self._last_by = {"by": content["by"], "turn": content["turn"]}
        try:
            self.set(content["changes"])
        except BodyError as error:
            told = joined(*(problem.message for problem in error.problems)) or str(error)
            self.page_run = {**self.page_run, "problem": joined(label("not_taken"), told)}

    def _on_run(self, _: PageData) -> None:
        if any(call.body == self._state.body for call in self._follower.pending):
            return  # a double click: it is on its way already, and would be paid for twice
        self._ask()

    def _on_keep(self, _: PageData) -> None:
        if self._follower.is_busy and not self._state.is_shown:
            self._keeps_next = True
            self._tell("busy", label("keep.soon"))
        else:
            self.keep()

    def _on_sweep(self, content: PageData) -> None:
        try:
            wanted = [(axis["path"], axis["values"]) for axis in content["axes"]]
            if len(dict(wanted)) < len(wanted):
                raise BodyError(label("sweep.twice"))
            self._make_sweep(dict(wanted))
        except WorkshopError as error:
            told = joined(*str(error).split())
            self.page_sweep = {"rows": [], "python": "", "text": "", "problem": told}

    # ---- calls

    def _changed(self) -> None:
        """Show the changed body, and on the studio ask for its picture if a page is there."""
        self._show_values()
        if self._state.backend == "studio" and self._looked_at:
            self._ask()
            return
        self._follower.drop()
        self._show_picture(self.page_picture)
        self._show_code()

    def _ask(self) -> None:
        self.page_status = {"state": "busy", "text": label("drawing"), "busy": True}
        self._follower.ask(self._state.next_call())

    def _answer(self, call: ExplorerCall) -> tuple[_Answer, PageData]:
        """Make a call, in the thread, and return its answer and what the page shows of it, which takes time to encode."""
        answer = self._state.answer(call)
        return answer, pages.picture(answer, self._state.backend)

    def _came(self, call: ExplorerCall, came: tuple[_Answer, PageData]) -> None:
        if call.turn < self._shown_turn:  # something newer is shown already
            self.page_status = {**self.page_status, "busy": self._follower.is_busy}
            return
        self._shown_turn = call.turn
        answer, picture = came
        self._state.made = answer if isinstance(answer, Generation) else self._state.made
        self._show_picture(picture)
        self._show_kept()
        self._show_code()
        self.page_status = {**pages.ended(answer), "busy": self._follower.is_busy}
        if self._keeps_next and not self._follower.is_busy:
            self._keeps_next = False
            if self._state.is_shown:
                self.keep()

    def _code_of(self, body: Body) -> PageData:
        return pages.code(body, models.get(body.model), self._state.backend)

    def _take_code(self, body: Body, code: PageData) -> None:
        if body == self._state.body:
            self.page_code = code

    def _make_sweep(self, wanted: Mapping[str, Any]) -> Sweep:
        state = self._state
        sweep, line, remarks = sweeps.make(state.body, state.model, state.backend, wanted)
        cell = sweeps.cell(repeatable_request(state.body, state.model, state.backend), line)
        self._sweep = sweep
        self.page_sweep = pages.sweep(sweep, cell, remarks)
        return sweep

    # ---- to the page

    def _tell(self, state: str, text: str) -> None:
        self.page_status = {"state": state, "text": text, "busy": self._follower.is_busy}

    def _fail(self, error: WorkshopError) -> None:
        state = "filtered" if isinstance(error, ContentFilterError) else "failed"
        self.page_status = {**failed(error, state), "busy": self._follower.is_busy}

    def _show_form(self) -> None:
        self.page_header = pages.header(self._state)
        self.page_form = pages.form(self._state)
        self._show_values()

    def _show_values(self) -> None:
        self.page_values = {**self._last_by, "values": pages.values(self._state)}
        self.page_axes = pages.axes(self._state)
        self.page_run = pages.run(self._state)

    def _show_picture(self, picture: PageData) -> None:
        """Show a picture, marked as stale where the settings have changed and no new one follows by itself."""
        is_old = picture["kind"] == "picture" and not self._state.is_shown
        stale = label("stale.note") if is_old and not (self._state.backend == "studio" and self._looked_at) else ""
        self.page_picture = {**picture, "stale": stale}

    def _show_kept(self) -> None:
        self._thumbnails = {id(one): self._thumbnails.get(id(one)) or pages.small(one) for one in self._state.kept}
        self.page_kept = pages.kept(self._state, self._thumbnails)

    def _show_code(self) -> None:
        """Show the present body and its Python; a page that is looked at gets them from a thread, and need not wait."""
        if self._looked_at:
            self._writer.ask(self._state.body)
        else:
            self._take_code(self._state.body, self._code_of(self._state.body))
