"""With WORKSHOP_STRICT_LIFECYCLE=1 a retired model answers as on AWS, from its last day on."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from botocore.exceptions import ClientError

from helpers.studio.process import Studio
from helpers.studio.replies import BedrockError
from helpers.studio.service import Service, catalogue
from helpers.studio.workers.pool import EngineAnswer, Waiter

SDXL, SDXL_08 = "stability.stable-diffusion-xl-v1", "stability.stable-diffusion-xl"
CORE = "stability.stable-image-core-v1:1"
ENDED = "This model version has reached the end of its life. Please refer to the AWS documentation for more details."
BODY = json.dumps({"text_prompts": [{"text": "a beach"}], "seed": 7}).encode()


def service(day: date, *, strict: bool) -> Service:
    return Service(lambda *_: EngineAnswer(b"", (), 1.0, "fake 1"), lambda: day, strict_lifecycle=strict)


def told(day: date, model: str, *, strict: bool) -> str:
    try:
        service(day, strict=strict).invoke(model, BODY, "us-west-2", Waiter())
    except BedrockError as error:
        return f"{error.status} {error.code}: {error.message}"
    return "drawn"


@pytest.mark.parametrize(
    ("model", "last"), [(SDXL, date(2025, 5, 19)), (f"{SDXL}:0", date(2025, 5, 19)), (SDXL_08, date(2024, 4, 29))]
)
def test_a_model_is_drawn_for_until_its_last_day(model: str, last: date) -> None:
    after = last.replace(day=last.day + 1)
    assert told(last, model, strict=True) == "drawn"
    assert told(after, model, strict=True) == f"404 ResourceNotFoundException: {ENDED}"
    assert told(after, model, strict=False) == "drawn"


def test_the_list_and_the_details_leave_it_out_from_that_day_on() -> None:
    def listed(day: date) -> list[str]:
        found = catalogue.summaries("us-west-2", {}, service(day, strict=True).lifecycle())
        return [one["modelId"] for one in found["modelSummaries"]][:2]

    assert listed(date(2024, 4, 29)) == [SDXL, SDXL_08]
    assert listed(date(2024, 4, 30)) == [SDXL, CORE]
    assert listed(date(2025, 5, 20))[0] == CORE
    with pytest.raises(BedrockError, match="end of its life"):
        catalogue.details(SDXL, "us-west-2", service(date(2025, 5, 20), strict=True).lifecycle())


@pytest.mark.parametrize(("value", "strict"), [("1", True), ("0", False), ("", False)])
def test_the_variable_is_1_or_0(value: str, strict: bool) -> None:
    assert catalogue.strict_from({"WORKSHOP_STRICT_LIFECYCLE": value}) is strict
    assert catalogue.strict_from({}) is False


def test_another_value_is_told() -> None:
    with pytest.raises(ValueError, match="WORKSHOP_STRICT_LIFECYCLE is 'yes', and must be 1, 0 or unset"):
        catalogue.strict_from({"WORKSHOP_STRICT_LIFECYCLE": "yes"})


@pytest.fixture(scope="module", params=["1", "yes"])
def strict(request: Any, wire: Any) -> Iterator[tuple[str, Studio]]:
    """A studio that was started with the variable set to this value."""
    child = subprocess.Popen(
        [sys.executable, "-m", "helpers.studio", "--handshake"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=wire.clean_environment(WORKSHOP_STRICT_LIFECYCLE=request.param),
        start_new_session=True,
    )
    assert child.stdout is not None
    yield request.param, Studio(**json.loads(child.stdout.readline()), process=child)
    child.communicate(timeout=10)


def test_a_studio_reads_it_when_it_starts(wire: Any, strict: tuple[str, Studio]) -> None:
    value, studio = strict
    bedrock, control = wire.client_of(studio), wire.client_of(studio, "bedrock")
    with pytest.raises(ClientError) as caught:
        wire.invoke(bedrock, BODY, SDXL)
    answer = caught.value.response
    if value == "yes":
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 424
        assert "WORKSHOP_STRICT_LIFECYCLE is 'yes', and must be 1, 0 or unset" in answer["Error"]["Message"]
        return
    assert (answer["Error"]["Code"], answer["Error"]["Message"]) == ("ResourceNotFoundException", ENDED)
    listed = [one["modelId"] for one in control.list_foundation_models()["modelSummaries"]]
    assert CORE in listed
    assert not {SDXL, SDXL_08} & set(listed)
    with pytest.raises(control.exceptions.ResourceNotFoundException, match="end of its life"):
        control.get_foundation_model(modelIdentifier=SDXL)
    assert control.get_foundation_model_availability(modelId=SDXL)["entitlementAvailability"] == "NOT_AVAILABLE"
    assert wire.invoke(bedrock, {"prompt": "a beach"}, CORE).body["finish_reasons"] == [None]
