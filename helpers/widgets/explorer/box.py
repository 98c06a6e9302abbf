"""The explorer in a notebook cell: a body's fields to turn, and the picture that follows; what is worth it is kept.

What the page shows goes out through the traits `page_...`; what a person does comes in as messages. Calls are made in a
thread of their own, the newest first, so that neither the page nor the kernel waits for them.
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
from helpers.widgets.explorer import pages as pages
from helpers.widgets.explorer import sweeps
from helpers.widgets.explorer.desk import Desk, Request
from helpers.widgets.explorer.words import all_words, say
from helpers.widgets.playground.pages import failed
from helpers.widgets.shared.latest_wins import LatestWins

_WIDGETS = Path(__file__).parents[1]
_PAGE = ("shared/page_parts.js", "explorer/explorer.js")  # joined in this order, they are one ES module
_LOOKS = ("playground/playground.css", "explorer/explorer.css")
_Page = dict[str, Any]
_Answer = Generation | WorkshopError


def explorer(
    bedrock: Any,
    body: Mapping[str, Any] | None = None,
    *,
    model: "str | Model | None" = None,
    width: int | None = None,
) -> "Explorer":
    """Sliders and menus for the fields of a body, the picture following; keep pictures, and sweep around one.

    `bedrock`: what `helpers.connect` gave. `body`: where to start; without it, the beach. `model`: whose body it is, where
    it does not say so itself. `width`: the most pixels that it takes across. On the studio the picture follows each change, once a page shows the explorer; on AWS nothing is
    sent before Run is pressed, which says its price. Raises BodyError, and RetiredModelError on AWS.
    """
    if not hasattr(bedrock, "invoke_model"):
        raise TypeError(tr("The first argument is a client of bedrock-runtime: helpers.explorer(helpers.connect())."))
    return Explorer(bedrock, body, model=model, width=width)


class Explorer(anywidget.AnyWidget):
    """A body to explore. All that its page does, Python does too: `set`, `run`, `keep`, `back`, `remove`, `sweep_around`."""

    _esm = "".join((_WIDGETS / name).read_text("utf-8") for name in _PAGE)
    _css = "".join((_WIDGETS / name).read_text("utf-8") for name in _LOOKS)

    page_words = traitlets.Dict().tag(sync=True)
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
        self._desk = Desk(bedrock, body, model)
        self._follower = LatestWins(self._answer, self._came)
        self._writer = LatestWins(self._code_of, self._take_code)  # it encodes the pictures of a body anew
        self._looked_at = False  # by a page: in a run without one, no change sends anything
        self._last_by = {"by": "", "turn": 0}  # the page's change that was heard last
        self._shown_turn = 0
        self._keeps_next = False  # "keep this" was pressed while the picture was on its way
        self._sweep: Sweep | None = None
        self._thumbnails: dict[int, str] = {}
        super().__init__(page_words=all_words(), page_sweep={"rows": [], "python": "", "text": "", "problem": ""})
        if width is not None:
            self.layout.max_width = f"{width}px"
        self._show_form()
        self._show_picture(pages.picture(None, self._desk.backend))
        self._show_kept()
        self._show_code()
        self._tell("ready", say("state.ready"))
        self.on_msg(self._on_message)

    # ---- Python's own way to do all of it

    @property
    def body(self) -> Body:
        """The body as it stands, a copy; give it another body to explore that one."""
        return copy.deepcopy(self._desk.body)

    @body.setter
    def body(self, body: Mapping[str, Any]) -> None:
        self._desk.replace(body)
        self._keeps_next = False
        self._show_form()
        self._changed()

    @property
    def model(self) -> Model:
        """The model that the body belongs to."""
        return self._desk.model

    @property
    def made(self) -> Generation | None:
        """The receipt of the latest picture."""
        return self._desk.made

    def set(self, paths: Mapping[str, Any] | None = None, /, **fields: Any) -> None:
        """Change fields: `explorer.set(cfg_scale=12, size=(1152, 896))`, `explorer.set({"text_prompts[1].weight": -0.5})`.

        None leaves a field out; a seed of 0 draws another. Raises BodyError, and then nothing is changed.
        """
        before = [field["key"] for field in self.page_form]
        self._desk.set({**(paths or {}), **fields})
        if [field["key"] for field in pages.form(self._desk)] != before:
            self._show_form()
        self._changed()

    def run(self) -> Generation:
        """Send the body as it stands, wait, and give back the receipt. Raises what went wrong."""
        self._follower.drop()
        request = self._desk.request()
        self._tell("busy", say("drawing"))
        answer, picture = self._answer(request)
        self._came(request, (answer, picture))
        if isinstance(answer, WorkshopError):
            raise answer
        return answer

    def keep(self) -> Generation:
        """Keep the picture that is shown. Raises LookupError where there is none of these settings."""
        number, new = self._desk.keep()
        self._show_kept()
        self._tell("note", say("kept.number" if new else "kept.already", number=number))
        return self._desk.kept[number - 1]

    @property
    def kept(self) -> tuple[Generation, ...]:
        """The receipts of the kept pictures, as `helpers.strip` takes them."""
        return tuple(self._desk.kept)

    def back(self, number: int) -> None:
        """Go back to the settings and the picture of a kept one, by its number in the strip. Makes no call."""
        self._desk.back(number)
        self._keeps_next = False  # that wish was for other settings
        self._follower.drop()
        self._shown_turn = self._desk.turn
        self._show_form()
        self._show_picture(pages.picture(self._desk.made, self._desk.backend))
        self._show_kept()
        self._show_code()
        self._tell("note", say("kept.back", number=number))

    def remove(self, number: int) -> None:
        """Take a kept picture out of the strip, by its number."""
        self._desk.remove(number)
        self._show_kept()
        self._tell("note", say("removed", number=number))

    def sweep_around(self, *suggested: str, **values: Any) -> Sweep:
        """A sweep around the body: `explorer.sweep_around("cfg_scale", seed=[1, 2, 3])`. Makes no call.

        A field named alone gets values around its present one. Raises BodyError.
        """
        return self._make_sweep({**dict.fromkeys(suggested), **values})

    @property
    def sweep(self) -> Sweep | None:
        """The sweep that was made last, here or on the page: `explorer.sweep.run(bedrock)`."""
        return self._sweep

    def __repr__(self) -> str:
        place = tr("on the offline studio") if self._desk.backend == "studio" else tr("on Amazon Bedrock")
        return tr("<Explorer for {model} {place}>", model=self._desk.model.name, place=place)

    # ---- from the page

    def _on_message(self, _: Any, content: Any, __: Any) -> None:
        """One message of the page. An error becomes a sentence there: an exception would end in the server's log."""
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

    def _on_look(self, _: _Page) -> None:
        self._looked_at = True
        if self._desk.backend == "studio" and not self._desk.is_shown:
            self._ask()

    def _on_set(self, content: _Page) -> None:
        self._looked_at = True
        self._last_by = {"by": content["by"], "turn": content["turn"]}
        try:
            self.set(content["changes"])
        except BodyError as error:
            told = joined(*(problem.message for problem in error.problems)) or str(error)
            self.page_run = {**self.page_run, "problem": joined(say("not_taken"), told)}

    def _on_run(self, _: _Page) -> None:
        if any(request.body == self._desk.body for request in self._follower.pending):
            return  # a double click: it is on its way already, and would be paid for twice
        self._ask()

    def _on_keep(self, _: _Page) -> None:
        if self._follower.is_busy and not self._desk.is_shown:
            self._keeps_next = True
            self._tell("busy", say("keep.soon"))
        else:
            self.keep()

    def _on_sweep(self, content: _Page) -> None:
        try:
            wanted = [(axis["path"], axis["values"]) for axis in content["axes"]]
            if len(dict(wanted)) < len(wanted):
                raise BodyError(say("sweep.twice"))
            self._make_sweep(dict(wanted))
        except WorkshopError as error:
            told = joined(*str(error).split())
            self.page_sweep = {"rows": [], "python": "", "text": "", "problem": told}

    # ---- calls

    def _changed(self) -> None:
        """The body is another one: show it, and on the studio its picture, if a page is there."""
        self._show_values()
        if self._desk.backend == "studio" and self._looked_at:
            self._ask()
            return
        self._follower.drop()
        self._show_picture(self.page_picture)
        self._show_code()

    def _ask(self) -> None:
        self.page_status = {"state": "busy", "text": say("drawing"), "busy": True}
        self._follower.ask(self._desk.request())

    def _answer(self, request: Request) -> tuple[_Answer, _Page]:
        """The call, and what the page shows of it, which takes time to encode: for the thread."""
        answer = self._desk.answer(request)
        return answer, pages.picture(answer, self._desk.backend)

    def _came(self, request: Request, came: tuple[_Answer, _Page]) -> None:
        if request.turn < self._shown_turn:  # something newer is shown already
            self.page_status = {**self.page_status, "busy": self._follower.is_busy}
            return
        self._shown_turn = request.turn
        answer, picture = came
        self._desk.made = answer if isinstance(answer, Generation) else self._desk.made
        self._show_picture(picture)
        self._show_kept()
        self._show_code()
        self.page_status = {**pages.ended(answer), "busy": self._follower.is_busy}
        if self._keeps_next and not self._follower.is_busy:
            self._keeps_next = False
            if self._desk.is_shown:
                self.keep()

    def _code_of(self, body: Body) -> _Page:
        return pages.code(body, models.get(body.model), self._desk.backend)

    def _take_code(self, body: Body, code: _Page) -> None:
        if body == self._desk.body:
            self.page_code = code

    def _make_sweep(self, wanted: Mapping[str, Any]) -> Sweep:
        desk = self._desk
        sweep, line, remarks = sweeps.make(desk.body, desk.model, desk.backend, wanted)
        code = sweeps.code(pages.preparation(desk.body, desk.model, desk.backend), line)
        self._sweep = sweep
        self.page_sweep = pages.sweep(sweep, code, remarks)
        return sweep

    # ---- to the page

    def _tell(self, state: str, text: str) -> None:
        self.page_status = {"state": state, "text": text, "busy": self._follower.is_busy}

    def _fail(self, error: WorkshopError) -> None:
        state = "filtered" if isinstance(error, ContentFilterError) else "failed"
        self.page_status = {**failed(error, state), "busy": self._follower.is_busy}

    def _show_form(self) -> None:
        self.page_header = pages.header(self._desk)
        self.page_form = pages.form(self._desk)
        self._show_values()

    def _show_values(self) -> None:
        self.page_values = {**self._last_by, "values": pages.values(self._desk)}
        self.page_axes = pages.axes(self._desk)
        self.page_run = pages.run(self._desk)

    def _show_picture(self, picture: _Page) -> None:
        """Show a picture, marked where it is not of the present settings and none follows by itself."""
        is_old = picture["kind"] == "picture" and not self._desk.is_shown
        stale = say("stale.note") if is_old and not (self._desk.backend == "studio" and self._looked_at) else ""
        self.page_picture = {**picture, "stale": stale}

    def _show_kept(self) -> None:
        self._thumbnails = {id(one): self._thumbnails.get(id(one)) or pages.small(one) for one in self._desk.kept}
        self.page_kept = pages.kept(self._desk, self._thumbnails)

    def _show_code(self) -> None:
        """The request and its Python, of the body as it stands; where a page waits, it need not wait for them."""
        if self._looked_at:
            self._writer.ask(self._desk.body)
        else:
            self._take_code(self._desk.body, self._code_of(self._desk.body))
