"""The engine that a studio draws with, by model: asked over HTTP, so that no sweep reuses another engine's pictures."""

from collections.abc import Mapping
from http import HTTPStatus
from http.client import HTTPException
from typing import Any

from helpers import models
from helpers.calls import own_routes
from helpers.calls.client import Client, signing_credentials
from helpers.calls.own_routes import OwnAnswer
from helpers.studio import ENGINES_ROUTE

TIMEOUT = 150.0  # seconds: a worker may have to start before the studio knows, and has 120 for that
NOT_KNOWN = "not known"  # an engine that its studio could not name
FIRST_EDITION = "painted"  # the engine of pictures whose record names none


def engine_by_model(bedrock: Client) -> dict[str, str]:
    """Return the engine of a studio for each model: "name version" by model id. Makes no picture.

    A studio without this route has the first edition's engine; one that does not answer in time, or names none, has
    engines that are NOT_KNOWN, which no picture is of. Empty where the client is on no studio.
    """
    drawn = [model.id for model in models.all() if model.studio]
    try:
        answer = _ask(bedrock)
    except TimeoutError:
        return dict.fromkeys(drawn, NOT_KNOWN)
    except (AttributeError, HTTPException, OSError, ValueError):
        return {}
    told = answer.content.get("engines") if isinstance(answer.content, dict) else None
    if answer.status == HTTPStatus.OK and isinstance(told, dict):
        return {**dict.fromkeys(drawn, NOT_KNOWN), **told}
    if answer.version is None:
        return {}
    first = answer.status == HTTPStatus.NOT_FOUND
    return dict.fromkeys(drawn, f"{FIRST_EDITION} {answer.version}" if first else NOT_KNOWN)


def own_engine_by_model() -> dict[str, str]:
    """Return `engine_by_model` of a studio that this process would start; empty where only that studio knows."""
    import os

    from helpers.studio.engines import painted
    from helpers.studio.workers.pools import ENGINE_VARIABLE, PAINTED

    if os.environ.get(ENGINE_VARIABLE):  # an engine that only its worker can name
        return {}
    return {model.id: f"{PAINTED} {painted.VERSION}" for model in models.all() if model.studio == PAINTED}


def recorded_engine(record: Mapping[str, Any]) -> str | None:
    """Return the engine in a picture's record, as "name version"; for an older record, the first edition's."""
    if record.get("engine"):
        return str(record["engine"])
    return f"{FIRST_EDITION} {record['studio']}" if record.get("studio") else None


def _ask(bedrock: Client) -> OwnAnswer:
    credentials = signing_credentials(bedrock)
    if credentials is None:
        raise ValueError("nothing to sign with")
    endpoint, region = str(bedrock.meta.endpoint_url), bedrock.meta.region_name
    return own_routes.ask(endpoint, credentials, region, ENGINES_ROUTE, timeout=TIMEOUT)
