"""Every list that Bedrock's clients ask for is true or empty, and profiles come from the registry."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.loaders import Loader
from botocore.session import Session

from helpers import models
from helpers.studio.process import Studio
from helpers.studio.service import catalogue

PROFILES = [model for model in models.all() if model.profile]
INPAINT = next(model for model in PROFILES if "inpaint" in model.roles)


def lists() -> list[tuple[str, str, str]]:
    """(service, operation, path) of every List operation that needs no input."""
    found = []
    for service in ("bedrock", "bedrock-runtime"):
        model = Loader().load_service_model(service, "service-2")
        for name, operation in model["operations"].items():
            if name.startswith("List") and not model["shapes"][operation["input"]["shape"]].get("required"):
                found.append((service, name, operation["http"]["requestUri"]))
    return found


LISTS = lists()


def call(wire: Any, studio: Studio, service: str, operation: str, **arguments: Any) -> Any:
    """One call by the name that the API has for the operation."""
    client = wire.client_of(studio, service, **arguments.pop("client", {}))
    named = {name: method for method, name in client.meta.method_to_api_mapping.items()}
    return getattr(client, named[operation])(**arguments)


@pytest.mark.parametrize(("service", "operation", "path"), LISTS, ids=[name for _, name, _ in LISTS])
def test_each_list_that_needs_no_input_is_answered(
    wire: Any, studio: Studio, service: str, operation: str, path: str
) -> None:
    answer = call(wire, studio, service, operation)
    assert answer.pop("ResponseMetadata")["HTTPStatusCode"] == 200
    output = Session().get_service_model(service).operation_model(operation).output_shape
    keys = [name for name, shape in output.members.items() if shape.type_name == "list"]
    assert list(answer) == keys, "the one list, and no token for more"
    assert answer[keys[0]] == [] or path not in catalogue.EMPTY_LISTS
    assert (path in catalogue.EMPTY_LISTS) == (operation not in ("ListFoundationModels", "ListInferenceProfiles"))


def test_the_table_of_empty_lists_has_no_path_that_bedrock_has_not() -> None:
    assert set(catalogue.EMPTY_LISTS) <= {path for _, _, path in LISTS}


def test_an_empty_list_has_pages_and_filters_too(wire: Any, studio: Studio) -> None:
    pages = wire.client_of(studio, "bedrock").get_paginator("list_custom_models").paginate(nameContains="mine")
    assert [page["modelSummaries"] for page in pages] == [[]]


def test_models_need_no_agreement(wire: Any, studio: Studio) -> None:
    model = "stability.stable-diffusion-xl-v1"
    answer = call(wire, studio, "bedrock", "ListFoundationModelAgreementOffers", modelId=model)
    assert (answer["modelId"], answer["offers"]) == (model, [])


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("ListTagsForResource", {"resourceARN": "arn:aws:bedrock:us-west-2:000000000000:guardrail/a1b2"}),
        ("GetModelInvocationLoggingConfiguration", {}),
        ("GetUseCaseForModelAccess", {}),
    ],
)
def test_other_operations_are_unknown(wire: Any, studio: Studio, operation: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as caught:
        call(wire, studio, "bedrock", operation, **arguments)
    assert caught.value.response["Error"]["Code"] == "UnknownOperationException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


class TestInferenceProfiles:
    def test_they_are_those_of_the_registry_in_the_callers_region(self, wire: Any, studio: Studio) -> None:
        for region in ("us-west-2", "us-east-1", "eu-central-1"):
            answer = call(wire, studio, "bedrock", "ListInferenceProfiles", client={"region": region})
            listed = [one["inferenceProfileId"] for one in answer["inferenceProfileSummaries"]]
            assert listed == [model.profile for model in PROFILES if region in model.regions]

    def test_one_in_full(self, wire: Any, studio: Studio) -> None:
        arn = f"arn:aws:bedrock:us-west-2:000000000000:inference-profile/{INPAINT.profile}"
        for name in (INPAINT.profile, arn):
            answer = call(wire, studio, "bedrock", "GetInferenceProfile", inferenceProfileIdentifier=name)
            answer.pop("ResponseMetadata")
            assert answer == {
                "inferenceProfileName": "US Stable Image Inpaint",
                "description": "Routes requests to Stable Image Inpaint in us-east-1, us-east-2, us-west-2.",
                "inferenceProfileArn": arn,
                "models": [
                    {"modelArn": f"arn:aws:bedrock:{region}::foundation-model/{INPAINT.id}"}
                    for region in ("us-east-1", "us-east-2", "us-west-2")
                ],
                "inferenceProfileId": INPAINT.profile,
                "status": "ACTIVE",
                "type": "SYSTEM_DEFINED",
            }
        listed = call(wire, studio, "bedrock", "ListInferenceProfiles")["inferenceProfileSummaries"]
        assert answer in listed

    @pytest.mark.parametrize("size", [1, 5, 12, 13, 14])
    def test_they_come_page_by_page(self, wire: Any, studio: Studio, size: int) -> None:
        paginator = wire.client_of(studio, "bedrock").get_paginator("list_inference_profiles")
        pages = [
            [one["inferenceProfileId"] for one in page["inferenceProfileSummaries"]]
            for page in paginator.paginate(PaginationConfig={"PageSize": size})
        ]
        assert [name for page in pages for name in page] == [model.profile for model in PROFILES]
        assert all(len(page) == size for page in pages[:-1])
        assert len(pages) == -(-len(PROFILES) // size)

    def test_nobody_has_profiles_of_their_own(self, wire: Any, studio: Studio) -> None:
        answer = call(wire, studio, "bedrock", "ListInferenceProfiles", typeEquals="APPLICATION")
        assert answer["inferenceProfileSummaries"] == []
        answer = call(wire, studio, "bedrock", "ListInferenceProfiles", typeEquals="SYSTEM_DEFINED")
        assert len(answer["inferenceProfileSummaries"]) == len(PROFILES)

    @pytest.mark.parametrize(
        ("name", "region"),
        [
            (INPAINT.id, "us-west-2"),
            (f"eu.{INPAINT.id}", "us-west-2"),
            (INPAINT.profile, "eu-central-1"),
            ("stability.stable-diffusion-xl-v1", "us-west-2"),
        ],
    )
    def test_what_is_none_is_not_found(self, wire: Any, studio: Studio, name: str, region: str) -> None:
        catalogue = wire.client_of(studio, "bedrock", region=region)
        with pytest.raises(catalogue.exceptions.ResourceNotFoundException, match=f"{name} in {region}"):
            catalogue.get_inference_profile(inferenceProfileIdentifier=name)

    @pytest.mark.parametrize(
        ("query", "said"),
        [
            ({"typeEquals": "MINE"}, "Value 'MINE' at 'typeEquals' .* enum value set: .SYSTEM_DEFINED, APPLICATION"),
            ({"nextToken": "x"}, "nextToken is not one of this list"),
            ({"maxResults": 1001}, "Value '1001' at 'maxResults' failed .* between 1 and 1000"),
        ],
    )
    def test_a_wrong_query_is_explained(self, wire: Any, studio: Studio, query: dict[str, Any], said: str) -> None:
        catalogue = wire.client_of(studio, "bedrock")
        with pytest.raises(catalogue.exceptions.ValidationException, match=said):
            catalogue.list_inference_profiles(**query)


class TestFiltersOfFoundationModels:
    @pytest.mark.parametrize("name", ["byOutputModality", "byInferenceType", "byCustomizationType"])
    def test_a_value_that_the_api_does_not_have_is_refused(self, wire: Any, studio: Studio, name: str) -> None:
        client = wire.client_of(studio, "bedrock")
        with pytest.raises(client.exceptions.ValidationException, match=f"Value 'image' at '{name}' failed to satisfy"):
            client.list_foundation_models(**{name: "image"})

    def test_each_value_of_the_api_is_taken(self, wire: Any, studio: Studio) -> None:
        shapes = Loader().load_service_model("bedrock", "service-2")["shapes"]
        client = wire.client_of(studio, "bedrock")
        for name, member in shapes["ListFoundationModelsRequest"]["members"].items():
            for value in shapes[member["shape"]].get("enum", []):
                listed = client.list_foundation_models(**{name: value})["modelSummaries"]
                assert bool(listed) == (value in ("IMAGE", "ON_DEMAND")), value
