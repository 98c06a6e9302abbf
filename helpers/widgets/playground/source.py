"""What was sent, for people: the Python that sends the same bodies again, and a body with its pictures shortened."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from helpers import bodies, models, pictures
from helpers.bodies import Body
from helpers.schemas import families

_ARGUMENTS: dict[str, tuple[str, ...]] = {
    "text_to_image": (),
    "image_to_image": ("reference",),
    "inpaint": ("reference", "mask"),
}
_HEAD = 24  # characters of a picture's base64 that are shown


def python_for(asked: Sequence[Body], connect: str, reference: str | None = None, mask: str | None = None) -> str:
    """Python that makes exactly these bodies and sends them; they differ in the seed alone.

    `connect`: the arguments of `helpers.connect`, as source. `reference`, `mask`: the names of their files below
    `helpers.outputs()`.
    """
    lines = ["import helpers", "", f"bedrock = helpers.connect({connect})"]
    if reference:
        lines.append(f"reference = helpers.outputs({_text(reference)})")
    if mask:
        lines.append(f"mask = helpers.Mask.from_image(helpers.outputs({_text(mask)}))")
    first = asked[0]
    if len(asked) == 1:
        lines += [f"body = {_call(first, str(first['seed']))}", "made = helpers.invoke(bedrock, body)"]
        return "\n".join([*lines, "helpers.show(made)", ""])
    seeds = f"range({first['seed']}, {asked[-1]['seed'] + 1})"
    call = _call(first, "seed").replace("\n", "\n    ")
    lines += ["made = []", f"for seed in {seeds}:", f"    body = {call}"]
    return "\n".join([*lines, "    made.append(helpers.invoke(bedrock, body))", "helpers.strip(made)", ""])


def shortened(body: Mapping[str, Any]) -> str:
    """The body as indented JSON, with each picture cut to its beginning, its size and its length."""
    shown = {**body, **{key: _beginning(value) for key, value in families.pictures(body).items()}}
    return json.dumps(shown, ensure_ascii=False, indent=2)


def _call(body: Body, seed: str) -> str:
    """The expression that makes one body. Its seed is the given source."""
    model = models.get(body.model)
    family = bodies.required_family(model)
    task = family.task(body)
    wanted, *unwanted = family.prompts(body)
    arguments = [_text(wanted.text), *_ARGUMENTS[task]]
    arguments += [f"negative_prompt={_text(prompt.text)}" for prompt in unwanted]
    said = bodies.arguments(body, model, all_of_them=True)
    arguments += [f"{key}={seed if key == 'seed' else _value(value)}" for key, value in said.items()]
    if model is not models.get(bodies.DEFAULT_MODEL):
        arguments.append(f"model={_text(model.roles[0])}")
    return "\n".join([f"helpers.{task}(", *(f"    {argument}," for argument in arguments), ")"])


def _value(value: Any) -> str:
    return _text(value) if isinstance(value, str) else repr(value)


def _text(text: str) -> str:
    """A text as Python source, in double quotes; JSON's escapes are Python's too."""
    return json.dumps(text, ensure_ascii=False)


def _beginning(picture: str) -> str:
    width, height = pictures.from_base64(picture).size
    return f"{picture[:_HEAD]}… (PNG of {width} x {height} pixels, {len(picture):,} characters)"
