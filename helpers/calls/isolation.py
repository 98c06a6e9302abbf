"""Keeps this process off AWS while it works on the studio, and gives back what was found when AWS is asked for."""

import os
from collections.abc import Mapping, MutableMapping
from typing import Any


class Isolation:
    """What this process had before it was put on a studio, and what was set in its place."""

    def __init__(self, environment: MutableMapping[str, str] = os.environ) -> None:
        self._environment = environment
        self._found: dict[str, str | None] = {}
        self._ours: dict[str, str | None] = {}
        self._session: Any = None

    @property
    def active(self) -> bool:
        """Whether this process is on a studio."""
        return bool(self._ours)

    @property
    def found(self) -> dict[str, str]:
        """What stood in the environment before this process was put on a studio, of what was set or removed since."""
        return {name: value for name, value in self._found.items() if value is not None}

    def enter(self, wanted: Mapping[str, str | None]) -> None:
        """Set these variables (None: remove), and start boto3's default session anew; what stood there is kept.

        Entered again, it keeps what it found at first, and what the user has changed since.
        """
        import boto3

        if not self.active:
            self._session = boto3.DEFAULT_SESSION
        boto3.DEFAULT_SESSION = None
        for name, value in wanted.items():
            now = self._environment.get(name)
            if name not in self._ours or now != self._ours[name]:
                self._found[name] = now
            self._ours[name] = value
            _put(self._environment, name, value)

    def leave(self) -> None:
        """Put everything back. What the user has changed meanwhile is newer, and stays."""
        if not self.active:
            return
        import boto3

        changed = [name for name, value in self._ours.items() if self._environment.get(name) != value]
        for name, value in self._found.items():
            if name not in changed:
                _put(self._environment, name, value)
        boto3.DEFAULT_SESSION = None if changed else self._session  # an old session would not see the changes
        self._found, self._ours, self._session = {}, {}, None


def _put(environment: MutableMapping[str, str], name: str, value: str | None) -> None:
    if value is None:
        environment.pop(name, None)
    else:
        environment[name] = value
