"""What is wrong with a .venv is found at the next start, and said in one sentence."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest
from workshop import stamp
from workshop.place import Place
from workshop.stamp import Remedy, Stamp


@pytest.fixture
def want(place: Place) -> Stamp:
    return stamp.new_stamp(place, [place.requirements])


@pytest.fixture
def made(place: Place, want: Stamp) -> Place:
    """A finished .venv with one package in it."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place.venv)], check=True)
    (place.site_packages() / "boto3-1.dist-info").mkdir()
    stamp.write(place, want)
    return place


def change(place: Place, **fields: object) -> None:
    place.stamp.write_text(json.dumps(json.loads(place.stamp.read_text("utf-8")) | fields), "utf-8")


def test_a_finished_environment_needs_nothing(made: Place, want: Stamp) -> None:
    assert stamp.examine(made, want).remedy is Remedy.NOTHING


def test_no_environment_is_made(place: Place, want: Stamp) -> None:
    finding = stamp.examine(place, want)
    assert finding.remedy is Remedy.REMAKE
    assert finding.sentence.startswith("Making ")


def test_an_installation_that_was_killed_is_made_anew(made: Place, want: Stamp) -> None:
    made.stamp.unlink()
    finding = stamp.examine(made, want)
    assert finding.remedy is Remedy.REMAKE
    assert "half made" in finding.sentence


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"venv": 1}', '"text"', '{"packages": 3}'])
def test_a_stamp_that_cannot_be_read_counts_as_none(made: Place, want: Stamp, text: str) -> None:
    made.stamp.write_text(text, "utf-8")
    assert "half made" in stamp.examine(made, want).sentence


def test_a_file_in_the_place_of_the_folder_is_replaced(place: Place, want: Stamp) -> None:
    place.venv.write_text("", "utf-8")
    assert stamp.examine(place, want).remedy is Remedy.REMAKE


def test_a_moved_workshop_gets_a_new_environment(made: Place) -> None:
    moved = Place(made.root.with_name("moved"))
    made.root.rename(moved.root)
    finding = stamp.examine(moved, stamp.new_stamp(moved, [moved.requirements]))
    assert finding.remedy is Remedy.REMAKE
    assert "moved or copied" in finding.sentence


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_workshop_reached_through_a_link_is_not_taken_for_moved(made: Place) -> None:
    link = made.root.with_name("link")
    link.symlink_to(made.root, target_is_directory=True)
    assert stamp.examine(Place(link), stamp.new_stamp(Place(link), [made.requirements])).remedy is Remedy.NOTHING


def test_another_version_of_python_gets_a_new_environment(made: Place, want: Stamp) -> None:
    change(made, python="3.9")
    finding = stamp.examine(made, want)
    assert finding.remedy is Remedy.REMAKE
    assert "another version of Python" in finding.sentence


@pytest.mark.skipif(os.name == "nt", reason="a .venv holds a program there, not a link")
def test_a_python_that_was_removed_or_upgraded_is_noticed(made: Place, want: Stamp) -> None:
    made.python.unlink()
    made.python.symlink_to("/nowhere/python")
    finding = stamp.examine(made, want)
    assert finding.remedy is Remedy.REMAKE
    assert "does not run any more" in finding.sentence


def test_a_python_that_is_not_a_virtual_environments_is_noticed(made: Place, want: Stamp) -> None:
    (made.venv / "pyvenv.cfg").unlink()
    assert stamp.examine(made, want).remedy is Remedy.REMAKE


def test_a_new_lock_is_installed_into_the_environment_that_is_there(made: Place) -> None:
    made.requirements.write_text("boto3==2\n", "utf-8")
    finding = stamp.examine(made, stamp.new_stamp(made, [made.requirements]))
    assert finding.remedy is Remedy.INSTALL
    assert "has changed" in finding.sentence


def test_a_new_version_of_the_project_is_installed(made: Place, want: Stamp) -> None:
    assert stamp.examine(made, replace(want, project="2.0")).remedy is Remedy.INSTALL


def test_windows_line_ends_do_not_change_the_lock(made: Place) -> None:
    made.requirements.write_bytes(made.requirements.read_bytes().replace(b"\n", b"\r\n"))
    assert stamp.examine(made, stamp.new_stamp(made, [made.requirements])).remedy is Remedy.NOTHING


def test_a_package_that_was_removed_is_put_back(made: Place, want: Stamp) -> None:
    (made.site_packages() / "boto3-1.dist-info").rmdir()
    finding = stamp.examine(made, want)
    assert finding.remedy is Remedy.INSTALL
    assert "missing or were changed" in finding.sentence


def test_a_package_that_the_person_added_is_left_alone(made: Place, want: Stamp) -> None:
    (made.site_packages() / "torch-9.dist-info").mkdir()
    assert stamp.examine(made, want).remedy is Remedy.NOTHING


def test_the_test_tools_are_added_once_and_start_is_content_with_them(made: Place, want: Stamp) -> None:
    both = stamp.new_stamp(made, [made.requirements, made.test_requirements])
    assert stamp.examine(made, both).sentence.startswith("Adding the test tools")
    stamp.write(made, both)
    assert stamp.examine(made, both).remedy is Remedy.NOTHING
    assert stamp.examine(made, want).remedy is Remedy.NOTHING
