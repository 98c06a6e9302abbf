"""The offline engine, which keeps what it drew in a folder: both editions of a lesson, and its later runs, ask for the same.

WORKSHOP_STUDIO_ENGINE names this file, and KEPT the folder. A test may let an engine remember, as the same task gives the
same bytes; that it does, the engine's own tests show.
"""

import hashlib
import os
import pickle
import tempfile
from dataclasses import fields
from pathlib import Path

from helpers.studio.engines import painted
from helpers.studio.protocol import Engine, EngineResult, Task

KEPT = "WORKSHOP_TEST_PICTURES"
NEEDS = painted.NEEDS


class Keeping:
    """An engine that looks in a folder before it draws."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine, self.folder = engine, folder
        self.name, self.version = engine.name, engine.version

    def generate(self, task: Task, *, trace: bool = False) -> EngineResult:
        whole = (type(task).__name__, *((one.name, getattr(task, one.name)) for one in fields(task)))
        path = self.folder / hashlib.sha256(pickle.dumps(whole)).hexdigest()
        if not path.exists():
            result = self.engine.generate(task)
            with tempfile.NamedTemporaryFile(dir=self.folder, delete=False) as file:
                pickle.dump(result, file)
            os.replace(file.name, path)
        return pickle.loads(path.read_bytes())


def create() -> Engine:
    return Keeping(painted.create(), Path(os.environ[KEPT]))
