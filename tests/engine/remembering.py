"""An engine that keeps what it drew, as many properties are those of the same pictures."""

from collections.abc import Hashable
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from helpers.studio.protocol import Engine, EngineResult, Task


@dataclass(frozen=True)
class Remembering:
    """An engine that draws each task once, and then gives the same arrays again, which cannot be written to."""

    engine: Engine
    kept: dict[Hashable, EngineResult] = field(default_factory=dict)
    name: str = "remembering"
    version: str = "0"

    def generate(self, task: Task, *, trace: bool = False) -> EngineResult:
        key = (type(task), *(_hashable(getattr(task, one.name)) for one in fields(task)))
        found = self.kept.get(key)
        if found is None or (trace and found.trace is None):
            found = self.kept[key] = self.engine.generate(task, trace=trace)
            found.pixels.flags.writeable = False
        return found


def afresh(engine: Engine) -> Engine:
    """Return the engine that draws again whatever it drew before."""
    return engine.engine if isinstance(engine, Remembering) else engine


def _hashable(value: Any) -> Hashable:
    return (value.shape, value.tobytes()) if isinstance(value, np.ndarray) else value
