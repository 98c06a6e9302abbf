"""However large or odd a request is, its answer stays short, counts all that is wrong, and names where it is."""

import base64
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from helpers.schemas.checking import MAX_UNKNOWN, checked_body
from helpers.schemas.sdxl import SDXLRequest
from helpers.studio.replies import MAX_MESSAGE, BedrockError
from helpers.studio.service import json_body

SDXL = "stability.stable-diffusion-xl-v1"
CORE = "stability.stable-image-core-v1:1"
LONGEST = 12_000  # characters of a message: twenty violations, each with a pointer and a value that are cut
TEXTS = b'{"text_prompts":[{"text":"a"}],'


def refused(wire: Any, bedrock: Any, body: Any, model: str = SDXL, **more: Any) -> str:
    with pytest.raises(ClientError) as caught:
        wire.invoke(bedrock, body, model, **more)
    answer = caught.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == ("ValidationException", 400)
    message = str(answer["Error"]["Message"])
    assert len(message) < LONGEST
    return message


def listed(piece: bytes, count: int) -> bytes:
    return b"[" + b",".join([piece] * count) + b"]"


def keys(count: int, digits: int = 7) -> bytes:
    return b",".join(b'"%0*d":1' % (digits, number) for number in range(count))


def test_a_million_prompts_are_one_violation(wire: Any, bedrock: Any) -> None:
    message = refused(wire, bedrock, b'{"text_prompts":' + listed(b"1", 1_000_000) + b"}")
    assert message == (
        "Malformed input request: #/text_prompts: expected maximum item count: 100, found: 1000000, please reformat your "
        "input and try again."
    )


def test_the_schema_looks_into_no_more_prompts_than_it_takes() -> None:
    held = checked_body(SDXLRequest, {"text_prompts": [1] * 1_000_000})
    assert ([one["type"] for one in held.errors], held.more) == (["too_long"], 0)


@pytest.mark.parametrize("count", [21, 57, 100_000])
@pytest.mark.parametrize("place", ["body", "prompt"])
def test_unknown_names_are_all_counted_and_the_first_are_named(wire: Any, bedrock: Any, count: int, place: str) -> None:
    inside = b'{"text_prompts":[{"text":"a",' + keys(count) + b"}]}"
    message = refused(wire, bedrock, TEXTS + keys(count) + b"}" if place == "body" else inside)
    assert message.startswith(f"Malformed input request: {count} schema violations found: ")
    assert message.count("extraneous key [") == 20
    assert "extraneous key [0000019] is not permitted; and " in message
    assert f"; and {count - 20} more, please reformat" in message


def test_long_names_that_begin_alike_are_counted_each(wire: Any, bedrock: Any) -> None:
    message = refused(wire, bedrock, TEXTS + keys(57, digits=10_000) + b"}")
    assert message.startswith("Malformed input request: 57 schema violations found: #: extraneous key [000")


def test_twenty_violations_are_listed_whole(wire: Any, bedrock: Any) -> None:
    message = refused(wire, bedrock, TEXTS + keys(20) + b"}")
    assert message.startswith("Malformed input request: 20 schema violations found: ")
    assert "more" not in message


def test_the_errors_of_a_body_are_few_whatever_its_size() -> None:
    prompts = [{"text": 1, **dict.fromkeys(map(str, range(1000)), 1)}] * 100
    held = checked_body(SDXLRequest, {"text_prompts": prompts, **dict.fromkeys(map(str, range(1000)), 1)})
    assert len(held.errors) == 101 * MAX_UNKNOWN + 100
    assert held.more == 101 * (1000 - MAX_UNKNOWN)


@pytest.mark.parametrize(
    ("body", "begins"),
    [
        (TEXTS + b'"' + b"k" * 10_000_000 + b'":1}', "#: extraneous key [kkk"),
        (TEXTS + b'"sampler":"' + b"k" * 10_000_000 + b'"}', "#/sampler: kkk"),
        (TEXTS + b'"sampler":' + listed(b"1", 1_000_000) + b"}", "#/sampler: JSONArray is not a valid enum value"),
        (TEXTS + b'"sampler":' + b"[" * 900 + b"]" * 900 + b"}", "#/sampler: JSONArray is not a valid enum value"),
        (TEXTS + b'"mask_source":{"a":' + b"[" * 900 + b"]" * 900 + b"}}", "2 schema violations found: #/mask_source"),
        (TEXTS + b'"width":' + b"6" * 300 + b"}", "#/width: Height and width must be"),
        (TEXTS + b'"init_image":"' + b"!" * 10_000_000 + b'"}', "#/init_image: must be a file in base64"),
        (TEXTS + b'"extras":{"a":{"b":"\\ud800"}}}', "#/extras: must be a JSON object"),
        (TEXTS + b'"extras":{"a":' + listed(b'"\\ud800"', 1_000_000) + b"}}", "#/extras: must be a JSON object"),
        (
            b'{"text_prompts":[{"text":' + b"[" * 900 + b"]" * 900 + b"}]}",
            "#/text_prompts/0/text: expected type: String",
        ),
        (
            b'{"text_prompts":[{"text":"' + b"a" * 10_000_000 + b'"}]}',
            "#/text_prompts/0/text: expected maxLength: 2000",
        ),
    ],
    ids=[
        "name",
        "choice",
        "list",
        "deep list",
        "deep object",
        "number",
        "image",
        "half a character",
        "extras",
        "deep text",
        "text",
    ],
)
def test_what_is_long_or_deep_is_cut_and_its_pointer_is_clean(
    wire: Any, bedrock: Any, body: bytes, begins: str
) -> None:
    message = refused(wire, bedrock, body)
    assert message.startswith(f"Malformed input request: {begins}")
    assert len(message) < 600
    assert not re.search(r"/(dict|list|str|int|float|json-or-python)\b", message)


def test_extras_that_are_deep_are_taken(wire: Any, bedrock: Any) -> None:
    deep: dict[str, Any] = {}
    for _ in range(200):
        deep = {"a": deep}
    assert wire.invoke(bedrock, wire.beach(extras=deep)).body["result"] == "success"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"text_prompts":' + listed(b"{}", 300_000) + b"}", "at most 250000 names, lists and objects, found: 300003"),
        (TEXTS + keys(300_000) + b"}", "at most 250000 names, lists and objects, found: 300005"),
        (b'{"text_prompts":' + listed(b"1", 2_000_000) + b"}", "at most 1500000 values, found: 1999999"),
        (b'{"extras":' + b'{"a":' * 1_000_000, "at most 250000 names, lists and objects, found: 2000002"),
    ],
    ids=["objects", "names", "values", "depth"],
)
def test_a_body_of_too_many_parts_is_refused_before_it_is_read(
    wire: Any, bedrock: Any, monkeypatch: pytest.MonkeyPatch, body: bytes, said: str
) -> None:
    assert said in refused(wire, bedrock, body)
    monkeypatch.setattr("json.loads", lambda *_, **__: pytest.fail("it was read"))
    with pytest.raises(BedrockError, match=said):
        json_body.parsed(body)


def test_a_hundred_of_the_longest_prompts_of_colons_and_commas_are_drawn(wire: Any, bedrock: Any) -> None:
    for letter in (":", ",", "[", "海"):
        body = wire.beach() | {"text_prompts": [{"text": letter * 2000}] * 100}
        assert wire.invoke(bedrock, body).body["result"] == "success"


@pytest.mark.parametrize("number", [b"9" * 400, b"9" * 4000, b"-" + b"9" * 400, b"1e999", b"0." + b"7" * 100_000])
def test_numbers_that_no_float_holds_are_refused_and_long_ones_are_read(wire: Any, bedrock: Any, number: bytes) -> None:
    body = b'{"text_prompts":[{"text":"a"}],"width":320,"height":320,"cfg_scale":' + number + b"}"
    if number.startswith(b"0."):
        assert wire.invoke(bedrock, body).body["result"] == "success"
    elif b"e" in number:
        assert refused(wire, bedrock, body) == "Malformed input request, please reformat your input and try again."
    else:
        said = refused(wire, bedrock, body)
        assert said.startswith(f"Malformed input request: #/cfg_scale: {number[:20].decode()}")
        assert "out of range" in said


def test_a_picture_that_cannot_be_read_is_told_without_python_s_own_names(wire: Any, bedrock: Any) -> None:
    broken = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(100)).decode()
    message = refused(wire, bedrock, {"text_prompts": [{"text": "a"}], "init_image": broken})
    assert "#/init_image: the picture does not decode" in message
    assert "object at 0x" not in message


@pytest.mark.parametrize("header", ["Content-Type", "Accept", "X-Amzn-Bedrock-Trace"])
def test_a_long_header_is_not_repeated_whole(wire: Any, bedrock: Any, header: str) -> None:
    name = {"Content-Type": "contentType", "Accept": "accept", "X-Amzn-Bedrock-Trace": "trace"}[header]
    assert len(refused(wire, bedrock, wire.beach(), **{name: "x/" + "y" * 30_000})) < 400


def test_no_error_is_longer_than_the_longest(wire: Any) -> None:
    error = BedrockError("ModelErrorException", "x" * 10_000_000)
    assert sum(map(len, error.reply().body)) < MAX_MESSAGE + 100


def test_core_names_its_fields_whatever_was_sent(wire: Any, bedrock: Any) -> None:
    message = refused(wire, bedrock, b'{"prompt":"a",' + keys(100_000) + b"}", CORE)
    assert message.startswith('{"detail":"Invalid field in request. Available fields: [')
    assert len(message) < 300


@pytest.mark.parametrize("text", [":" * 260_000, "," * 1_600_000, '\\"[{' * 200_000])
def test_what_stands_in_a_text_is_no_part_of_a_body(wire: Any, bedrock: Any, text: str) -> None:
    assert wire.invoke(bedrock, wire.beach() | {"extras": {"a": text}}).body["result"] == "success"
