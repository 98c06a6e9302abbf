"""The content filter: the prompts that the studio refuses, by the word lists in refusals.toml."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from helpers.studio.replies import Refusal

REFUSALS: tuple[Refusal, ...] = ("invalid_prompts", "content_filtered", "error")  # gravest first

# A letter or digit of a Latin alphabet on either side makes it another word; a Chinese character does not.
_LATIN = "0-9a-z\u00c0-\u024f"


def refusal_of(texts: Iterable[str]) -> Refusal | None:
    """Return the gravest refusal that one of these prompts calls for, or None."""
    folded = [unicodedata.normalize("NFKC", text).casefold() for text in texts]
    return next((kind for kind in REFUSALS if any(_pattern(kind).search(text) for text in folded)), None)


@cache
def _pattern(kind: Refusal) -> re.Pattern[str]:
    listed = _lists()[kind]
    words = "|".join(re.escape(word) for word in listed["words"])
    chinese = "|".join(re.escape(word) for word in listed["chinese"])
    return re.compile(f"(?<![{_LATIN}])(?:{words})(?![{_LATIN}])|{chinese}")


@cache
def _lists() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(Path(__file__).with_name("refusals.toml").read_text(encoding="utf-8"))
