"""The paths in the workshop's folder, and the environment variables of the programs that run in it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CHINESE = "zh-CN"  # the folder of the Chinese notebooks, and their language

# Variables of other Pythons, which would lead ours to other packages, another kernel or another way of drawing.
FOREIGN = (
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "PYTHONUSERBASE",
    "PYTHONEXECUTABLE",
    "__PYVENV_LAUNCHER__",
    "VIRTUAL_ENV_PROMPT",
    "CONDA_PREFIX",
    "CONDA_DEFAULT_ENV",
    "CONDA_PROMPT_MODIFIER",
    "CONDA_SHLVL",
    "CONDA_PYTHON_EXE",
    "MPLBACKEND",
)


@dataclass(frozen=True)
class Place:
    """The workshop's folder; every path is absolute."""

    root: Path

    @classmethod
    def of(cls, script: str) -> "Place":
        """Return the workshop that has this script in its setup/ folder, whatever the current folder is."""
        return cls(Path(os.path.abspath(script)).parents[1])

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def scripts(self) -> Path:
        return self.venv / ("Scripts" if os.name == "nt" else "bin")

    @property
    def python(self) -> Path:
        return self.scripts / ("python.exe" if os.name == "nt" else "python")

    @property
    def stamp(self) -> Path:
        return self.venv / "workshop.json"

    @property
    def install_log(self) -> Path:
        return self.venv / "install.log"

    @property
    def requirements(self) -> Path:
        return self.root / "requirements.txt"

    @property
    def test_requirements(self) -> Path:
        return self.root / "setup" / "requirements-test.txt"

    @property
    def notebooks(self) -> Path:
        return self.root / "notebooks"

    @property
    def outputs(self) -> Path:
        """The folder of learners' pictures, and of the notebooks that they run from the shell."""
        return self.root / "outputs"

    @property
    def notebook_runs(self) -> Path:
        """The folder of the notebooks as `start.py --run` ran them."""
        return self.outputs / "notebooks"

    def site_packages(self) -> Path:
        """Return the folder of the installed packages; it need not exist."""
        if os.name == "nt":
            return self.venv / "Lib" / "site-packages"
        found = sorted(self.venv.glob("lib/python3*/site-packages"))
        return found[0] if found else self.venv / "lib" / "site-packages"

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return `environ` for the programs of .venv: .venv first on PATH, nothing of another Python, AWS as it is."""
        ours = {name: value for name, value in environ.items() if name not in FOREIGN}
        ours["VIRTUAL_ENV"] = str(self.venv)
        ours["PATH"] = os.pathsep.join(filter(None, [str(self.scripts), environ.get("PATH", "")]))
        kernels = self.venv / "share" / "jupyter"
        ours["JUPYTER_PATH"] = os.pathsep.join(filter(None, [str(kernels), environ.get("JUPYTER_PATH", "")]))
        ours["JUPYTER_PREFER_ENV_PATH"] = "1"  # a kernel named python3 in the home folder must not win
        return ours
