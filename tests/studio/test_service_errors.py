"""What the studio says of a wrong request, against texts typed from AWS's documentation and from users' reports."""

import base64
import io
import json
import struct
import zlib
from typing import Any

import pytest
from botocore.exceptions import ClientError
from PIL import Image

from helpers import bodies
from helpers.errors import BodyError

SDXL = "stability.stable-diffusion-xl-v1"
CORE = "stability.stable-image-core-v1:1"
END = ", please reformat your input and try again."


def refused(wire: Any, bedrock: Any, body: Any, model: str = SDXL, **more: Any) -> tuple[str, int, str]:
    """The error's class, status and message."""
    with pytest.raises(ClientError) as caught:
        wire.invoke(bedrock, body, model, **more)
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Message"]


def picture(width: int, height: int, mode: str = "RGB", form: str = "PNG") -> str:
    file = io.BytesIO()
    Image.new(mode, (width, height)).save(file, form)
    return base64.b64encode(file.getvalue()).decode()


def without(body: dict[str, Any], *fields: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in fields}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"cfg_scale": 40}, "#/cfg_scale: 40 is not less or equal to 35"),
        ({"cfg_scale": -0.5}, "#/cfg_scale: -0.5 is not greater or equal to 0"),
        ({"cfg_scale": "7"}, "#/cfg_scale: expected type: Number, found: String"),
        ({"steps": 9}, "#/steps: 9 is not greater or equal to 10"),
        ({"steps": 151}, "#/steps: 151 is not less or equal to 150"),
        ({"steps": 30.5}, "#/steps: expected type: Integer, found: BigDecimal"),
        ({"steps": True}, "#/steps: expected type: Integer, found: Boolean"),
        ({"seed": 4294967296}, "#/seed: 4294967296 is not less or equal to 4294967295"),
        ({"samples": 2}, "#/samples: 2 is not less or equal to 1"),
        ({"sampler": "K_EULAR"}, "#/sampler: K_EULAR is not a valid enum value"),
        ({"style_preset": "animé"}, "#/style_preset: animé is not a valid enum value"),
        ({"extras": []}, "#/extras: expected type: JSONObject, found: JSONArray"),
        ({"guidance": 7}, "#: extraneous key [guidance] is not permitted"),
        ({"text_prompts": []}, "#/text_prompts: expected minimum item count: 1, found: 0"),
        ({"text_prompts": "a beach"}, "#/text_prompts: expected type: JSONArray, found: String"),
        ({"text_prompts": [{"weight": 1}]}, "#/text_prompts/0: required key [text] not found"),
        ({"text_prompts": [{"text": "a", "wait": 1}]}, "#/text_prompts/0: extraneous key [wait] is not permitted"),
        ({"text_prompts": [{"text": "a" * 2001}]}, "#/text_prompts/0/text: expected maxLength: 2000, actual: 2001"),
        ({"width": 500}, "#/width: Height and width must be specified in increments of 64, but we received 500"),
        ({"width": 256}, "#/width: 256 is not greater or equal to 320"),
    ],
)
def test_a_wrong_field_is_named_by_its_pointer(wire: Any, bedrock: Any, fields: dict[str, Any], said: str) -> None:
    expected = ("ValidationException", 400, f"Malformed input request: {said}{END}")
    assert refused(wire, bedrock, wire.beach() | fields) == expected


def test_a_body_without_prompts_lacks_a_key(wire: Any, bedrock: Any) -> None:
    _, _, message = refused(wire, bedrock, {"cfg_scale": 7})
    assert message == f"Malformed input request: #: required key [text_prompts] not found{END}"


def test_a_long_value_is_not_repeated_whole(wire: Any, bedrock: Any) -> None:
    message = refused(wire, bedrock, wire.beach(sampler="K" * 100_000))[2]
    assert "#/sampler: KKK" in message
    assert len(message) < 300


def test_every_problem_is_listed_at_once(wire: Any, bedrock: Any) -> None:
    body = wire.beach("a" * 2001, cfg_scale=40, steps=5, init_image=picture(500, 512))
    _, _, message = refused(wire, bedrock, without(body, "width", "height"))
    assert message.startswith("Malformed input request: 4 schema violations found: ")
    for pointer in ("#/text_prompts/0/text:", "#/cfg_scale:", "#/steps:", "#/init_image:"):
        assert pointer in message


def test_two_sides_that_are_legal_alone_may_be_too_much_together(wire: Any, bedrock: Any) -> None:
    _, _, message = refused(wire, bedrock, wire.beach(width=1536, height=1024))
    assert "#/height: " in message
    assert "1,048,576" in message


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe{}", b'{"text_prompts":', b"[" * 100_000, b"1" * 6000],
    ids=["empty", "open", "list", "null", "string", "utf-16", "half", "deep", "long number"],
)
def test_a_body_that_is_no_json_object_is_malformed(wire: Any, bedrock: Any, body: bytes) -> None:
    expected = "Malformed input request, please reformat your input and try again."
    assert refused(wire, bedrock, body) == ("ValidationException", 400, expected)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400"])
def test_numbers_that_json_does_not_have_are_malformed(wire: Any, bedrock: Any, number: str) -> None:
    body = b'{"text_prompts": [{"text": "a", "weight": %s}]}' % number.encode()
    assert refused(wire, bedrock, body)[2] == "Malformed input request, please reformat your input and try again."


def test_half_a_character_in_a_prompt_is_refused_by_name(wire: Any, bedrock: Any) -> None:
    assert "#/text_prompts/0/text:" in refused(wire, bedrock, b'{"text_prompts": [{"text": "a \\ud83c"}]}')[2]


def test_a_body_over_the_limit_has_bedrocks_own_text(wire: Any, bedrock: Any) -> None:
    expected = (
        "1 validation error detected: Value at 'body' failed to satisfy constraint: "
        "Member must have length less than or equal to 25000000"
    )
    assert refused(wire, bedrock, b" " * 25_000_001) == ("ValidationException", 400, expected)


def test_a_body_at_the_limit_is_read(wire: Any, bedrock: Any) -> None:
    body = json.dumps(wire.beach()).encode().ljust(25_000_000)
    assert wire.invoke(bedrock, body).body["result"] == "success"


class TestPictures:
    def test_a_size_that_is_no_multiple_of_64_is_refused(self, wire: Any, bedrock: Any) -> None:
        message = refused(wire, bedrock, {"text_prompts": [{"text": "a"}], "init_image": picture(512, 500)})[2]
        assert "#/init_image: " in message
        assert "64" in message
        assert "512x500" in message

    def test_too_many_pixels_are_refused(self, wire: Any, bedrock: Any) -> None:
        message = refused(wire, bedrock, {"text_prompts": [{"text": "a"}], "init_image": picture(1536, 1536)})[2]
        assert "#/init_image: " in message
        assert "1,048,576" in message

    def test_a_mask_of_another_size_is_refused_in_stabilitys_words(self, wire: Any, bedrock: Any) -> None:
        body = {
            "text_prompts": [{"text": "a"}],
            "init_image": picture(512, 512),
            "mask_source": "MASK_IMAGE_WHITE",
            "mask_image": picture(512, 448, "L"),
        }
        message = refused(wire, bedrock, body)[2]
        assert "#/mask_image: The dimensions of the provided init_image and mask_image do not match" in message
        assert "512x512 and 512x448" in message

    @pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
    @pytest.mark.parametrize("kept", [0.9, 0.4])
    def test_a_truncated_picture_is_refused_by_its_field(self, wire: Any, bedrock: Any, form: str, kept: float) -> None:
        file = io.BytesIO()
        Image.effect_noise((512, 512), 60).convert("RGB").save(file, form)
        cut = file.getvalue()[: int(len(file.getvalue()) * kept)]
        body = {"text_prompts": [{"text": "a"}], "init_image": base64.b64encode(cut).decode()}
        code, status, message = refused(wire, bedrock, body)
        assert (code, status) == ("ValidationException", 400)
        assert message.startswith("Malformed input request: #/init_image: the picture does not decode")

    @pytest.mark.parametrize("text", ["no base64!", base64.b64encode(b"GIF89a").decode(), ""])
    def test_what_is_no_picture_is_refused_by_its_field(self, wire: Any, bedrock: Any, text: str) -> None:
        message = refused(wire, bedrock, {"text_prompts": [{"text": "a"}], "init_image": text})[2]
        assert message.startswith("Malformed input request: #/init_image: ")

    def test_only_the_head_of_a_picture_is_refused(self, wire: Any, bedrock: Any) -> None:
        head = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()
        message = refused(wire, bedrock, {"text_prompts": [{"text": "a"}], "init_image": head})[2]
        assert "#/init_image: the picture does not decode" in message

    @pytest.mark.parametrize("field", ["init_image", "mask_image"])
    def test_a_picture_that_claims_to_be_enormous_is_refused_by_its_field(
        self, wire: Any, bedrock: Any, field: str
    ) -> None:
        file = bytearray(base64.b64decode(picture(512, 512)))
        file[16:24] = struct.pack(">II", 50_000, 50_000)
        file[29:33] = struct.pack(">I", zlib.crc32(file[12:29]))
        body = {"text_prompts": [{"text": "a"}], "mask_source": "MASK_IMAGE_WHITE"}
        body |= {
            "init_image": picture(512, 512),
            "mask_image": picture(512, 512),
            field: base64.b64encode(file).decode(),
        }
        code, status, message = refused(wire, bedrock, body)
        assert (code, status) == ("ValidationException", 400)
        assert message.startswith(f"Malformed input request: #/{field}: the picture does not decode")

    def test_a_photo_is_measured_as_its_pixels_are_stored_and_so_it_is_by_our_own_check(
        self, wire: Any, bedrock: Any
    ) -> None:
        def turned(size: tuple[int, int]) -> dict[str, Any]:
            file, exif = io.BytesIO(), Image.Exif()
            exif[0x0112] = 6  # to be shown turned by a quarter
            Image.new("RGB", size).save(file, "JPEG", exif=exif)
            photo = base64.b64encode(file.getvalue()).decode()
            return {"text_prompts": [{"text": "a"}], "init_image": photo, "seed": 7}

        def masked(body: dict[str, Any]) -> dict[str, Any]:
            return {**body, "mask_source": "MASK_IMAGE_WHITE", "mask_image": picture(512, 448, "L")}

        good = masked(turned((512, 448)))
        bodies.check(good)
        made = Image.open(io.BytesIO(base64.b64decode(wire.invoke(bedrock, good).body["artifacts"][0]["base64"])))
        assert made.size == (512, 448)
        assert bodies.core_body(good)["aspect_ratio"] == "5:4"
        for wrong, field in ((masked(turned((448, 512))), "mask_image"), (turned((500, 512)), "init_image")):
            assert f"#/{field}: " in refused(wire, bedrock, wrong)[2]
            with pytest.raises(BodyError, match=f"{field}.*(512 x 448|500 x 512)"):
                bodies.check(wrong)


class TestStableImageCore:
    def test_an_unknown_field_is_answered_with_the_fields_there_are(self, wire: Any, bedrock: Any) -> None:
        code, status, message = refused(wire, bedrock, {"prompt": "a beach", "style_preset": "anime"}, CORE)
        assert (code, status) == ("ValidationException", 400)
        detail = json.loads(message)["detail"]
        assert detail.startswith("Invalid field in request. Available fields: [")
        for field in ("'prompt'", "'negative_prompt'", "'aspect_ratio'", "'seed'", "'output_format'"):
            assert field in detail

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"prompt": "a" * 10_001}, "#/prompt: expected maxLength: 10000, actual: 10001"),
            ({"aspect_ratio": "7:5"}, "#/aspect_ratio: 7:5 is not a valid enum value"),
            ({"output_format": "webp"}, "#/output_format: webp is not a valid enum value"),
            ({"seed": -1}, "#/seed: -1 is not greater or equal to 0"),
        ],
    )
    def test_a_wrong_field_is_named(self, wire: Any, bedrock: Any, fields: dict[str, Any], said: str) -> None:
        assert (
            refused(wire, bedrock, {"prompt": "a beach"} | fields, CORE)[2] == f"Malformed input request: {said}{END}"
        )


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "image/png"])
def test_another_content_type_is_refused(wire: Any, bedrock: Any, content_type: str) -> None:
    assert content_type in refused(wire, bedrock, wire.beach(), contentType=content_type)[2]


@pytest.mark.parametrize("accept", ["image/png", "text/html"])
def test_another_accept_type_is_refused(wire: Any, bedrock: Any, accept: str) -> None:
    assert accept in refused(wire, bedrock, wire.beach(), accept=accept)[2]


@pytest.mark.parametrize(
    ("content_type", "accept"),
    [
        ("application/json", "application/json"),
        ("application/json; charset=utf-8", "*/*"),
        ("application/json", "text/html;q=0.5, application/json"),
    ],
)
def test_json_by_any_of_its_names_is_taken(wire: Any, bedrock: Any, content_type: str, accept: str) -> None:
    assert wire.invoke(bedrock, wire.beach(), contentType=content_type, accept=accept).body["result"] == "success"


def test_an_engine_that_fails_is_a_model_error_that_is_not_retried(wire: Any, bedrock: Any) -> None:
    code, status, message = refused(wire, bedrock, wire.beach("explode"))
    assert (code, status) == ("ModelErrorException", 424)
    assert "ValueError: the fuse was lit (fake_engine.py, line " in message


def test_errors_carry_a_request_id_and_the_long_error_type(wire: Any, bedrock: Any) -> None:
    with pytest.raises(ClientError) as caught:
        wire.invoke(bedrock, b"{")
    metadata = caught.value.response["ResponseMetadata"]
    assert len(metadata["RequestId"]) == 36
    wanted = "ValidationException:http://internal.amazon.com/coral/com.amazon.bedrock/"
    assert metadata["HTTPHeaders"]["x-amzn-errortype"] == wanted
    assert metadata["HTTPHeaders"]["content-type"] == "application/json"
