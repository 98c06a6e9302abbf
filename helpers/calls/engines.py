"""Which engine of a studio would draw, so that no engine's pictures are taken for another's."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from helpers import models

ROUTE = "/studio/engines"
SECONDS = 150.0  # a worker may have to start before the studio knows, and has 120 for that
NOT_KNOWN = "not known"  # an engine that its studio could not name
FIRST_EDITION = "painted"  # the engine of pictures that do not say which one drew them


def engines_at(bedrock: Any) -> dict[str, str]:
    """Return the engine, as "name version", that a studio has for each model, by the model's id. Makes no picture.

    `bedrock`: a client of `helpers.connect()`. A studio that does not know the question is the first edition; one that
    cannot answer it has engines that are NOT_KNOWN, which no picture is of. Empty for what is no studio.
    """
    drawn = [model.id for model in models.all() if model.studio]
    try:
        status, version, told = _asked(bedrock)
    except TimeoutError:
        return dict.fromkeys(drawn, NOT_KNOWN)
    except (AttributeError, HTTPException, OSError, ValueError):
        return {}
    if status == HTTPStatus.OK and isinstance(told, dict) and isinstance(told.get("engines"), dict):
        return {**dict.fromkeys(drawn, NOT_KNOWN), **told["engines"]}
    if version is None:
        return {}
    return dict.fromkeys(drawn, f"{FIRST_EDITION} {version}" if status == HTTPStatus.NOT_FOUND else NOT_KNOWN)


def own_engines() -> dict[str, str]:
    """Return what a studio that this process starts would say, as far as that is known before it runs."""
    import os

    from helpers.studio.engines import painted
    from helpers.studio.workers.engines import ENGINE_VARIABLE, PAINTED

    if os.environ.get(ENGINE_VARIABLE):  # an engine that only its worker can name
        return {}
    return {model.id: f"{PAINTED} {painted.VERSION}" for model in models.all() if model.studio == PAINTED}


def engine_of(record: Mapping[str, Any]) -> str | None:
    """Return the engine that drew what a record tells of; of one that does not say, the first edition."""
    if record.get("engine"):
        return str(record["engine"])
    return f"{FIRST_EDITION} {record['studio']}" if record.get("studio") else None


def credentials_of(bedrock: Any) -> Any:
    """Return the credentials that a boto3 client signs with; None for what is no such client."""
    return getattr(getattr(bedrock, "_request_signer", None), "_credentials", None)


def _asked(bedrock: Any) -> tuple[int, str | None, Any]:
    """Status, the studio's version if it is one, and what is answered."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest

    endpoint, credentials = str(bedrock.meta.endpoint_url), credentials_of(bedrock)
    if credentials is None:
        raise ValueError("nothing to sign with")
    request = AWSRequest("GET", f"{endpoint}{ROUTE}")
    SigV4Auth(credentials, "bedrock", bedrock.meta.region_name).add_auth(request)
    place = urlsplit(endpoint)
    connection = HTTPConnection(place.hostname or "", place.port, timeout=SECONDS)
    try:
        connection.request("GET", ROUTE, headers=dict(request.headers.items()))
        answer = connection.getresponse()
        return answer.status, answer.getheader("x-studio-version"), json.loads(answer.read())
    finally:
        connection.close()
