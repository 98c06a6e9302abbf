"""A pool of workers for each of the studio's engines, by the engine's name; a pool starts when it is first needed."""

import os
import threading
from collections.abc import Mapping

from helpers.studio.workers.pool import NOBODY, EngineAnswer, Job, Pool, Waiter

PAINTED = "painted"
ENGINES: dict[str, str] = {PAINTED: "helpers.studio.engines.painted:create"}
"""From an engine's name in the registry to the function that makes it, `module:function` (helpers.studio.protocol)."""
ENGINE_VARIABLE = "WORKSHOP_STUDIO_ENGINE"
"""Environment variable that puts another engine in the painted one's place, as `module:function` or
`path/to/file.py:function`."""


class EnginePools:
    """The pools of the engines in `makers`, by name; KeyError for any other name."""

    def __init__(self, makers: Mapping[str, str] = ENGINES) -> None:
        other = os.environ.get(ENGINE_VARIABLE)
        self._makers = {**makers, PAINTED: other} if other else dict(makers)
        self._lock = threading.Lock()
        self._pools: dict[str, Pool] = {}

    def draw(self, name: str, job: Job, waiter: Waiter = NOBODY) -> EngineAnswer:
        """Return the picture of `job` by the engine of this name. Raises BedrockError as `Pool.draw` does."""
        return self._pool(name).draw(job, waiter)

    def identity(self, name: str) -> str:
        """Return the engine's own name and version, "painted 0.2.0". Raises BedrockError as `Pool.identity` does."""
        return self._pool(name).identity()

    def close(self) -> None:
        """End every worker, those in the middle of a picture too."""
        with self._lock:
            pools = list(self._pools.values())
        for pool in pools:
            pool.close()

    def _pool(self, name: str) -> Pool:
        with self._lock:
            if name not in self._pools:
                self._pools[name] = Pool(self._makers[name])
            return self._pools[name]
