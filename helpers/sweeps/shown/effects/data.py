"""What is known of an axis once it is measured, as numbers: its effect, step by step, and the seed-noise floor."""

from dataclasses import dataclass

from helpers.sweeps.shown.effects.distances import Distance


@dataclass(frozen=True)
class Floor:
    """What a new seed alone does: the typical change (`median`), and what nine in ten stay below (`high`)."""

    median: Distance
    high: Distance
    pairs: int
    seeds: int

    def beyond(self, distance: Distance) -> tuple[str, ...]:
        """The measures by which this distance is larger than nine in ten changes of seed."""
        return tuple(
            name
            for name, moved, high in zip(Distance._fields, distance, self.high, strict=True)
            if moved > high + 1e-6  # the measures' own rounding
        )

    def times(self, distance: Distance) -> Distance:
        """The distance as a multiple of a typical change of seed; infinite where a new seed changes nothing."""
        shares = zip(distance, self.median, strict=True)
        return Distance(*(moved / floor if floor else float("inf") if moved else 0.0 for moved, floor in shares))


@dataclass(frozen=True)
class Step:
    """From one value of an ordered axis to the next."""

    start: str
    end: str
    median: Distance
    pairs: int


@dataclass(frozen=True)
class Effect:
    """How far the picture moves along one axis. `.steps` are those of a numeric axis, in rising order."""

    axis: str
    labels: tuple[str, ...]  # in rising order, if numeric
    median: Distance
    pairs: int  # measured
    pairs_in_all: int
    steps: tuple[Step, ...]
    quiet: tuple[int, int] | None  # the first and last place of the values between which there is only seed noise
