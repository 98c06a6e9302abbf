"""The pair of access keys that a studio makes when it starts."""

import secrets
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Keys:
    """One pair of access keys; they open one studio and nothing else."""

    access_key: str
    secret_key: str = field(repr=False)


def new_keys() -> Keys:
    """A random pair, plain to see as no key of AWS's."""
    return Keys(f"STUDIO{secrets.token_hex(7).upper()}", secrets.token_hex(20))
