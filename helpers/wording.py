"""Words about pictures: text alternatives, labels and captions, made from what receipts and comparisons say.

They are compared when a notebook is checked, so they hold nothing that changes from one machine or run to the next.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from helpers import sheets

_LONGEST_QUOTE = 240  # characters of a prompt
_SHORT_LABEL = 24  # characters, a Chinese one counts twice: a label that needs no cutting
_PIECE = re.compile(r"\s*(?:[\u2e80-\uffef]|[^\s\u2e80-\uffef]+)")  # a word, or one Chinese character
_PARTS = ((0.15, "in a small part"), (0.5, "in a part"), (0.85, "in most places"))  # share of pixels, at most
_TASKS = {
    "text_to_image": "Picture made",
    "image_to_image": "Picture made from another picture",
    "inpaint": "Picture edited inside a mask",
}


def alt_text(made: Any) -> str:
    """What a receipt's picture is, for who cannot see it: how it was made, the prompt, its size and seed."""
    body, image = made.body, made.image
    task = "inpaint" if "mask_source" in body else "image_to_image" if "init_image" in body else "text_to_image"
    by = "the offline studio" if made.backend == "studio" else f"{_model_name(made.model)} on Amazon Bedrock"
    seed = "" if made.seed is None else f", seed {made.seed}"
    return f"{_TASKS[task]} by {by} for {_quoted(body)}, {image.width} by {image.height} pixels{seed}."


def strip_alt(pictures: Sequence[Any], labels: Sequence[str], title: str) -> str:
    """A row of pictures: how many, for which prompt where they share one, and their labels in order."""
    count = "One picture" if len(pictures) == 1 else f"{len(pictures)} pictures in a row"
    return f"{sentence(title)}{count}{_shared(pictures)}, from left to right: {'; '.join(labels)}."


def grid_alt(
    rows: Sequence[Sequence[Any]],
    down: Sequence[str],
    across: Sequence[str],
    title: str,
    holes: int,
    names: tuple[str, str] = ("", ""),
) -> str:
    """A table of pictures: its size, the prompt where they share one, the labels, and how many have no picture."""
    by = tuple(f", by {name}" if name else "" for name in names)
    pictures = [tile for row in rows for tile in row]
    words = f"{sentence(title)}Pictures in {len(rows)} rows and {max(map(len, rows))} columns{_shared(pictures)}."
    if any(down):
        words += f" Rows{by[0]}: {'; '.join(down)}."
    if any(across):
        words += f" Columns{by[1]}: {'; '.join(across)}."
    return f"{words} {holes} without a picture." if holes else words


def compare_alt(labels: Sequence[str], title: str, said: str) -> str:
    """Two pictures and a map of what sets them apart, and the numbers about it."""
    return f"{sentence(title)}Two pictures side by side, {labels[0]} and {labels[1]}, and where they differ. {said}"


def sentence(title: str) -> str:
    """A title as the first sentence of a text, or nothing."""
    return f"{title.rstrip('.')}. " if title else ""


def unknown(pictures: Sequence[Any]) -> str:
    """The one sentence about words that the studio could not paint, or nothing."""
    words = dict.fromkeys(word for picture in pictures for word in getattr(picture, "unknown_words", ()))
    return f"The studio does not know: {', '.join(words)}. A real model would." if words else ""


def differing(pictures: Sequence[Any]) -> list[str]:
    """A label for each receipt: the parts of its body that not all of them share."""
    bodies = [_flat_body(picture) for picture in pictures]
    keys = dict.fromkeys(key for body in bodies for key in body)
    told = [key for key in keys if len({body.get(key) for body in bodies if body}) > 1]
    return [", ".join(_named(key, body[key]) for key in told if key in body) for body in bodies]


def apart(labels: Sequence[str]) -> list[str]:
    """Long labels without the words that all of them begin or end with: `…in oil`, `…in ink`. Short ones stay whole."""
    if len(set(labels)) < 2 or not all(labels) or max(map(_wide, labels)) <= _SHORT_LABEL:
        return list(labels)
    pieces = [_PIECE.findall(label) for label in labels]
    fewest = min(map(len, pieces))
    start = next((i for i in range(fewest) if len({words[i] for words in pieces}) > 1), fewest)
    end = next((i for i in range(fewest - start) if len({words[-1 - i] for words in pieces}) > 1), fewest - start)
    if start + end >= fewest:  # one of them has nothing of its own: one word that they share says where it stands
        start, end = (start - 1, end) if start else (start, end - 1)
    return [
        ("…" if start else "") + "".join(words[start : len(words) - end]).strip() + ("…" if end else "")
        for words in pieces
    ]


def difference(found: sheets.Difference) -> str:
    """How far two pictures are apart, in words that are the same on every processor."""
    if not found.share:
        return "The two pictures are the same, pixel for pixel."
    if found.clear < 0.002:
        return "They differ by less than an eye finds."
    where = next((words for most, words in _PARTS if found.clear <= most), "nearly everywhere")
    return f"They differ clearly, {where}."


def shares(found: sheets.Difference) -> str:
    """How far two pictures are apart, in numbers; nothing where they are the same."""
    if not found.share:
        return ""
    clear = "none" if not found.clear else _percent(found.clear)
    said = f"{_percent(found.share)} of the pixels differ, {clear} by more than {sheets.CLEAR} of 255 levels."
    return said[0].upper() + said[1:]


def _wide(label: str) -> int:
    return sum(2 if "\u2e80" <= character <= "\uffef" else 1 for character in label)


def _percent(share: float) -> str:
    return "less than 1%" if share < 0.01 else f"{share:.0%}"


def _shared(pictures: Sequence[Any]) -> str:
    prompts = {_quoted(picture.body) for picture in pictures if hasattr(picture, "body")}
    return f" for {prompts.pop()}" if len(prompts) == 1 else ""


def _quoted(body: Mapping[str, Any]) -> str:
    """The prompts of a body in words: the prompt “a beach”, against “dull colours”."""
    wanted, unwanted = _prompts(body)
    words = f"the prompt{'s' if len(wanted) > 1 else ''} {_in_quotes(wanted)}"
    return f"{words}, against {_in_quotes(unwanted)}" if unwanted else words


def _prompts(body: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    if "text_prompts" not in body:
        return [body.get("prompt", "")], [text for text in [body.get("negative_prompt")] if text]
    texts = [(prompt["text"], prompt.get("weight", 1)) for prompt in body["text_prompts"]]
    return [text for text, weight in texts if weight >= 0], [text for text, weight in texts if weight < 0]


def _in_quotes(texts: Sequence[str]) -> str:
    return " and ".join(f"“{_shortened(text)}”" for text in texts)


def _shortened(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 1] + "…"


def _model_name(model_id: str) -> str:
    from helpers import models

    return models.get(model_id).name


def _flat_body(picture: Any) -> dict[str, str]:
    """A receipt's body as one line of text a part, pictures left out; nothing for what is no receipt."""
    flat: dict[str, str] = {}
    for key, value in getattr(picture, "body", {}).items():
        if key == "text_prompts":
            flat["prompt"] = "; ".join(_weighed(prompt) for prompt in value)
        elif key in ("width", "height"):
            flat["size"] = f"{picture.image.width} × {picture.image.height}"
        elif key not in ("init_image", "mask_image"):
            flat[key] = str(value)
    return flat


def _weighed(prompt: Mapping[str, Any]) -> str:
    weight = prompt.get("weight", 1)
    return str(prompt["text"]) if weight == 1 else f"{prompt['text']} ({weight:g})"


def _named(key: str, value: str) -> str:
    return value if key in ("prompt", "size") else f"{key} {value}"
