"""Kernels that share a studio each have an access key of their own, which their child processes keep."""

import configparser
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from helpers.studio import process
from helpers.studio.environment import client_environment
from helpers.studio.keys import Keys, api_key, client_keys
from helpers.studio.process import Studio

ROOT = Path(__file__).parents[2]
FAKE_ENGINE = f"{Path(__file__).parents[1] / 'studio' / 'fake_engine.py'}:create"
POSIX = pytest.mark.skipif(os.name == "nt", reason="forks and files as Unix has them")

# What each of these kernels does first; `tell` prints what its test asks for as one line of JSON.
PREAMBLE = """
import json, os, subprocess, sys
import boto3, helpers
def tell(**found):
    print(json.dumps(found), flush=True)
def key_of(client):
    return client._request_signer._credentials.access_key
def draws(client):
    body = json.dumps({"text_prompts": [{"text": "a beach"}], "width": 320, "height": 320, "seed": 7})
    return "artifacts" in json.loads(client.invoke_model(modelId="stability.stable-diffusion-xl-v1", body=body)["body"].read())
"""


@pytest.fixture(scope="module")
def room() -> Iterator[Studio]:
    studio = process.start(engine=FAKE_ENGINE)
    yield studio
    studio.stop()


@pytest.fixture
def environment(room: Studio) -> dict[str, str]:
    """The environment of a kernel in the room: what the studio's own command line prints."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "WORKSHOP_"))}
    settings, removed = client_environment(room, kept)
    assert not removed
    return {**kept, **settings, "PYTHONPATH": str(ROOT)}


def ran(code: str, environment: dict[str, str]) -> dict[str, Any]:
    """What a kernel told."""
    done = subprocess.run(
        [sys.executable, "-c", PREAMBLE + code],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_each_kernel_signs_with_a_key_of_its_own(room: Studio, environment: dict[str, str]) -> None:
    code = """
bedrock = helpers.connect()
tell(ours=key_of(bedrock), plain=key_of(boto3.client("bedrock-runtime")), draws=draws(bedrock),
     set=os.environ["AWS_ACCESS_KEY_ID"], secret=os.environ["AWS_SECRET_ACCESS_KEY"], endpoint=bedrock.meta.endpoint_url,
     who=boto3.client("sts").get_caller_identity()["UserId"])
"""
    first, second = ran(code, environment), ran(code, environment)
    assert first["ours"] != second["ours"]
    for told in (first, second):
        assert told["ours"] == told["plain"] == told["set"] == told["who"]
        name, suffix = told["ours"].split("-")
        assert name == room.access_key
        assert client_keys(room.keys, suffix).secret_key == told["secret"]
        assert told["draws"]
        assert told["endpoint"] == room.endpoint


def test_a_kernel_keeps_its_key_when_it_connects_again_and_after_aws(environment: dict[str, str]) -> None:
    told = ran(
        """
keys = [key_of(helpers.connect()), key_of(helpers.connect(region="us-east-1"))]
try:
    helpers.connect("aws")
except helpers.SetupError:
    pass
room = os.environ["AWS_ACCESS_KEY_ID"]
keys.append(key_of(helpers.connect()))
tell(keys=keys, room=room)
""",
        environment,
    )
    assert len(set(told["keys"])) == 1
    assert told["room"] == environment["AWS_ACCESS_KEY_ID"], "the room's own, which was found there"


def test_a_process_that_a_kernel_starts_is_the_same_client(environment: dict[str, str]) -> None:
    child = PREAMBLE + "bedrock = helpers.connect(); tell(key=key_of(bedrock), draws=draws(bedrock))"
    told = ran(
        f"""
key = key_of(helpers.connect())
child = subprocess.run([sys.executable, "-c", {child!r}], capture_output=True, text=True, check=True)
tell(key=key, child=json.loads(child.stdout))
""",
        environment,
    )
    assert told["child"] == {"key": told["key"], "draws": True}


@POSIX
def test_a_fork_keeps_its_parents_key_and_one_from_before_connecting_gets_its_own(environment: dict[str, str]) -> None:
    told = ran(
        """
import multiprocessing
fork = multiprocessing.get_context("fork")
def child(answers):
    answers.put(key_of(helpers.connect()))
def from_a_fork():
    answers = fork.SimpleQueue()
    one = fork.Process(target=child, args=(answers,))
    one.start()
    key = answers.get()
    one.join()
    return key
before = [from_a_fork(), from_a_fork()]
own = key_of(helpers.connect())
tell(before=before, own=own, after=from_a_fork())
""",
        environment,
    )
    assert len({*told["before"], told["own"]}) == 3
    assert told["after"] == told["own"]


PROFILES = """
helpers.connect()
names = boto3.Session().available_profiles
keys = [boto3.Session(profile_name=name).get_credentials().access_key for name in names]
tell(own=os.environ["AWS_ACCESS_KEY_ID"], names=names, keys=keys, file=os.environ["AWS_SHARED_CREDENTIALS_FILE"])
"""


def test_each_kernel_has_its_key_in_a_file_of_profiles_of_its_own(room: Studio, environment: dict[str, str]) -> None:
    shared = environment["AWS_SHARED_CREDENTIALS_FILE"]
    before = Path(shared).read_text("ascii")
    first, second = ran(PROFILES, environment), ran(PROFILES, {**environment, "AWS_PROFILE": "work"})
    assert first["names"] == ["default"]
    assert second["names"] == ["default", "work"]
    assert len({shared, first["file"], second["file"]}) == 3
    for told in (first, second):
        assert set(told["keys"]) == {told["own"]}
        assert os.path.dirname(told["file"]) == room.folder
        if os.name != "nt":
            assert os.stat(told["file"]).st_mode & 0o777 == 0o400
    assert Path(shared).read_text("ascii") == before, "plain clients still find the room's keys"
    profiles = configparser.RawConfigParser()
    profiles.read(first["file"], "ascii")
    assert profiles["default"]["aws_access_key_id"] == first["own"], "the second kernel did not write into it"


def test_profiles_that_the_studio_was_started_with_lead_to_the_kernels_own_key(
    room: Studio, environment: dict[str, str]
) -> None:
    settings, _ = client_environment(room, {"AWS_PROFILE": "at work"})
    told = ran(PROFILES, {**environment, **settings})
    assert "at work" in told["names"]
    assert set(told["keys"]) == {told["own"]}


def test_the_folder_goes_with_the_studio_and_all_files_in_it() -> None:
    studio = process.start(engine=FAKE_ENGINE)
    own = client_keys(studio.keys, "ana")
    for keys in (studio.keys, own):
        here = Studio(studio.endpoint, keys.access_key, keys.secret_key, studio.region, folder=studio.folder)
        assert os.path.exists(client_environment(here, {})[0]["AWS_SHARED_CREDENTIALS_FILE"])
    studio.stop()
    assert not os.path.exists(studio.folder)


def test_the_rooms_key_still_serves_plain_clients(room: Studio, environment: dict[str, str]) -> None:
    told = ran(
        'bedrock = boto3.client("bedrock-runtime"); tell(key=key_of(bedrock), draws=draws(bedrock))', environment
    )
    assert told == {"key": room.access_key, "draws": True}


def test_an_api_key_of_the_room_becomes_one_of_the_kernels_own(room: Studio, environment: dict[str, str]) -> None:
    code = """
helpers.connect()
tell(api_key=os.environ.get("WORKSHOP_STUDIO_API_KEY"), access_key=os.environ["AWS_ACCESS_KEY_ID"],
     secret_key=os.environ["AWS_SECRET_ACCESS_KEY"])
"""
    assert ran(code, environment)["api_key"] is None, "nobody asked for one"
    told = ran(code, {**environment, "WORKSHOP_STUDIO_API_KEY": api_key(room.keys)})
    assert told["api_key"] == api_key(Keys(told["access_key"], told["secret_key"]))


def test_a_studio_of_ones_own_has_one_client_and_so_its_own_key() -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "WORKSHOP_"))}
    told = ran(
        "tell(key=key_of(helpers.connect()))",
        {**kept, "PYTHONPATH": str(ROOT), "WORKSHOP_STUDIO_ENGINE": FAKE_ENGINE},
    )
    assert "-" not in told["key"]


def test_a_kernel_of_a_studio_that_was_started_again_hears_of_the_new_keys(environment: dict[str, str]) -> None:
    code = """
try:
    helpers.connect()
except helpers.SetupError as error:
    tell(what=error.what, why=error.why, fix=error.fix)
"""
    told = ran(code, {**environment, "AWS_SECRET_ACCESS_KEY": "of the studio before"})
    assert "does not know the keys" in told["what"]
    assert "each start makes new keys" in told["why"]
    assert "Put the lines that it printed into this environment" in told["fix"]
