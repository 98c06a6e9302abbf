"""The models that the studio has, by the workshop's registry, and Bedrock's errors for all others."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import Any

from helpers import models
from helpers.language import shortened
from helpers.models import Model
from helpers.studio.known_errors import known_error
from helpers.studio.replies import BedrockError, validation

STRICT_VARIABLE = "WORKSHOP_STRICT_LIFECYCLE"
ACCOUNT = "000000000000"
"""The account that owns the studio; AWS gives nobody this one."""

# Path of each operation that lists what nobody has on the studio, and the key of the list in its answer.
EMPTY_LISTS: Mapping[str, str] = MappingProxyType(
    {
        "/advanced-prompt-optimization-jobs": "jobSummaries",
        "/async-invoke": "asyncInvokeSummaries",
        "/automated-reasoning-policies": "automatedReasoningPolicySummaries",
        "/custom-models": "modelSummaries",
        "/enforcedGuardrailsConfiguration": "guardrailsConfig",
        "/evaluation-jobs": "jobSummaries",
        "/guardrails": "guardrails",
        "/imported-models": "modelSummaries",
        "/marketplace-model/endpoints": "marketplaceModelEndpoints",
        "/model-copy-jobs": "modelCopyJobSummaries",
        "/model-customization-jobs": "modelCustomizationJobSummaries",
        "/model-customization/custom-model-deployments": "modelDeploymentSummaries",
        "/model-import-jobs": "modelImportJobSummaries",
        "/model-invocation-jobs": "invocationJobSummaries",
        "/prompt-routers": "promptRouterSummaries",
        "/provisioned-model-throughputs": "provisionedModelSummaries",
    }
)

_FILTERS = {
    "byOutputModality": ("TEXT", "IMAGE", "EMBEDDING"),
    "byInferenceType": ("ON_DEMAND", "PROVISIONED", "INFERENCE_PROFILE"),
    "byCustomizationType": ("FINE_TUNING", "CONTINUED_PRE_TRAINING", "DISTILLATION"),
}
_PROFILE_TYPES = ("SYSTEM_DEFINED", "APPLICATION")
_MAX_PAGE = 1000
_MAX_ID = 2048
_ID_CHARACTERS = re.compile(r"[A-Za-z0-9._:/-]+")
_ARN = re.compile(r"arn:aws[a-z-]*:bedrock:[a-z0-9-]+:[0-9]*:(?:foundation-model|inference-profile)/(.+)")


@dataclass(frozen=True)
class Lifecycle:
    """What decides whether a model is served: the day, and whether the studio refuses every retired model, as AWS does."""

    day: date
    strict: bool = False

    def serves(self, model: Model) -> bool:
        """Return whether the studio draws for a model."""
        return model.studio is not None and not (self.strict and model.retired_on(self.day))


def strict_from(environ: Mapping[str, str]) -> bool:
    """Return whether STRICT_VARIABLE asks for a strict lifecycle. Raises ValueError where it is neither 1, 0 nor empty."""
    asked = environ.get(STRICT_VARIABLE, "")
    if asked not in ("", "0", "1"):
        raise ValueError(f"{STRICT_VARIABLE} is {shortened(asked, 100)!r}, and must be 1, 0 or unset")
    return asked == "1"


def offered(lifecycle: Lifecycle | None = None) -> tuple[Model, ...]:
    """Return the models that the studio draws for; without a lifecycle, all that it could draw for."""
    return tuple(model for model in models.all() if model.studio and (lifecycle is None or lifecycle.serves(model)))


def model_to_invoke(model_id: str, region: str, lifecycle: Lifecycle) -> Model:
    """Return the model with this id, alias or ARN. Raises Bedrock's error where it cannot be invoked on this day."""
    _check_form(model_id)
    name = _bare(model_id)
    model = _by_id().get(name)
    if model is None or _elsewhere(model, region):
        raise known_error("unknown_model")
    if not lifecycle.serves(model):
        raise _not_offered(model, name, lifecycle)
    return model


def summaries(region: str, filters: Mapping[str, str], lifecycle: Lifecycle) -> dict[str, Any]:
    """Return the answer to ListFoundationModels: the studio's models in this Region that pass the query's filters.

    Raises BedrockError for a filter's value that the API does not have.
    """
    for name in _FILTERS.keys() & filters:
        if filters[name] not in _FILTERS[name]:
            raise not_one_of(filters[name], name, _FILTERS[name])
    listed = [_summary(model, region) for model in offered(lifecycle) if not _elsewhere(model, region)]
    return {"modelSummaries": [summary for summary in listed if _passes(summary, filters)]}


def details(model_id: str, region: str, lifecycle: Lifecycle) -> dict[str, Any]:
    """Return the answer to GetFoundationModel. Raises BedrockError for a model that the studio does not have."""
    model = _known(model_id)
    if not lifecycle.serves(model):
        if model.retired_on(lifecycle.day):
            raise known_error("retired")
        raise BedrockError("ResourceNotFoundException", _what_is_here(model, lifecycle))
    return {"modelDetails": _summary(model, region)}


def availability(model_id: str, region: str, lifecycle: Lifecycle) -> dict[str, Any]:
    """Return the answer to GetFoundationModelAvailability; access to the studio's models needs no agreement."""
    model = _known(model_id)
    here = lifecycle.serves(model) and not _elsewhere(model, region)
    state = "AVAILABLE" if here else "NOT_AVAILABLE"
    return {
        "modelId": model.id,
        "agreementAvailability": {"status": state},
        "authorizationStatus": "AUTHORIZED" if here else "NOT_AUTHORIZED",
        "entitlementAvailability": state,
        "regionAvailability": state,
    }


def agreement_offers(model_id: str) -> dict[str, Any]:
    """Return the answer to ListFoundationModelAgreementOffers: none, as the studio's models need no agreement."""
    return {"modelId": _known(model_id).id, "offers": []}


def profiles(region: str, day: date, query: Mapping[str, str]) -> dict[str, Any]:
    """Return the answer to ListInferenceProfiles: those of the registry that this Region has on AWS, page by page.

    A model that the studio does not draw for has its profile listed all the same; InvokeModel says what is here.
    """
    kind = query.get("type", "SYSTEM_DEFINED")
    if kind not in _PROFILE_TYPES:
        raise not_one_of(kind, "typeEquals", _PROFILE_TYPES)
    found = [model for model in models.all() if kind == "SYSTEM_DEFINED" and _has_profile(model, region, day)]
    listed = [_profile(model, region) for model in found]
    first, size = _page(query, [one["inferenceProfileId"] for one in listed])
    after = listed[first + size : first + size + 1]
    more = {"nextToken": after[0]["inferenceProfileId"]} if after else {}
    return {"inferenceProfileSummaries": listed[first : first + size], **more}


def profile(profile_id: str, region: str, day: date) -> dict[str, Any]:
    """Return the answer to GetInferenceProfile. Raises BedrockError where this Region has no profile with this id."""
    _check_form(profile_id, "inferenceProfileIdentifier")
    name = _bare(profile_id)
    model = _by_id().get(name)
    if model is None or name != model.profile or not _has_profile(model, region, day):
        told = f"There is no inference profile {shortened(name, 100)} in {region}."
        raise BedrockError("ResourceNotFoundException", told)
    return _profile(model, region)


def not_one_of(value: str, field: str, allowed: Iterable[str]) -> BedrockError:
    """Return the error for a value of the request's `field` that is none of those allowed."""
    return _constraint(value, field, f"satisfy enum value set: [{', '.join(allowed)}]")


def _constraint(value: str, field: str, constraint: str) -> BedrockError:
    return validation(
        f"1 validation error detected: Value '{shortened(value, 100)}' at '{field}' failed to satisfy constraint: Member must {constraint}"
    )


def _page(query: Mapping[str, str], ids: list[str]) -> tuple[int, int]:
    """Return the index of the first of a page and the most that it holds, by the query's nextToken and maxResults."""
    size, token = query.get("maxResults", str(_MAX_PAGE)), query.get("nextToken")
    if re.fullmatch(r"[0-9]{1,4}", size, re.ASCII) is None or not 1 <= int(size) <= _MAX_PAGE:
        raise _constraint(size, "maxResults", f"be between 1 and {_MAX_PAGE}")
    if token is not None and token not in ids:
        raise validation("The nextToken is not one of this list: send the one that came with the page before.")
    return ids.index(token) if token is not None else 0, int(size)


@cache
def documented_pattern() -> str:
    """Return the regular expression that botocore's service model gives for the id of a model."""
    from botocore.loaders import Loader

    return str(
        Loader().load_service_model("bedrock-runtime", "service-2")["shapes"]["InvokeModelIdentifier"]["pattern"]
    )


def _check_form(model_id: str, field: str = "modelId") -> None:
    if len(model_id) > _MAX_ID:
        raise _constraint(model_id, field, f"have length less than or equal to {_MAX_ID}")
    if _ID_CHARACTERS.fullmatch(model_id) is None:
        shown = shortened(model_id, 100)
        raise known_error("bad_model_id", model=shown, field=field, pattern=documented_pattern())


def _bare(model_id: str) -> str:
    match = _ARN.fullmatch(model_id)
    return match[1] if match else model_id


def _elsewhere(model: Model, region: str) -> bool:
    """Return whether the model is not in this Region. One with an end-of-life date (SDXL) is in all of the studio's."""
    return model.eol is None and bool(model.regions) and region not in model.regions


def _not_offered(model: Model, name: str, lifecycle: Lifecycle) -> BedrockError:
    if model.retired_on(lifecycle.day):
        return known_error("retired")
    if model.profile is not None and name != model.profile:
        return known_error("needs_profile", model=name)
    return validation(_what_is_here(model, lifecycle))


def _what_is_here(model: Model, lifecycle: Lifecycle) -> str:
    *most, last = (f"{other.name} ({other.id})" for other in offered(lifecycle))
    names = f"{', '.join(most)} and {last}" if most else last
    return f"{model.name} lives on AWS and not on this offline studio, which has {names}."


def _known(model_id: str) -> Model:
    _check_form(model_id)
    model = _by_id().get(_bare(model_id))
    if model is None:
        raise known_error("unknown_model")
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
        "inferenceTypesSupported": ["INFERENCE_PROFILE" if model.profile else "ON_DEMAND"],
        "modelLifecycle": {"status": "ACTIVE"},
    }


def _has_profile(model: Model, region: str, day: date) -> bool:
    return model.profile is not None and region in model.regions and not model.retired_on(day)


def _profile(model: Model, region: str) -> dict[str, Any]:
    scope = str(model.profile).partition(".")[0].upper()
    return {
        "inferenceProfileName": f"{scope} {model.name}",
        "description": f"Routes requests to {model.name} in {', '.join(model.regions)}.",
        "inferenceProfileArn": f"arn:aws:bedrock:{region}:{ACCOUNT}:inference-profile/{model.profile}",
        "models": [{"modelArn": f"arn:aws:bedrock:{one}::foundation-model/{model.id}"} for one in model.regions],
        "inferenceProfileId": model.profile,
        "status": "ACTIVE",
        "type": "SYSTEM_DEFINED",
    }


def _passes(summary: Mapping[str, Any], filters: Mapping[str, str]) -> bool:
    values = {
        "byProvider": [summary["providerName"]],
        "byOutputModality": summary["outputModalities"],
        "byInferenceType": summary["inferenceTypesSupported"],
        "byCustomizationType": summary["customizationsSupported"],
    }
    return all(filters[name].lower() in map(str.lower, values[name]) for name in values if name in filters)
