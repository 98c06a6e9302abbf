"""Adherence: how likely it is that a picture shows what a prompt names, and what cfg_scale, weights and negatives do to it.

Classifier-free guidance (Ho and Salimans 2022, arXiv 2207.12598) samples from p(x)^(1-g) p(x|c)^g. For one word, that is

    P(shown) ~ u (c/u)^g        u: how often a picture made without any prompt shows it; c: how often one made for it does

and in odds, with a word's weight w and the weight n of the negative prompts against it (Liu et al. 2022, arXiv 2206.01714),

    logit P = logit u + (logit c - logit u) g (w - n),      g = sqrt(cfg_scale)

so nothing speaks for a word at cfg_scale 0, and little can speak against it from 7 on. (With g = cfg_scale itself, all
would be settled at 2.) The root is the one liberty: it makes room between 0 and 7 for what guidance does.

A trained model moves each guess by guidance, so a large cfg_scale also drives light and colour beyond what pictures have,
until the decoder bends them. Here that is `contrast`, applied once at the end: in the exemplars it would raise all
differences between them, and everything would be decided at once.
"""

import math

__all__ = ["contrast", "present", "pull", "removed"]

UNCONDITIONAL = {"object": 0.03, "scene": 0.06, "setting": 0.03, "colour": 0.2, "place": 0.33}
"""u of each kind: a thing, a place, light or weather, a thing's own colour, its being on the left (right, middle)."""
CONDITIONAL = {
    "object": (0.72, 0.58, 0.48, 0.40),
    "scene": (0.8,),
    "setting": (0.75,),
    "colour": (0.75,),
    "place": (0.75,),
}
"""c of each kind; for things, by their order in the prompt: what comes later is lost sooner."""
USUAL = 7.0
"""cfg_scale at which moods act as they are drawn, and where contrast begins to harden."""
STRONGEST = 1.2
"""Bound of the strength of moods."""


def present(kind: str, cfg_scale: float, weight: float = 1.0, against: float = 0.0, order: int = 0) -> float:
    """Return the probability, 0..1, that a word of this kind is met: present("object", 7) is 0.9997."""
    given = CONDITIONAL[kind]
    low, high = _logit(UNCONDITIONAL[kind]), _logit(given[min(order, len(given) - 1)])
    odds = low + (high - low) * math.sqrt(cfg_scale) * (weight - against)
    return 1 / (1 + math.exp(-min(max(odds, -30.0), 30.0)))


def removed(cfg_scale: float, against: float) -> float:
    """Return the probability that a place lacks what negative prompts of this weight name: 0 at 0, all but 1 at weight 1
    and cfg_scale 7. A logistic curve like `present`'s, but from 0; its numbers are chosen."""
    low, odds = -3.5, 4.0 * math.sqrt(cfg_scale) * against
    return 1 - (1 + math.exp(low)) / (1 + math.exp(min(low + odds, 30.0)))


def pull(cfg_scale: float) -> float:
    """Return the strength of what acts by degrees (moods, colours of the whole picture): 0 at 0, 1 at 7, 1.2 at most."""
    return min(STRONGEST, math.sqrt(cfg_scale / USUAL))


def contrast(cfg_scale: float) -> tuple[float, float]:
    """Return the factors of light about its mean and of colour about grey: flat below 7, vivid there, harsh far above."""
    over = cfg_scale - USUAL
    return 1.18 + 0.035 * over, 1.30 + 0.06 * over


def _logit(p: float) -> float:
    return math.log(p / (1 - p))
