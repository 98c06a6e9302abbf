"""The texts that go with pictures: text alternatives, labels and captions, made from receipts and comparisons.

They are in the reader's language; what they quote from a body is as it was sent. Checks of notebooks compare them, so
they hold nothing that changes from one machine or run to the next.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from helpers import models
from helpers.display import sheets
from helpers.language import joined, mark, shortened, tr

_MAX_QUOTE = 240  # characters of a prompt
_SHORT_LABEL = 24  # characters, a Chinese one counts twice: a label up to this long is not trimmed
_PIECE = re.compile(r"\s*(?:[\u2e80-\uffef]|[^\s\u2e80-\uffef]+)")  # a word, or one Chinese character
_PARTS = (  # share of pixels, at most
    (0.15, mark("They differ clearly, in a small part.")),
    (0.5, mark("They differ clearly, in a part.")),
    (0.85, mark("They differ clearly, in most places.")),
    (1.0, mark("They differ clearly, nearly everywhere.")),
)
_TASKS = {
    "text_to_image": mark("Picture made by {maker} for {prompts}, {width} by {height} pixels{seed}."),
    "image_to_image": mark(
        "Picture made from another picture by {maker} for {prompts}, {width} by {height} pixels{seed}."
    ),
    "inpaint": mark("Picture edited inside a mask by {maker} for {prompts}, {width} by {height} pixels{seed}."),
}


def image_alt(made: Any) -> str:
    """Return the text alternative of a receipt's picture: how it was made, its prompt, size and seed."""
    body, image = made.body, made.image
    family = models.family_for_body(body)
    task = family.task(body) if family else "text_to_image"
    on_aws = "" if made.backend == "studio" else tr("{model} on Amazon Bedrock", model=models.name_of(made.model))
    return tr(
        _TASKS[task],
        maker=on_aws or tr("the offline studio"),
        prompts=_quoted(body),
        width=image.width,
        height=image.height,
        seed="" if made.seed is None else tr(", seed {seed}", seed=made.seed),
    )


def strip_alt(pictures: Sequence[Any], labels: Sequence[str], title: str) -> str:
    """Return the text alternative of a row of pictures: their number, the prompt if they share one, and the labels."""
    count = tr("One picture") if len(pictures) == 1 else tr("{count} pictures in a row", count=len(pictures))
    return tr(
        "{title}{count}{prompts}, from left to right: {labels}.",
        title=title_sentence(title),
        count=count,
        prompts=_shared_prompt(pictures),
        labels=tr("; ").join(labels),
    )


def grid_alt(
    rows: Sequence[Sequence[Any]],
    down: Sequence[str],
    across: Sequence[str],
    title: str,
    missing: int,
    names: tuple[str, str] = ("", ""),
) -> str:
    """Return the text alternative of a table: its size, the prompt if all share one, the labels, and the gaps."""
    by = tuple(tr(", by {name}", name=name) if name else "" for name in names)
    pictures = [cell for row in rows for cell in row]
    text = tr(
        "{title}Pictures in {rows} rows and {columns} columns{prompts}.",
        title=title_sentence(title),
        rows=len(rows),
        columns=max(map(len, rows)),
        prompts=_shared_prompt(pictures),
    )
    if any(down):
        text = joined(text, tr("Rows{by}: {labels}.", by=by[0], labels=tr("; ").join(down)))
    if any(across):
        text = joined(text, tr("Columns{by}: {labels}.", by=by[1], labels=tr("; ").join(across)))
    return joined(text, tr("{count} without a picture.", count=missing)) if missing else text


def compare_alt(labels: Sequence[str], title: str, verdict: str) -> str:
    """Return the text alternative of two pictures and a map of their difference; `verdict` says how far they differ."""
    text = tr(
        "{title}Two pictures side by side, {one} and {other}, and where they differ.",
        title=title_sentence(title),
        one=labels[0],
        other=labels[1],
    )
    return joined(text, verdict)


def title_sentence(title: str) -> str:
    """Return a title as the first sentence of a text; empty for none."""
    return tr("{title}. ", title=title.rstrip(".。")) if title else ""


def missing_words_sentence(pictures: Sequence[Any]) -> str:
    """Return the sentences about words of the prompts that the pictures do not show as they are; empty for none.

    A word that some of the pictures show is named with the number of those that do not.
    """
    told = [words for picture in pictures if (words := getattr(picture, "words", None))]
    missing = {"not drawn": "", "stand-in": "", "unknown": ""}
    for (word, outcome), count in Counter(item for words in told for item in words.items()).items():
        kind, _, name = outcome.partition(": ")
        if kind in missing:
            named = tr("{word} ({name})", word=word, name=name) if name else word
            of = sum(word in words for words in told)
            named = named if count == of else tr("{word} (in {count} of {of})", word=named, count=count, of=of)
            missing[kind] += (tr(", ") if missing[kind] else "") + named
    return joined(
        tr("Of the prompt, not drawn: {words}.", words=missing["not drawn"]) if missing["not drawn"] else "",
        tr("Drawn as something else: {words}.", words=missing["stand-in"]) if missing["stand-in"] else "",
        tr("The studio does not know: {words}. A real model would.", words=missing["unknown"])
        if missing["unknown"]
        else "",
    )


def differing_fields(pictures: Sequence[Any]) -> list[str]:
    """Return a label for each picture: the fields in which the bodies of receipts differ. Empty for no receipt."""
    bodies = [_flat_body(picture) for picture in pictures]
    keys = dict.fromkeys(key for body in bodies for key in body)
    differing = [key for key in keys if len({body.get(key) for body in bodies if body}) > 1]
    return [", ".join(_named(key, body[key]) for key in differing if key in body) for body in bodies]


def trimmed(labels: Sequence[str]) -> list[str]:
    """Return long labels without the words that all begin or end with: `…in oil`, `…in ink`; short ones as they are."""
    if len(set(labels)) < 2 or not all(labels) or max(map(_label_length, labels)) <= _SHORT_LABEL:
        return list(labels)
    pieces = [_PIECE.findall(label) for label in labels]
    fewest = min(map(len, pieces))
    start = next((i for i in range(fewest) if len({words[i] for words in pieces}) > 1), fewest)
    end = next((i for i in range(fewest - start) if len({words[-1 - i] for words in pieces}) > 1), fewest - start)
    if start + end >= fewest:  # one of them has no word of its own: keep one that they share
        start, end = (start - 1, end) if start else (start, end - 1)
    return [
        ("…" if start else "") + "".join(words[start : len(words) - end]).strip() + ("…" if end else "")
        for words in pieces
    ]


def difference_sentence(found: sheets.Difference) -> str:
    """Return how far two pictures differ as a sentence, which is the same on every processor."""
    if not found.share:
        return tr("The two pictures are the same, pixel for pixel.")
    if found.clear < 0.002:
        return tr("They differ by less than an eye finds.")
    return tr(next(sentence for most, sentence in _PARTS if found.clear <= most))


def difference_numbers(found: sheets.Difference) -> str:
    """Return how far two pictures differ as shares of their pixels; empty where they are the same."""
    if not found.share:
        return ""
    text = tr(
        "{share} of the pixels differ, {clear} by more than {levels} of 255 levels.",
        share=_percent(found.share),
        clear=_percent(found.clear) if found.clear else tr("none"),
        levels=sheets.CLEAR,
    )
    return text[0].upper() + text[1:]


def _label_length(label: str) -> int:
    return sum(2 if "\u2e80" <= character <= "\uffef" else 1 for character in label)


def _percent(share: float) -> str:
    return tr("less than 1%") if share < 0.01 else f"{share:.0%}"


def _shared_prompt(pictures: Sequence[Any]) -> str:
    """Return the prompt that all receipts share, as a phrase; empty where they differ."""
    prompts = {_quoted(picture.body) for picture in pictures if hasattr(picture, "body")}
    return tr(" for {prompts}", prompts=prompts.pop()) if len(prompts) == 1 else ""


def _quoted(body: Mapping[str, Any]) -> str:
    """Return the prompts of a body as a phrase: the prompt “a beach”, against “dull colours”."""
    wanted, unwanted = _prompts(body)
    quoted = _in_quotes(wanted)
    phrase = tr("the prompts {quoted}", quoted=quoted) if len(wanted) > 1 else tr("the prompt {quoted}", quoted=quoted)
    return tr("{wanted}, against {quoted}", wanted=phrase, quoted=_in_quotes(unwanted)) if unwanted else phrase


def _prompts(body: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    family = models.family_for_body(body)
    if family is None:
        return [], []
    return [part.text for part in family.positive_prompts(body)], [part.text for part in family.negative_prompts(body)]


def _in_quotes(texts: Sequence[str]) -> str:
    return tr(" and ").join(f"“{shortened(' '.join(text.split()), _MAX_QUOTE)}”" for text in texts)


def _flat_body(picture: Any) -> dict[str, str]:
    """Return the body of a receipt as text by field, without its images and with one size; empty for other pictures."""
    flat: dict[str, str] = {}
    body = getattr(picture, "body", {})
    family = models.family_for_body(body)
    for key, value in (family.flat(body) if family else {}).items():
        if key in ("width", "height"):
            flat["size"] = flat.get("size") or _size(picture)
        else:
            flat[key] = str(value)
    return flat


def _size(picture: Any) -> str:
    asked = picture.body.get("width"), picture.body.get("height")
    if None not in asked or sheets.missing(picture):
        return " × ".join(str(side or "?") for side in asked)
    return f"{picture.image.width} × {picture.image.height}"


def _named(key: str, value: str) -> str:
    return value if key in ("prompt", "size") else f"{key} {value}"
