"""The environment of a studio's clients: the variables that point at a studio, and the studio that they point at."""

import configparser
import os
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from helpers.errors import SetupError
from helpers.language import tr
from helpers.studio.keys import api_key, client_keys, room_and_suffix
from helpers.studio.process import Studio

JOIN_VARIABLE = "WORKSHOP_STUDIO"
"""Environment variable that holds the endpoint of a studio to join instead of starting another."""
API_KEY_VARIABLE = "WORKSHOP_STUDIO_API_KEY"
"""Environment variable for a studio's API key, for clients that cannot sign. It is not AWS's own name for one, because
boto3 sends no API key over plain http: with AWS_BEARER_TOKEN_BEDROCK set, each of its calls of Bedrock would fail."""

_LOOPBACK = "127.0.0.1"
# Where clients look for Bedrock's address: AWS's own SDKs and tools, then what others read instead of these.
_ENDPOINTS = (
    "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
    "AWS_ENDPOINT_URL_BEDROCK",
    "AWS_ENDPOINT_URL",
    "AWS_BEDROCK_RUNTIME_ENDPOINT",  # LiteLLM, and what is built on it
    "ANTHROPIC_BEDROCK_BASE_URL",  # Anthropic's SDK
    "BEDROCK_ENDPOINT_URL",  # AWS's own Bedrock workshops
)
_PROFILES = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
_PROFILES_VARIABLE = "AWS_SHARED_CREDENTIALS_FILE"
_PROFILES_FILE = "credentials"  # a client of a shared studio has a file of its own, with its suffix
# Every other AWS variable goes, known to us or not: it could send a call elsewhere, sign it with something else, or
# refuse a plain-http address. These are matters of taste.
_KEPT = ("AWS_DEFAULT_OUTPUT", "AWS_EXECUTION_ENV", "AWS_MAX_ATTEMPTS", "AWS_PAGER", "AWS_RETRY_MODE")


def joined(environ: Mapping[str, str], suffix: str = "") -> Studio | None:
    """Return the studio that JOIN_VARIABLE in `environ` names; None where it is not set.

    One studio serves a room like this: the hub starts `python -m helpers.studio --port P` and puts the lines that it
    prints into the environment of every kernel. The keys among them are the room's. Each kernel that connects makes a
    pair of its own from them, with a `suffix` that no other has (`keys.client_keys`), so that the studio can tell the
    kernels apart. Keys that a kernel has made are kept as they are: the processes that it starts are the same client.
    Without a suffix the room's keys are kept too.

    `python -m helpers.studio -- command` sets JOIN_VARIABLE for its command. Raises SetupError where the studio's keys
    or Region are not set with it.
    """
    endpoint = environ.get(JOIN_VARIABLE)
    if not endpoint:
        return None
    try:
        found = Studio(
            endpoint,
            environ["AWS_ACCESS_KEY_ID"],
            environ["AWS_SECRET_ACCESS_KEY"],
            environ["AWS_DEFAULT_REGION"],
        )
    except KeyError as missing:
        raise SetupError(
            tr(
                "{variable} names a studio at {endpoint}, and {missing} is not set.",
                variable=JOIN_VARIABLE,
                endpoint=endpoint,
                missing=missing.args[0],
            ),
            tr("Both come from the studio together."),
            tr("Set every line that `python -m helpers.studio` prints, or unset {variable}.", variable=JOIN_VARIABLE),
        ) from None
    file = environ.get(_PROFILES_VARIABLE, "")
    own = client_keys(found.keys, suffix) if suffix else found.keys
    return replace(
        found,
        access_key=own.access_key,
        secret_key=own.secret_key,
        folder=os.path.dirname(file) if _profiles_in(file, found.access_key) else "",
    )


def client_environment(
    studio: Studio, base: Mapping[str, str], *, with_api_key: bool = False
) -> tuple[dict[str, str], list[str]]:
    """Return the variables to set for a client in addition to `base`, and the names of those in `base` to remove.

    With both changes a plain `boto3.client("bedrock-runtime")` reaches the studio, and nothing reaches AWS: calls to
    every other service go to the studio too, which refuses them, and this machine's own profiles, with real keys and
    perhaps other endpoints, are not read. Instead, a file in the studio's folder gives the keys of `studio` to
    `[default]` and to the profile that `base` names, for code that asks for a profile by name. `with_api_key` adds
    API_KEY_VARIABLE.
    """
    settings = {
        **dict.fromkeys(_ENDPOINTS, studio.endpoint),
        "AWS_ACCESS_KEY_ID": studio.access_key,
        "AWS_SECRET_ACCESS_KEY": studio.secret_key,
        "AWS_DEFAULT_REGION": studio.region,
        "AWS_REGION": studio.region,
        "AWS_CONFIG_FILE": os.devnull,
        _PROFILES_VARIABLE: _profiles_file(studio, base),
        "AWS_EC2_METADATA_DISABLED": "true",
        JOIN_VARIABLE: studio.endpoint,
        **({API_KEY_VARIABLE: api_key(studio.keys)} if with_api_key else {}),
    }
    hosts = [_LOOPBACK, urlsplit(studio.endpoint).hostname or _LOOPBACK]
    # Where both spellings are set, clients read the lower-case one.
    for name in ("NO_PROXY", *(["no_proxy"] if "no_proxy" in base and os.name != "nt" else [])):
        settings[name] = _with_hosts(base.get(name, ""), hosts)
    in_the_way = [name for name in base if name.startswith("AWS_") and name not in settings and name not in _KEPT]
    return settings, in_the_way


def _profiles_file(studio: Studio, base: Mapping[str, str]) -> str:
    """Write the keys of `studio` into a credentials file, for `[default]`, the profiles that `base` names or holds in
    a file of this studio's folder, and those already in the file.

    Returns the file's path, or os.devnull where there can be no such file.
    """
    if not studio.folder:
        return os.devnull
    room, suffix = room_and_suffix(studio.access_key)
    path = os.path.join(studio.folder, f"{_PROFILES_FILE}-{suffix}" if suffix else _PROFILES_FILE)
    present = _profiles_in(path, studio.access_key)
    named = [base[name] for name in _PROFILES if base.get(name)]
    if os.path.dirname(base.get(_PROFILES_VARIABLE, "")) == studio.folder:
        named += _profiles_in(base[_PROFILES_VARIABLE], room)  # the room's file, where this is a client's first
    # Names that can be a heading of the file in every encoding in which botocore may read it: it uses the locale's.
    needed = ["default", *(name for name in named if name.isascii() and name.isprintable() and "]" not in name)]
    if set(needed) <= set(present):
        return path
    if os.path.exists(path) and not present:  # somebody's own keys, put there with the AWS CLI
        return os.devnull
    keys = {"aws_access_key_id": studio.access_key, "aws_secret_access_key": studio.secret_key}
    profiles = configparser.RawConfigParser(default_section="")
    profiles.read_dict(dict.fromkeys([*present, *needed], keys))
    try:
        with tempfile.NamedTemporaryFile("w", dir=studio.folder, encoding="ascii", delete=False) as file:
            profiles.write(file)
        if present:
            os.chmod(path, stat.S_IRUSR | stat.S_IWUSR)  # Windows replaces no file that is read-only
        os.replace(file.name, path)
        os.chmod(path, stat.S_IRUSR)  # `aws configure` must not write real keys into it
    except OSError:  # the folder is gone or full, or on Windows the file is being read
        return path if present else os.devnull
    return path


def _profiles_in(path: str, access_key: str) -> list[str]:
    """Return the profiles in a credentials file; empty where it is missing or has other keys than this access key's."""
    profiles = configparser.RawConfigParser(default_section="")
    try:
        profiles.read([path] if path else [], "ascii")
        keys = {profiles[name].get("aws_access_key_id") for name in profiles.sections()}
    except (configparser.Error, UnicodeDecodeError):
        return []
    return profiles.sections() if keys == {access_key} else []


def _with_hosts(listed: str, hosts: list[str]) -> str:
    if listed.strip() == "*":  # every host already; in a list the star would mean nothing
        return listed
    known = [host.strip() for host in listed.split(",") if host.strip()]
    return ",".join(dict.fromkeys([*known, *hosts]))
