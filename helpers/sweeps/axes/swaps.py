"""Words of a prompt that others take the place of."""

import re
from collections.abc import Mapping

from helpers import models
from helpers.bodies import Body
from helpers.errors import BodyError, Problem
from helpers.language import joined, tr
from helpers.sweeps.axes import paths
from helpers.sweeps.axes.axes import label_of


def swapped(body: Body, swaps: Mapping[str, str]) -> Body:
    """The body with each term of `swaps` replaced by its words in every prompt, all in one pass, the longest term first.

    One pass, so that no words are swapped that another swap has put there. Raises BodyError for every term that no
    prompt holds.
    """
    family = models.family_of(body)
    parts = family.prompts(body) if family else ()
    if not parts:  # what is wrong with them is told by who checks the body
        return body
    for path, text in _swapped({part.path: part.text for part in parts}, swaps).items():
        body = paths.put(body, path, text)
    return body


def _swapped(texts: Mapping[str, str], swaps: Mapping[str, str]) -> dict[str, str]:
    terms = re.compile("|".join(map(re.escape, sorted(swaps, key=len, reverse=True))))
    met = {found for text in texts.values() for found in terms.findall(text)}
    wrong = [_not_met(term, texts, swaps) for term in swaps if term not in met]
    if wrong:
        what = tr("{term!r} cannot be swapped.", term=wrong[0].field)
        raise BodyError(what, wrong[0].message, tr("Give words that the prompt holds."), problems=wrong)
    return {name: terms.sub(lambda found: swaps[found[0]], text) for name, text in texts.items()}


def _not_met(term: str, texts: Mapping[str, str], swaps: Mapping[str, str]) -> Problem:
    """Why a term has not been met: it is in no prompt, or only where a longer one is swapped."""
    looked = "; ".join(f"{path.removesuffix('.text')} {label_of(text)!r}" for path, text in texts.items())
    if any(term in text for text in texts.values()):
        others = [other for other in swaps if other != term and any(other in text for text in texts.values())]
        told = ", ".join(repr(other) for other in sorted(others, key=len, reverse=True))
        why = tr(
            "the words {term!r} are only where {others} is swapped, so they cannot be swapped as well: {looked}.",
            term=term,
            others=told,
            looked=looked,
        )
        return Problem(term, why, term)
    case = tr("In other case it is there.") if any(term.lower() in text.lower() for text in texts.values()) else ""
    why = tr(
        "the words {term!r} are in none of the prompts, so they cannot be swapped: {looked}.", term=term, looked=looked
    )
    return Problem(term, joined(why, case), term)
