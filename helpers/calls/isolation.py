"""Isolation from AWS: the environment and boto3's session while this process is on a studio, and back as they were."""

import os
from collections.abc import Mapping, MutableMapping
from typing import Any


class Isolation:
    """The environment and boto3 session of a process, as they were before it went on a studio and as they were set."""

    def __init__(self, environment: MutableMapping[str, str] = os.environ) -> None:
        self._environment = environment
        self._saved: dict[str, str | None] = {}
        self._set: dict[str, str | None] = {}
        self._session: Any = None

    @property
    def active(self) -> bool:
        """True while this process is on a studio."""
        return bool(self._set)

    @property
    def saved(self) -> dict[str, str]:
        """Values that environment variables had before they were set or removed here."""
        return {name: value for name, value in self._saved.items() if value is not None}

    def enter(self, wanted: Mapping[str, str | None]) -> None:
        """Set these variables (None removes one) and reset boto3's default session; `leave` restores both.

        Entered a second time, it still restores the values from before the first, or what the user set in between.
        """
        import boto3

        if not self.active:
            self._session = boto3.DEFAULT_SESSION
        boto3.DEFAULT_SESSION = None
        for name, value in wanted.items():
            now = self._environment.get(name)
            if name not in self._set or now != self._set[name]:
                self._saved[name] = now
            self._set[name] = value
            _set_or_remove(self._environment, name, value)

    def leave(self) -> None:
        """Restore the variables and the session. Variables that the user has changed meanwhile stay as they are."""
        if not self.active:
            return
        import boto3

        changed = [name for name, value in self._set.items() if self._environment.get(name) != value]
        for name, value in self._saved.items():
            if name not in changed:
                _set_or_remove(self._environment, name, value)
        boto3.DEFAULT_SESSION = None if changed else self._session  # an old session would not see the changes
        self._saved, self._set, self._session = {}, {}, None


def _set_or_remove(environment: MutableMapping[str, str], name: str, value: str | None) -> None:
    if value is None:
        environment.pop(name, None)
    else:
        environment[name] = value
