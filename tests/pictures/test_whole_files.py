"""Files appear whole or not at all, and a new one never takes the place of another."""

import os
from pathlib import Path
from typing import Any

import pytest

from helpers.pictures import whole_files


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_put_takes_the_place_of_an_older_file_and_add_does_not(tmp_path: Path) -> None:
    path = tmp_path / "a"
    whole_files.add(path, b"old")
    with pytest.raises(FileExistsError):
        whole_files.add(path, b"new")
    assert path.read_bytes() == b"old"
    whole_files.put(path, b"new")
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["a"]


def test_a_disk_that_takes_no_more_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def half(self: Path, data: bytes) -> int:
        with self.open("wb") as file:
            file.write(data[:1])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", half)
    for write, to in ((whole_files.put, path), (whole_files.add, tmp_path / "b")):
        with pytest.raises(OSError, match="No space left"):
            write(to, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_a_file_that_is_read_on_windows_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace, refusals = os.replace, [PermissionError("in use"), PermissionError("in use")]

    def busy_at_first(*paths: Any) -> None:
        if refusals:
            raise refusals.pop()
        replace(*paths)

    monkeypatch.setattr(whole_files, "_is_windows", lambda: True)
    monkeypatch.setattr(whole_files, "_REPLACE_WAIT", 0)
    monkeypatch.setattr(os, "replace", busy_at_first)
    whole_files.put(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
    refusals.append(PermissionError("not allowed"))
    monkeypatch.setattr(whole_files, "_is_windows", lambda: False)
    with pytest.raises(PermissionError, match="not allowed"):
        whole_files.put(tmp_path / "a", b"newer")
