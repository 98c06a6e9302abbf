"""How the diffusion decides, converges and follows its prompts: the tables that its constants are chosen by.

    python -m tests.benchmarks.bench_diffusion [table ...] [--size 512]

decides     sigma at which a run is 95 % sure of its plan, of each thing's spot and of its drawing, over 30 seeds
distinct    compositions that 30 seeds show, by boxes alone and by facing and horizon too
order       the order of convergence of each deterministic sampler, in float64
steps       distance from the 150-step picture for ten samplers, and how many pictures are the same one
others      how many of Euler's pictures are other pictures after 10 steps than after 50
cfg         share of seeds that show a word for cfg_scale 0 to 35, beside its prior
clipped     clipped channel values for each cfg_scale
weights     share of seeds that show a thing of small weight, beside its prior
negatives   what negative prompts of each weight leave
times       processor time of a picture, over one PNG encode (level 1, RLE) of it
"""

import argparse
import io
import os
import time
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from math import log2
from typing import Any

for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[threads] = "1"  # as the studio's workers have it

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from helpers.studio.engines.painted import create
from helpers.studio.engines.painted.diffusion import adherence, plans, schedule, tasks
from helpers.studio.engines.painted.diffusion.denoiser import Denoiser
from helpers.studio.engines.painted.diffusion.factors import LIGHT, SKY, Factor, Plan
from helpers.studio.engines.painted.diffusion.mixture import Mixture
from helpers.studio.engines.painted.diffusion.samplers import DEFAULT, SAMPLERS
from helpers.studio.engines.painted.diffusion.tasks import Diffusion, Winner, from_words
from helpers.studio.engines.painted.diffusion.trace import PaintedStep
from helpers.studio.engines.painted.diffusion.variation import Variation
from helpers.studio.engines.painted.painting import painter, places, things
from helpers.studio.protocol import Prompt, TextToImage
from tests.engine.compositions import FOUR, TWELVE, composition

Picture = NDArray[np.uint8]
HORSE, CAT, BOAT, FOX = FOUR
CFGS = (0, 0.5, 1, 2, 3, 5, 7, 10, 15, 25, 35)
DETERMINISTIC = ("K_EULER", "DDIM", "K_DPMPP_2M", "K_HEUN", "K_DPM_2", "K_LMS")
ANCESTRAL = ("K_EULER_ANCESTRAL", "K_DPM_2_ANCESTRAL", "K_DPMPP_2S_ANCESTRAL", "DDPM")
SURE = 0.95

ENGINE = create()
PAINTER: Any = ENGINE.painter  # type: ignore[attr-defined]
SIZE = 512


@dataclass(frozen=True, eq=False)
class Run:
    """A finished run: what it believed on the way, and its latent."""

    diffusion: Diffusion
    x: NDArray[np.float32]

    @property
    def winner(self) -> Winner:
        return self.diffusion.winner()

    @property
    def choices(self) -> Hashable:
        """The place, and what was chosen of every factor; equal for equal pictures of one mixture."""
        return self.place, tuple(sorted((entry, id(choice)) for entry, choice in self.winner.choices))

    @property
    def place(self) -> Hashable:
        return self.winner.plan.scene, self.winner.plan.mirrored

    @property
    def things(self) -> dict[str, Any]:
        """The drawing and the spot of each thing; None where it is absent."""
        return {entry: choice for entry, choice in self.winner.choices if entry not in (SKY, LIGHT)}

    @property
    def spots(self) -> Hashable:
        return tuple(sorted((entry, one and one[1]) for entry, one in self.things.items()))

    def picture(self) -> Picture:
        return self.diffusion.picture(self.x)

    def shows(self, entry: str) -> bool:
        """Whether the picture has a thing of the prompt."""
        return self.things.get(entry) is not None


Texts = str | Sequence[tuple[str, float]]


def task_of(texts: Texts, seed: int, **fields: Any) -> TextToImage:
    prompts = [(texts, 1.0)] if isinstance(texts, str) else texts
    return TextToImage(tuple(Prompt(*one) for one in prompts), SIZE, SIZE, seed, **fields)


def run(texts: Texts, seed: int, **fields: Any) -> Run:
    """Run one task without painting its picture."""
    task = task_of(texts, seed, **fields)
    diffusion = from_words(PAINTER, task, traced=True)
    sampler = SAMPLERS[task.sampler or DEFAULT]
    generator = np.random.default_rng(seed)

    def noise() -> NDArray[np.float32]:
        return generator.standard_normal(diffusion.origin.shape, dtype=np.float32)

    sigmas = schedule.sigmas(sampler.schedule, task.steps)
    return Run(diffusion, sampler.run(diffusion.denoiser, diffusion.origin + sigmas[0] * noise(), sigmas, noise))


def row(name: str, *cells: object) -> None:
    print(f"{name:44}", *cells, flush=True)


def spread(values: Iterable[float]) -> str:
    return " ".join(f"{v:4.1f}" for v in np.quantile(list(values), (0.1, 0.5, 0.9), method="nearest"))


# When it decides.


def decides() -> None:
    """Sigma at which 95 % sure (10 %, median, 90 % of 30 seeds): place; spot and drawing given the spot; sky; light."""
    for text in FOUR:
        runs = [run(text, seed) for seed in range(1, 31)]
        row(f"{text}: place", spread(since(one, plan_share) for one in runs), f"  of {len(plans_of(runs[0]))}")
        for entry in runs[0].things:
            row(
                f"  {entry}: spot; drawing",
                spread(since(one, partial(spot_share, entry)) for one in runs),
                ";",
                spread(since(one, partial(drawing_share, entry)) for one in runs),
            )
        for entry in (SKY, LIGHT):
            row(f"  {entry}", spread(since(one, partial(drawing_share, entry)) for one in runs))


def plans_of(one: Run) -> tuple[Plan, ...]:
    return one.diffusion.denoiser.mixture.plans


def since(one: Run, sure: Callable[[Run, PaintedStep], float]) -> float:
    """Return the sigma from which on the run stays sure of its place and of what else is asked; 0 where it is never."""
    at = 0.0
    for step in reversed(one.diffusion.denoiser.trace or []):
        if min(plan_share(one, step), sure(one, step)) < SURE:
            break
        at = step.sigma
    return at


def plan_share(one: Run, step: PaintedStep) -> float:
    """Return how likely the place is that the run ended with."""
    shares = zip(step.mixture.plans, step.belief.plans, strict=True)
    return float(sum(share for plan, share in shares if (plan.scene, plan.mirrored) == one.place))


def spot_share(entry: str, one: Run, step: PaintedStep) -> float:
    """Return how likely the spot is that the run ended with, in the step's likeliest place."""
    at = spot_of(dict(one.winner.choices)[entry])
    return sum(share for choice, share in dict(step.things())[entry].items() if spot_of(choice) == at)


def drawing_share(entry: str, one: Run, step: PaintedStep) -> float:
    """Return how likely the choice is that the run ended with, among those of its spot."""
    chosen = dict(one.winner.choices)[entry]
    return float(dict(step.things())[entry].get(chosen, 0.0) / max(spot_share(entry, one, step), 1e-12))


def spot_of(choice: Any) -> Any:
    """Return a thing's spot; skies and lights have none."""
    return choice[1] if isinstance(choice, tuple) else None


# How much seeds differ.


def distinct() -> None:
    """Distinct compositions of 30 seeds: boxes alone (4 x 4 places, size in 2/3 octaves); and facing, horizon in 8s."""
    for text in FOUR:
        boxes, wholes, chosen = set(), set(), set()
        for seed in range(1, 31):
            one = run(text, seed)
            composed, facing, horizon = composition(one.diffusion)
            boxes.add(composed)
            wholes.add((composed, facing, horizon))
            chosen.add(one.choices)
        row(text, f"{len(boxes):3} {len(wholes):3}   choices {len(chosen):3}")


# Samplers and steps.


def order() -> None:
    """Order of convergence in float64, SIGMA_MAX to SIGMA_MIN, 20 to 640 steps, three seeds: by the last three runs."""
    mixture = in_double(plans.mixture_of(request(CAT)))
    origin = mixture.mean(mixture.prior_belief())
    counts = (20, 40, 80, 160, 320, 640)
    for name in DETERMINISTIC:
        sampler, cells = SAMPLERS[name], []
        for seed in (1, 2, 3):
            noise = np.random.default_rng(seed).standard_normal(origin.shape)
            ends = []
            for n in counts:
                sigmas = tuple(sampler.schedule(i / n) for i in range(n + 1))
                x = origin + sigmas[0] * noise
                ends.append(sampler.run(Denoiser(mixture), x, sigmas, partial(np.copy, noise)))
            far = [float(np.sqrt(np.square(a - b).mean())) for a, b in pairwise(ends)]
            cells.append(f"{log2(far[-2] / far[-1]):5.2f}  (rms {' '.join(f'{d:.1e}' for d in far)})")
        row(name, "  ".join(cells))


def request(text: Texts, **fields: Any) -> plans.Request:
    return from_words(PAINTER, task_of(text, 1, **fields)).request


def in_double(mixture: Mixture) -> Mixture:
    """Return the same mixture in float64."""
    _, height, width = mixture.centre.shape
    variation = Variation.natural(height, width, dtype=np.float64)

    def doubled(f: Factor) -> Factor:
        double = replace(
            f,
            directions=f.directions.astype(np.float64),
            amounts=None if f.amounts is None else f.amounts.astype(np.float64),
        )
        d = double.differences((3, height, width))
        return replace(double, low=variation.low(d), norms=np.square(d).sum((1, 2, 3)))

    return Mixture(
        [
            replace(p, picture=p.picture.astype(np.float64), factors=tuple(doubled(f) for f in p.factors))
            for p in mixture.plans
        ],
        variation,
    )


def steps() -> None:
    """Mean levels / SSIM from the 150-step picture (2 prompts x 6 seeds); same: place, spots, drawings, sky and light as at 150."""
    counts = (4, 10, 20, 30, 50)
    row("", *(f"{n:>9}" for n in counts), "   same at 4, 10, 30 of 12")
    for name in (*DETERMINISTIC, *ANCESTRAL):
        far: dict[int, list[tuple[float, float]]] = {n: [] for n in counts}
        same = dict.fromkeys(counts, 0)
        for text in (HORSE, FOX):
            for seed in range(1, 7):
                goal = run(text, seed, sampler=name, steps=150)
                wanted = goal.picture()
                for n in counts:
                    one = run(text, seed, sampler=name, steps=n)
                    made = one.picture()
                    far[n].append((levels(made, wanted), ssim(made, wanted)))
                    same[n] += one.choices == goal.choices
        cells = (f"{np.mean([a for a, _ in far[n]]):5.1f}/{np.mean([b for _, b in far[n]]):.2f}" for n in counts)
        row(name, *cells, f"   {same[4]}, {same[10]}, {same[30]}")


def others() -> None:
    """Euler at 10 steps against 50, 6 seeds: other pictures (plan; spots; drawings alone), and levels / SSIM."""
    total = np.zeros(3)
    for text in TWELVE:
        other, far = np.zeros(3), []
        for seed in range(1, 7):
            few, many = (run(text, seed, sampler="K_EULER", steps=n) for n in (10, 50))
            a, b = few.picture(), many.picture()
            far.append((levels(a, b), ssim(a, b)))
            one, two = (placed(r) for r in (few, many))
            other += (one[0] != two[0], one[0] == two[0] and one[1] != two[1], one[:2] == two[:2] and one[2] != two[2])
        total += other
        row(text[:43], *(f"{int(n)}" for n in other), "of 6  ", "{:.1f}/{:.2f}".format(*np.mean(far, 0)))
    row(
        "all",
        *(f"{n / (6 * len(TWELVE)):.2f}" for n in total),
        f"  {total.sum() / (6 * len(TWELVE)):.2f} other pictures",
    )


def placed(one: Run) -> tuple[Hashable, Hashable, Hashable]:
    """Return the place, the spots and all choices that a run ended with."""
    return one.place, one.spots, one.choices


def levels(a: Picture, b: Picture) -> float:
    return float(np.abs(a.astype(np.float32) - b).mean())


def ssim(a: Picture, b: Picture, side: int = 7) -> float:
    """Return the mean structural similarity of light, in square windows (Wang et al. 2004)."""
    x, y = (picture.astype(np.float64).mean(-1) for picture in (a, b))

    def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
        sums = np.pad(values.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
        return (sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]) / side**2

    mx, my = mean(x), mean(y)
    vx, vy, both = mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return float(((2 * mx * my + c1) * (2 * both + c2) / ((mx * mx + my * my + c1) * (vx + vy + c2))).mean())


# Adherence.


def cfg() -> None:
    """Prior / share of 40 seeds, for each cfg_scale; the meadow's prior is the plans', as others may be meadows by chance."""
    row(HORSE, *(f"{c:>9}" for c in CFGS))
    cells: dict[str, list[str]] = {
        name: [] for name in ("horse", "balloon", "balloon, and red", "meadow", "plans", "J")
    }
    for c in CFGS:
        runs = [run(HORSE, seed, cfg_scale=c) for seed in range(1, 41)]
        asked = request(HORSE, cfg_scale=c)
        found = {thing.entry: k for k, thing in enumerate(asked.reading.things)}
        balloon = next(k for k, thing in enumerate(asked.reading.things) if thing.coloured)
        red = set(map(id, PAINTER.cutouts(asked.reading, balloon, asked.size[0], asked.pull, False)))
        hue = adherence.present("colour", c)
        hue = 1.0 if hue >= plans.SURE else hue
        both = [(r.things["balloon"] or (None,))[0] for r in runs]
        priors = {name: adherence.present("object", c, order=k) for name, k in found.items()}
        shares = {name: np.mean([r.shows(name) for r in runs]) for name in found}
        names = {k: name for name, k in found.items()}
        for label, k in (("horse", 1 - balloon), ("balloon", balloon)):
            cells[label].append(f"{priors[names[k]]:.2f}/{shares[names[k]]:.2f}")
        cells["balloon, and red"].append(
            f"{priors[names[balloon]] * hue:.2f}/{np.mean([id(b) in red for b in both]):.2f}"
        )
        there = np.mean([r.winner.scene.base == "meadow" for r in runs])
        all_plans = plans_of(runs[0])
        prior = sum(np.exp(p.log_prior) for p in all_plans if p.scene.base == "meadow")
        cells["meadow"].append(f"{prior:.2f}/{there:.2f}")
        cells["plans"].append(f"{len(all_plans)}")
        cells["J"].append(",".join(str(max(len(p.factors[k].choices) for p in all_plans)) for k in range(2)))
    for name, values in cells.items():
        row(f"  {name}", *(f"{v:>9}" for v in values))


def clipped() -> None:
    """Clipped channel values in percent, 5 prompts x 4 seeds, for each cfg_scale; and the largest of one picture."""
    row("", *(f"{c:>9}" for c in CFGS))
    mean, most = [], []
    for c in CFGS:
        pictures = [run(text, seed, cfg_scale=c).picture() for text in (*FOUR, TWELVE[8]) for seed in range(1, 5)]
        shares = [100 * float(((p == 0) | (p == 255)).mean()) for p in pictures]
        mean.append(f"{np.mean(shares):9.2f}")
        most.append(f"{np.max(shares):9.2f}")
    row("mean", *mean)
    row("most", *most)


def weights() -> None:
    """Share of 30 seeds that show "a red balloon" beside its prior, by its weight; and its mean height where shown."""
    given = (0.02, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0)
    row("a horse in a meadow + a red balloon", *(f"{w:>9}" for w in given))
    shares, heights = [], []
    for w in given:
        runs = [run([("a horse in a meadow", 1.0), ("a red balloon", w)], seed) for seed in range(1, 31)]
        things_ = runs[0].diffusion.request.reading.things
        order_ = next(k for k, thing in enumerate(things_) if thing.coloured)
        name = things_[order_].entry
        shown = [r for r in runs if r.shows(name)]
        shares.append(f"{adherence.present('object', 7, w, order=order_):.2f}/{len(shown) / 30:.2f}")
        tall = [r.things[name][1].height for r in shown]
        heights.append(f"{np.mean(tall):9.1f}" if tall else f"{'-':>9}")
    row("  prior/share", *(f"{s:>9}" for s in shares))
    row("  height", *heights)


def negatives() -> None:
    """What is left under a negative prompt, by its weight: a thing named, a thing of the place, a light, a colour."""
    given = (0.0, 0.001, 0.05, 0.1, 0.2, 0.25, 0.3, 0.5, 0.7, 1.0, 1.5)
    row("", *(f"{n:>7}" for n in given))

    def over(texts: str, against: str, seeds: int, measure: Callable[[Run], float]) -> None:
        cells = []
        for n in given:
            prompts = [(texts, 1.0), (against, -n)] if n else [(texts, 1.0)]
            cells.append(f"{np.mean([measure(run(prompts, seed)) for seed in range(1, seeds + 1)]):7.3f}")
        row(f"{texts[:20]} - {against}", *cells)

    over(HORSE, "balloon", 30, lambda r: r.shows("balloon"))
    over("a horse in a meadow", "tree", 30, lambda r: _without(r, "tree"))
    over(HORSE, "dark", 8, lambda r: float(r.picture().mean() / 255))
    over(HORSE, "blue", 8, _blueness)
    over("a city at night", "night", 8, lambda r: float(r.picture().mean() / 255))
    over(HORSE, "meadow", 30, lambda r: r.winner.scene.base == "meadow")


def _without(one: Run, entry: str) -> bool:
    scene = one.winner.plan.scene
    return entry in scene.faded or not painter.shows(scene, entry)


def _blueness(one: Run) -> float:
    red, green, blue = one.picture().astype(np.float32).mean((0, 1)) / 255
    return float(blue - (red + green) / 2)


# Time.


def times() -> None:
    """Processor ms, median of 9 seeds: first picture of a prompt, the next ones, and the run alone; over a PNG encode."""
    row("", f"{'first':>8} {'next':>8} {'run':>8} {'encode':>8}   first/encode next/encode   plans")
    firsts, nexts = [], []
    for text in TWELVE:
        ENGINE.generate(task_of(text, 1))  # loads the art
        cold, warm, alone, encode = [], [], [], []
        for seed in range(1, 10):
            forget()
            cold.append(cost(partial(ENGINE.generate, task_of(text, seed))))
            made = ENGINE.generate(task_of(text, 100 + seed)).pixels
            warm.append(cost(partial(ENGINE.generate, task_of(text, 200 + seed))))
            alone.append(cost(partial(run, text, 300 + seed)))
            encode.append(cost(partial(encoded, made)))
        c, w, a, e = (float(np.median(values)) for values in (cold, warm, alone, encode))
        firsts.append(c / e)
        nexts.append(w / e)
        row(
            text[:43],
            f"{c:8.1f} {w:8.1f} {a:8.1f} {e:8.1f}   {c / e:8.2f} {w / e:8.2f} {len(plans.mixture_of(request(text)).plans):8}",
        )
    row("mean", f"{'':38}{np.mean(firsts):8.2f} {np.mean(nexts):8.2f}")


def forget() -> None:
    """Empty what a prompt leaves behind for its next picture, but not the art."""
    kept = (
        tasks._whole,
        plans.mixture_of,
        plans._skies,
        plans._resized,
        plans._premultiplied,
        places.place,
        places.bare,
        things.cutouts,
    )
    for function in kept:
        function.cache_clear()


def cost(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return 1000 * (time.process_time() - began)


def encoded(pixels: Picture) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1, compress_type=3)
    return file.getvalue()


TABLES = {f.__name__: f for f in (decides, distinct, order, steps, others, cfg, clipped, weights, negatives, times)}


def main() -> None:
    """Print the tables that are named, or all."""
    global SIZE
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", metavar="table", choices=[[], *TABLES])
    parser.add_argument("--size", type=int, default=SIZE, help="side of the pictures in pixels")
    options = parser.parse_args()
    SIZE = options.size
    for name in options.tables or TABLES:
        began = time.process_time()
        print(f"\n{name}. {TABLES[name].__doc__}")
        TABLES[name]()
        print(f"({time.process_time() - began:.0f} s)")


if __name__ == "__main__":
    main()
