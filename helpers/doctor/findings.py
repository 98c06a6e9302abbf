"""What a check of the set-up found, for the doctor and its visits to AWS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "note", "wrong"]


@dataclass(frozen=True)
class Finding:
    """What one check found. A note is worth knowing; what is wrong has a fix."""

    verdict: Verdict
    about: str
    says: str
    fix: str = ""
