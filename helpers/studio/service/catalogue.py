"""The models that the studio has, by the workshop's registry, and Bedrock's errors for all others."""

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from helpers import models
from helpers.language import shortened
from helpers.models import Model
from helpers.studio.replies import BedrockError, validation

END_OF_LIFE = (
    "This model version has reached the end of its life. Please refer to the AWS documentation for more details."
)
ACCOUNT = "000000000000"
"""The account that owns the studio; AWS gives nobody this one."""
INVALID_IDENTIFIER = "The provided model identifier is invalid."

_MAX_ID = 2048
_ID_CHARACTERS = re.compile(r"[A-Za-z0-9._:/-]+")
_ARN = re.compile(r"arn:aws[a-z-]*:bedrock:[a-z0-9-]+:[0-9]*:(?:foundation-model|inference-profile)/(.+)")


def offered() -> tuple[Model, ...]:
    """Return the models that the studio draws for."""
    return tuple(model for model in models.all() if model.studio is not None)


def model_to_invoke(model_id: str, region: str, day: date) -> Model:
    """Return the model with this id, alias or ARN. Raises Bedrock's error where it cannot be invoked on this day."""
    _check_form(model_id)
    name = _bare(model_id)
    model = _by_id().get(name)
    if model is None or _elsewhere(model, region):
        raise validation(INVALID_IDENTIFIER)
    if model.studio is None:
        raise _not_offered(model, name, day)
    return model


def summaries(region: str, filters: Mapping[str, str]) -> dict[str, Any]:
    """Return the answer to ListFoundationModels: the studio's models in this Region that pass the query's filters."""
    listed = [_summary(model, region) for model in offered() if not _elsewhere(model, region)]
    return {"modelSummaries": [summary for summary in listed if _passes(summary, filters)]}


def details(model_id: str, region: str, day: date) -> dict[str, Any]:
    """Return the answer to GetFoundationModel. Raises BedrockError for a model that the studio does not have."""
    model = _known(model_id)
    if model.studio is None and model.retired_on(day):
        raise BedrockError("ResourceNotFoundException", END_OF_LIFE)
    if model.studio is None:
        raise BedrockError("ResourceNotFoundException", _what_is_here(model))
    return {"modelDetails": _summary(model, region)}


def availability(model_id: str, region: str) -> dict[str, Any]:
    """Return the answer to GetFoundationModelAvailability; access to the studio's models needs no agreement."""
    model = _known(model_id)
    here = model.studio is not None and not _elsewhere(model, region)
    state = "AVAILABLE" if here else "NOT_AVAILABLE"
    return {
        "modelId": model.id,
        "agreementAvailability": {"status": state},
        "authorizationStatus": "AUTHORIZED" if here else "NOT_AUTHORIZED",
        "entitlementAvailability": state,
        "regionAvailability": state,
    }


def _check_form(model_id: str) -> None:
    if len(model_id) > _MAX_ID:
        constraint = f"have length less than or equal to {_MAX_ID}"
    elif _ID_CHARACTERS.fullmatch(model_id) is None:
        constraint = f"satisfy regular expression pattern: {_documented_pattern()}"
    else:
        return
    raise validation(
        f"1 validation error detected: Value '{shortened(model_id, 100)}' at 'modelId' failed to satisfy constraint: Member must {constraint}"
    )


@cache
def _documented_pattern() -> str:
    from botocore.loaders import Loader

    return str(
        Loader().load_service_model("bedrock-runtime", "service-2")["shapes"]["InvokeModelIdentifier"]["pattern"]
    )


def _bare(model_id: str) -> str:
    match = _ARN.fullmatch(model_id)
    return match[1] if match else model_id


def _elsewhere(model: Model, region: str) -> bool:
    """Return whether the model is not in this Region. One with an end-of-life date (SDXL) is in all of the studio's."""
    return model.eol is None and bool(model.regions) and region not in model.regions


def _not_offered(model: Model, name: str, day: date) -> BedrockError:
    if model.retired_on(day):
        return BedrockError("ResourceNotFoundException", END_OF_LIFE)
    if model.profile is not None and name != model.profile:
        return validation(
            f"Invocation of model ID {name} with on-demand throughput isn\u2019t supported. Retry your request with the "
            "ID or ARN of an inference profile that contains this model."
        )
    return validation(_what_is_here(model))


def _what_is_here(model: Model) -> str:
    names = " and ".join(f"{other.name} ({other.id})" for other in offered())
    return f"{model.name} lives on AWS and not on this offline studio, which has {names}."


def _known(model_id: str) -> Model:
    _check_form(model_id)
    model = _by_id().get(_bare(model_id))
    if model is None:
        raise validation(INVALID_IDENTIFIER)
    return model


@cache
def _by_id() -> dict[str, Model]:
    return {name: model for model in models.all() for name in model.ids}


def _summary(model: Model, region: str) -> dict[str, Any]:
    return {
        "modelArn": f"arn:aws:bedrock:{region}::foundation-model/{model.id}",
        "modelId": model.id,
        "modelName": model.name,
        "providerName": model.provider,
        "inputModalities": ["TEXT", *(["IMAGE"] if model.family and model.family.image_fields else [])],
        "outputModalities": ["IMAGE"],
        "responseStreamingSupported": False,
        "customizationsSupported": [],
        "inferenceTypesSupported": ["ON_DEMAND"],
        "modelLifecycle": {"status": "ACTIVE"},
    }


def _passes(summary: Mapping[str, Any], filters: Mapping[str, str]) -> bool:
    values = {
        "byProvider": [summary["providerName"]],
        "byOutputModality": summary["outputModalities"],
        "byInferenceType": summary["inferenceTypesSupported"],
        "byCustomizationType": summary["customizationsSupported"],
    }
    return all(filters[name].lower() in map(str.lower, values[name]) for name in values if name in filters)
