"""Prompts as people write them, one or several, with or without weights, in the forms that request bodies take."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from helpers.bodies.checking import body_error
from helpers.errors import Problem
from helpers.language import tr

# A text, a (text, weight) pair, a {"text": ..., "weight": ...} dict, or a list of these.
PromptLike: TypeAlias = (
    str | tuple[str, float] | Mapping[str, Any] | Iterable[str | tuple[str, float] | Mapping[str, Any]]
)


def weighted_prompts(prompt: Any, negative: Any, model: str) -> list[dict[str, Any]]:
    """Return prompts and negative prompts as {"text", "weight"} dicts, without "weight" where a prompt has none.

    Negative prompts get the weight -1. `model`: its name, for the error. Raises BodyError for a negative prompt with a
    weight of its own.
    """
    unwanted = [] if negative is None else _one_or_several(negative)
    with_weights = [one for one in unwanted if isinstance(one, (Mapping, tuple))]
    if with_weights:
        message = tr(
            "negative_prompt takes texts alone, and each is sent with weight -1. For another weight, write it among the"
            " prompts: [prompt, {example}].",
            example='{"text": "fog", "weight": -0.5}',
        )
        raise body_error([Problem("negative_prompt", message, with_weights[0])], model)
    prompts = map(_one_prompt, _one_or_several(prompt))
    return [*prompts, *({"text": text, "weight": -1.0} for text in unwanted)]


def single_prompt(prompt: Any, field: str, model: str) -> Any:
    """Return one prompt or several as one text, joined by commas, for a model without weights.

    Anything but texts is returned as it is, for the schema to refuse. `field`, `model`: names for the error. Raises
    BodyError for a prompt with a weight.
    """
    several = _one_or_several(prompt)
    with_weights = [one for one in several if isinstance(one, (Mapping, tuple))]
    if with_weights:
        message = tr("{field} is one text for {model}, which has no weights.", field=field, model=model)
        raise body_error([Problem(field, message, with_weights[0])], model)
    return ", ".join(several) if several and all(isinstance(one, str) for one in several) else prompt


def python_value(value: Any) -> Any:
    """Return a NumPy scalar as Python's own number and a mapping as a dict; anything else as it is."""
    if type(value).__module__ == "numpy" and getattr(value, "ndim", 1) == 0:
        return value.item()
    return dict(value) if isinstance(value, Mapping) else value


def _one_or_several(given: Any) -> list[Any]:
    # A pair of two texts could be two prompts, so it is read as a list of them.
    alone = isinstance(given, (str, Mapping)) or (_is_pair(given) and not isinstance(given[1], (str, Mapping, tuple)))
    return [given] if alone or not isinstance(given, Iterable) else list(given)


def _one_prompt(prompt: Any) -> Any:
    if _is_pair(prompt):
        return {"text": prompt[0], "weight": python_value(prompt[1])}
    if isinstance(prompt, Mapping):
        return {key: python_value(value) for key, value in prompt.items()}
    return {"text": prompt}


def _is_pair(prompt: Any) -> bool:
    return isinstance(prompt, tuple) and len(prompt) == 2
