"""What comes back when all is well: pictures, seeds, masks the right way round, words not known, finish reasons."""

import base64
import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest
from PIL import Image

CORE = "stability.stable-image-core-v1:1"
RED = (255, 0, 0)


def opened(text: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(text, validate=True)))


def first_red(text: str) -> int:
    """The red of the upper left pixel."""
    return opened(text).tobytes()[0]


def encoded(image: Image.Image) -> str:
    file = io.BytesIO()
    image.save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


class TestSDXL:
    def test_the_answer_has_the_documented_shape(self, wire: Any, bedrock: Any) -> None:
        answer = wire.invoke(bedrock, wire.beach())
        assert answer.body.keys() == {"result", "artifacts"}
        assert answer.body["result"] == "success"
        (artifact,) = answer.body["artifacts"]
        assert artifact.keys() == {"seed", "base64", "finishReason"}
        assert (artifact["seed"], artifact["finishReason"]) == (7, "SUCCESS")
        assert opened(artifact["base64"]).format == "PNG"
        assert answer.headers["content-type"] == "application/json"
        assert len(answer.headers["x-amzn-requestid"]) == 36
        assert answer.headers["x-studio-version"]
        assert float(answer.headers["x-studio-engine-ms"]) >= 0

    def test_each_field_reaches_the_engine(self, wire: Any, bedrock: Any) -> None:
        body = wire.beach(width=384, height=320, seed=9, steps=41, cfg_scale=12)
        image = opened(wire.invoke(bedrock, body).body["artifacts"][0]["base64"])
        assert (image.size, image.getpixel((0, 0))) == ((384, 320), (9, 41, 12))

    def test_without_a_size_it_is_1024(self, wire: Any, bedrock: Any) -> None:
        answer = wire.invoke(bedrock, {"text_prompts": [{"text": "a beach"}]})
        assert opened(answer.body["artifacts"][0]["base64"]).size == (1024, 1024)

    @pytest.mark.parametrize("fields", [{"seed": 0}, {}])
    def test_no_seed_is_a_random_one_that_is_told_and_used(
        self, wire: Any, bedrock: Any, fields: dict[str, int]
    ) -> None:
        body = {name: value for name, value in wire.beach().items() if name != "seed"} | fields
        artifacts = [wire.invoke(bedrock, body).body["artifacts"][0] for _ in range(4)]
        seeds = [artifact["seed"] for artifact in artifacts]
        assert len(set(seeds)) == 4
        assert all(1 <= seed <= 4294967295 for seed in seeds)
        assert first_red(artifacts[0]["base64"]) == seeds[0] % 256

    def test_the_greatest_seed_is_sent_as_written(self, wire: Any, bedrock: Any) -> None:
        assert wire.invoke(bedrock, wire.beach(seed=4294967295)).body["artifacts"][0]["seed"] == 4294967295

    def test_two_equal_requests_give_equal_bytes(self, wire: Any, bedrock: Any) -> None:
        body = wire.beach("noise")
        first, second = (wire.invoke(bedrock, body).body for _ in range(2))
        assert first == second


def test_thirty_clients_at_once_each_get_their_own_picture(wire: Any, studio: Any, bedrock: Any) -> None:
    def colour(seed: int) -> int:
        answer = wire.invoke(bedrock, wire.beach(seed=seed))
        return first_red(answer.body["artifacts"][0]["base64"])

    with ThreadPoolExecutor(30) as threads:
        assert list(threads.map(colour, range(1, 61))) == list(range(1, 61))


class TestInitImageAndMask:
    @pytest.fixture
    def init(self) -> Image.Image:
        return Image.fromarray(np.random.default_rng(1).integers(0, 255, (320, 384, 3), np.uint8))

    def test_the_picture_has_the_init_images_size_and_pixels(self, wire: Any, bedrock: Any, init: Image.Image) -> None:
        body = {"text_prompts": [{"text": "a"}], "init_image": encoded(init)}
        made = opened(wire.invoke(bedrock, body).body["artifacts"][0]["base64"])
        assert np.array_equal(np.asarray(made), np.asarray(init))

    @pytest.mark.parametrize("mode", ["P", "L", "LA", "RGBA", "CMYK", "1", "WEBP"])
    def test_any_kind_of_init_image_is_taken(self, wire: Any, bedrock: Any, init: Image.Image, mode: str) -> None:
        file = io.BytesIO()
        init.convert("RGB" if mode == "WEBP" else mode).save(file, {"CMYK": "JPEG", "WEBP": "WEBP"}.get(mode, "PNG"))
        body = {"text_prompts": [{"text": "a"}], "init_image": base64.b64encode(file.getvalue()).decode()}
        assert opened(wire.invoke(bedrock, body).body["artifacts"][0]["base64"]).size == (384, 320)

    @pytest.mark.parametrize("source", ["MASK_IMAGE_WHITE", "MASK_IMAGE_BLACK", "INIT_IMAGE_ALPHA"])
    def test_each_form_of_mask_changes_what_it_says(
        self, wire: Any, bedrock: Any, init: Image.Image, source: str
    ) -> None:
        may_change = Image.new("L", init.size, 0)
        may_change.paste(255, (0, 0, 100, 320))
        body = {"text_prompts": [{"text": "a"}], "mask_source": source, "init_image": encoded(init)}
        if source == "MASK_IMAGE_WHITE":
            body["mask_image"] = encoded(may_change)
        elif source == "MASK_IMAGE_BLACK":
            body["mask_image"] = encoded(may_change.point(lambda value: 255 - value))
        else:
            transparent = init.copy()
            transparent.putalpha(may_change.point(lambda value: 255 - value))
            body["init_image"] = encoded(transparent)
        made = opened(wire.invoke(bedrock, body).body["artifacts"][0]["base64"])
        assert made.getpixel((50, 200)) == RED
        assert np.array_equal(np.asarray(made)[:, 100:], np.asarray(init)[:, 100:])

    def test_a_mask_of_sixteen_bits_keeps_its_greys(self, wire: Any, bedrock: Any, init: Image.Image) -> None:
        deep = np.zeros((320, 384), np.uint16)
        deep[:, :200] = 200  # less than one step in 256
        deep[:, 200:] = 65535
        body = {
            "text_prompts": [{"text": "a"}],
            "mask_source": "MASK_IMAGE_WHITE",
            "init_image": encoded(init),
            "mask_image": encoded(Image.fromarray(deep)),
        }
        made = opened(wire.invoke(bedrock, body).body["artifacts"][0]["base64"])
        assert made.getpixel((300, 100)) == RED
        assert np.array_equal(np.asarray(made)[:, :200], np.asarray(init)[:, :200])


class TestStableImageCore:
    def test_the_answer_has_the_documented_shape(self, wire: Any, bedrock: Any) -> None:
        answer = wire.invoke(bedrock, {"prompt": "a beach", "seed": 5}, CORE)
        assert answer.body.keys() == {"seeds", "finish_reasons", "images"}
        assert (answer.body["seeds"], answer.body["finish_reasons"]) == ([5], [None])
        assert opened(answer.body["images"][0]).format == "PNG"

    @pytest.mark.parametrize("ratio", ["16:9", "1:1", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16", "9:21"])
    def test_each_aspect_ratio_is_a_picture_of_about_a_megapixel(self, wire: Any, bedrock: Any, ratio: str) -> None:
        answer = wire.invoke(bedrock, {"prompt": "a beach", "aspect_ratio": ratio}, CORE)
        width, height = opened(answer.body["images"][0]).size
        wanted = int(ratio.split(":")[0]) / int(ratio.split(":")[1])
        assert width % 64 == height % 64 == 0
        assert 0.9e6 < width * height <= 1_048_576
        assert 0.95 < width / height / wanted < 1.05

    def test_it_makes_jpeg_when_asked(self, wire: Any, bedrock: Any) -> None:
        answer = wire.invoke(bedrock, {"prompt": "a beach", "output_format": "jpeg"}, CORE)
        assert opened(answer.body["images"][0]).format == "JPEG"

    def test_a_negative_prompt_is_taken(self, wire: Any, bedrock: Any) -> None:
        body = {"prompt": "a beach", "negative_prompt": "extraordinary clouds"}
        answer = wire.invoke(bedrock, body, CORE)
        assert answer.headers["x-studio-unknown-words"] == "extraordinary"


class TestWordsNotKnown:
    def test_there_is_no_header_when_all_are_known(self, wire: Any, bedrock: Any) -> None:
        assert "x-studio-unknown-words" not in wire.invoke(bedrock, wire.beach("a beach")).headers

    def test_words_come_as_written_percent_encoded_and_joined_by_commas(self, wire: Any, bedrock: Any) -> None:
        header = wire.invoke(bedrock, wire.beach("Shimmering, 一二三四五六七八 hills/valleys"))
        words = header.headers["x-studio-unknown-words"].split(",")
        assert [unquote(word) for word in words] == ["Shimmering,", "一二三四五六七八", "hills/valleys"]
        assert (words[0], words[2]) == ("Shimmering%2C", "hills%2Fvalleys")

    def test_sixty_four_words_arrive(self, wire: Any, bedrock: Any) -> None:
        words = wire.invoke(bedrock, wire.beach("many")).headers["x-studio-unknown-words"].split(",")
        assert [unquote(word) for word in words] == [f"词{number}" for number in range(64)]

    def test_words_too_long_for_a_header_are_left_out_not_the_picture(self, wire: Any, bedrock: Any) -> None:
        prompts = [{"text": f"short-enough {'长' * 1900}{number}"} for number in range(6)]
        answer = wire.invoke(bedrock, wire.beach() | {"text_prompts": prompts})
        assert answer.headers["x-studio-unknown-words"].startswith("short-enough,")
        assert answer.body["result"] == "success"


class TestWhatBecameOfTheWords:
    def test_there_is_no_header_where_the_engine_cannot_tell(self, wire: Any, bedrock: Any) -> None:
        assert "x-studio-words" not in wire.invoke(bedrock, wire.beach("a beach")).headers

    def test_each_word_comes_percent_encoded_with_what_became_of_it(self, wire: Any, bedrock: Any) -> None:
        prompt = "sun=drawn 月亮=not-drawn salt,pepper=not-drawn 叉子=stand-in:盘子,=碗"
        header = wire.invoke(bedrock, wire.beach(prompt)).headers["x-studio-words"]
        assert header.isascii()
        words = [tuple(unquote(part) for part in word.split("=")) for word in header.split(",")]
        assert words == [
            ("sun", "drawn"),
            ("月亮", "not-drawn"),
            ("salt,pepper", "not-drawn"),
            ("叉子", "stand-in:盘子,=碗"),
        ]

    def test_sixty_four_arrive_and_no_more_than_a_header_holds(self, wire: Any, bedrock: Any) -> None:
        prompts = [{"text": f"word{number}=drawn"} for number in range(70)]
        words = wire.invoke(bedrock, wire.beach() | {"text_prompts": prompts}).headers["x-studio-words"].split(",")
        assert words == [f"word{number}=drawn" for number in range(64)]
        prompts = [{"text": f"short=drawn {'长' * 1900}{number}=drawn"} for number in range(6)]
        answer = wire.invoke(bedrock, wire.beach() | {"text_prompts": prompts})
        assert answer.headers["x-studio-words"].startswith("short=drawn,")
        assert answer.body["result"] == "success"


class TestRefusals:
    def test_a_filtered_word_is_refused_in_the_reported_words(self, wire: Any, bedrock: Any) -> None:
        with pytest.raises(bedrock.exceptions.ValidationException) as caught:
            wire.invoke(bedrock, wire.beach("a scene full of gore"))
        assert caught.value.response["Error"]["Message"] == (
            "invalid_prompts\n"
            "sagemaker_inference.errors.BaseInferenceToolkitError: "
            "(400, 'invalid_prompts', 'One or more prompts contains filtered words.')"
        )

    def test_a_filtered_picture_comes_back_blurred(self, wire: Any, bedrock: Any) -> None:
        artifact = wire.invoke(bedrock, wire.beach("noise, nude")).body["artifacts"][0]
        sharp = wire.invoke(bedrock, wire.beach("noise")).body["artifacts"][0]
        assert artifact["finishReason"] == "CONTENT_FILTERED"
        assert artifact["seed"] == 7
        assert np.asarray(opened(artifact["base64"])).std() < np.asarray(opened(sharp["base64"])).std() / 10

    def test_a_failing_model_says_error_and_draws_nothing(self, wire: Any, bedrock: Any) -> None:
        answer = wire.invoke(bedrock, wire.beach("explode, studio-error")).body
        assert answer["artifacts"][0]["finishReason"] == "ERROR"
        assert np.unique(np.asarray(opened(answer["artifacts"][0]["base64"]))).tolist() == [128]

    def test_a_negative_prompt_may_name_what_it_wants_to_avoid(self, wire: Any, bedrock: Any) -> None:
        prompts = [{"text": "a beach"}, {"text": "nude, gore, nsfw", "weight": -1.0}]
        answer = wire.invoke(bedrock, wire.beach() | {"text_prompts": prompts})
        assert answer.body["artifacts"][0]["finishReason"] == "SUCCESS"

    @pytest.mark.parametrize(
        ("prompt", "reason"),
        [
            ("gore", "Filter reason: prompt"),
            ("裸体", "Filter reason: output image"),
            ("画室故障", "Inference error"),
        ],
    )
    def test_core_gives_a_reason_and_no_picture(self, wire: Any, bedrock: Any, prompt: str, reason: str) -> None:
        assert wire.invoke(bedrock, {"prompt": prompt}, CORE).body == {"finish_reasons": [reason]}
