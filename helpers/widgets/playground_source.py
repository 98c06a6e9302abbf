"""What was sent, for people: the Python that sends the same bodies again, and a body with its pictures shortened."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from helpers import images

_PICTURES = ("init_image", "mask_image")
_NOT_ARGUMENTS = ("text_prompts", "mask_source", *_PICTURES)
_HEAD = 24  # characters of a picture's base64 that are shown


def python_for(
    bodies: Sequence[Mapping[str, Any]], connect: str, reference: str | None = None, mask: str | None = None
) -> str:
    """Python that makes exactly these bodies and sends them; they differ in the seed alone.

    `connect`: the arguments of `helpers.connect`, as source. `reference`, `mask`: the names of their files below
    `helpers.outputs()`.
    """
    lines = ["import helpers", "", f"bedrock = helpers.connect({connect})"]
    if reference:
        lines.append(f"reference = helpers.outputs({_text(reference)})")
    if mask:
        lines.append(f"mask = helpers.Mask.from_image(helpers.outputs({_text(mask)}))")
    first = bodies[0]
    if len(bodies) == 1:
        lines += [f"body = {_call(first, str(first['seed']))}", "made = helpers.invoke(bedrock, body)"]
        return "\n".join([*lines, "helpers.show(made)", ""])
    seeds = f"range({first['seed']}, {bodies[-1]['seed'] + 1})"
    call = _call(first, "seed").replace("\n", "\n    ")
    lines += ["made = []", f"for seed in {seeds}:", f"    body = {call}"]
    return "\n".join([*lines, "    made.append(helpers.invoke(bedrock, body))", "helpers.strip(made)", ""])


def shortened(body: Mapping[str, Any]) -> str:
    """The body as indented JSON, with each picture cut to its beginning, its size and its length."""
    shown = {key: _beginning(value) if key in _PICTURES else value for key, value in body.items()}
    return json.dumps(shown, ensure_ascii=False, indent=2)


def _call(body: Mapping[str, Any], seed: str) -> str:
    """The expression that makes one body. Its seed is the given source."""
    if "text_prompts" not in body:
        rows = [f"    {_text(key)}: {seed if key == 'seed' else _value(value)}," for key, value in body.items()]
        return "\n".join(["{", *rows, "}"])
    wanted, *unwanted = body["text_prompts"]
    arguments = [_text(wanted["text"])]
    task = "text_to_image"
    if "init_image" in body:
        task = "inpaint" if "mask_source" in body else "image_to_image"
        arguments += ["reference", "mask"] if task == "inpaint" else ["reference"]
    arguments += [f"negative_prompt={_text(prompt['text'])}" for prompt in unwanted]
    arguments += [
        f"{key}={seed if key == 'seed' else _value(value)}" for key, value in body.items() if key not in _NOT_ARGUMENTS
    ]
    return "\n".join([f"helpers.{task}(", *(f"    {argument}," for argument in arguments), ")"])


def _value(value: Any) -> str:
    return _text(value) if isinstance(value, str) else repr(value)


def _text(text: str) -> str:
    """A text as Python source, in double quotes; JSON's escapes are Python's too."""
    return json.dumps(text, ensure_ascii=False)


def _beginning(picture: str) -> str:
    width, height = images.from_base64(picture).size
    return f"{picture[:_HEAD]}… (PNG of {width} x {height} pixels, {len(picture):,} characters)"
