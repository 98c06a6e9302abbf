"""Which engine of a studio would draw, so that no engine's pictures are taken for another's."""

import json
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from helpers import models

ROUTE = "/studio/engines"
SECONDS = 15.0  # a worker may have to start before the studio knows
FIRST_EDITION = "painted"  # the engine of pictures that do not say which one drew them


def engines_at(bedrock: Any) -> dict[str, str]:
    """Return the engine, as "name version", that a studio has for each model, by the model's id. Makes no picture.

    `bedrock`: a client of `helpers.connect()`. A studio that does not know the question is the first edition. Empty where
    nobody answers at all.
    """
    try:
        told, version = _asked(bedrock)
        if "engines" not in told and version:
            return {model.id: f"{FIRST_EDITION} {version}" for model in models.all() if model.studio}
        return {str(model): str(engine) for model, engine in told["engines"].items()}
    except (AttributeError, HTTPException, KeyError, OSError, TypeError, ValueError):
        return {}


def own_engines() -> dict[str, str]:
    """Return what a studio that this process starts would say, as far as that is known before it runs."""
    import os

    from helpers.studio import engine
    from helpers.studio.engines import ENGINE_VARIABLE, PAINTED

    if os.environ.get(ENGINE_VARIABLE):  # an engine that only its worker can name
        return {}
    return {model.id: f"{PAINTED} {engine.VERSION}" for model in models.all() if model.studio == PAINTED}


def engine_of(record: Mapping[str, Any]) -> str | None:
    """Return the engine that drew what a record tells of; of one that does not say, the first edition."""
    if "engine" in record:
        return str(record["engine"])
    return f"{FIRST_EDITION} {record['studio']}" if record.get("studio") else None


def credentials_of(bedrock: Any) -> Any:
    """Return the credentials that a boto3 client signs with; None for what is no such client."""
    return getattr(getattr(bedrock, "_request_signer", None), "_credentials", None)


def _asked(bedrock: Any) -> tuple[Any, str | None]:
    """What is answered, and the studio's version."""
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
        return json.loads(answer.read()), answer.getheader("x-studio-version")
    finally:
        connection.close()
