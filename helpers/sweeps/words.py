"""Words of a prompt that others take the place of."""

from helpers.bodies import Body
from helpers.errors import BodyError, Problem
from helpers.language import joined, tr
from helpers.sweeps.axes import label_of
from helpers.sweeps.paths import are_prompts


def swapped(body: Body, term: str, words: str) -> Body:
    """The body with `words` for `term` in every prompt. Raises BodyError where none holds the term."""
    if "text_prompts" not in body:
        said = {name: body[name] for name in ("prompt", "negative_prompt") if isinstance(body.get(name), str)}
        _must_hold(said, term)
        return {**body, **{name: text.replace(term, words) for name, text in said.items()}}
    prompts = body["text_prompts"]
    if not are_prompts(prompts):  # what is wrong with them is told by who checks the body
        return body
    _must_hold({f"text_prompts[{place}]": prompt["text"] for place, prompt in enumerate(prompts)}, term)
    return {**body, "text_prompts": [{**one, "text": one["text"].replace(term, words)} for one in prompts]}


def _must_hold(texts: dict[str, str], term: str) -> None:
    if any(term in text for text in texts.values()):
        return
    looked = "; ".join(f"{name} {label_of(text)!r}" for name, text in texts.items())
    case = tr("In other case it is there.") if any(term.lower() in text.lower() for text in texts.values()) else ""
    why = tr(
        "the words {term!r} are in none of the prompts, so they cannot be swapped: {looked}.", term=term, looked=looked
    )
    why = joined(why, case)
    fix = tr("Give words that the prompt holds.")
    raise BodyError(tr("{term!r} cannot be swapped.", term=term), why, fix, problems=[Problem(term, why, term)])
