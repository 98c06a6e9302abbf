"""Which broken engine each truth finds out, as a table: `python -m tests.engine.matrix`. A row without a mark is no test."""

from collections.abc import Callable

from helpers.studio.protocol import Engine
from tests.engine import broken, toy, truths
from tests.engine.remembering import Remembering
from tests.engine.truths import Studio

BROKEN: dict[str, Callable[[Engine], Engine]] = {
    "as it should be": lambda engine: engine,
    "seed ignored": lambda engine: broken.ignoring(engine, seed=1),
    "seed forgotten": broken.forgetful,
    "strength ignored": lambda engine: broken.ignoring(engine, schedule_start=0.35),
    "end ignored": lambda engine: broken.ignoring(engine, schedule_end=0.0),
    "init image ignored": broken.blind,
    "cross-fade": broken.cross_fading,
    "cfg_scale ignored": lambda engine: broken.ignoring(engine, cfg_scale=7.0),
    "cfg_scale as a filter": broken.guiding_at_the_end,
    "steps ignored": lambda engine: broken.ignoring(engine, steps=30),
    "sampler ignored": lambda engine: broken.ignoring(engine, sampler="K_EULER"),
    "sampler always DDPM": lambda engine: broken.ignoring(engine, sampler="DDPM"),
    "negatives ignored": broken.deaf_to_negatives,
    "negatives as a filter": broken.refusing_at_the_end,
    "weights ignored": broken.deaf_to_weights,
    "mask ignored": broken.unmasked,
    "mask feathered": broken.leaking,
    "bytes rounded": broken.rounding_twice,
    "picture shifted": broken.shifting,
    "style ignored": lambda engine: broken.ignoring(engine, style_preset=None),
    "style as a filter": broken.styling_at_the_end,
    "clip preset ignored": lambda engine: broken.ignoring(engine, clip_guidance_preset="SLOW"),
    "unknown words kept": broken.silent,
}


def found_out(truth: Callable[[Studio], None], engine: Engine) -> bool:
    """Whether the truth fails on this engine."""
    try:
        truth(Studio(engine, seeds=(1, 2)))
    except AssertionError:
        return True
    return False


def main() -> None:
    """Print a numbered line for each broken engine, then a row for each truth with a mark under those it finds out."""
    for number, name in enumerate(BROKEN):
        print(f"{number:3} {name}")
    print(" " * 52 + "".join(f"{number:3}" for number in range(len(BROKEN))))
    engine = Remembering(toy.engine())
    for truth in truths.TRUTHS:
        marks = [found_out(truth, breaks(engine)) for breaks in BROKEN.values()]
        print(f"{truth.__name__:52}" + "".join("  x" if mark else "  ." for mark in marks), flush=True)


if __name__ == "__main__":
    main()
