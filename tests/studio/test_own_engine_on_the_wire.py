"""The studio as learners meet it, with its own engine behind the wire."""

import base64
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest
from PIL import Image

from helpers.studio.process import Studio, start
from helpers.studio.workers.pools import ENGINES, PAINTED


@pytest.fixture(scope="module")
def own() -> Iterator[Studio]:
    begun = start(engine=ENGINES[PAINTED])
    yield begun
    begun.stop()


@pytest.fixture(scope="module")
def own_bedrock(wire: Any, own: Studio) -> Any:
    return wire.client_of(own)


def pixels(answer: Any) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(answer.body["artifacts"][0]["base64"]))))


def test_a_prompt_gives_a_picture_of_many_colours(wire: Any, own_bedrock: Any) -> None:
    made = pixels(wire.invoke(own_bedrock, wire.beach("a serene beach at sunset")))
    assert made.shape == (320, 320, 3)
    assert len(np.unique(made.reshape(-1, 3), axis=0)) > 1000


def test_words_it_does_not_know_are_said(wire: Any, own_bedrock: Any) -> None:
    answer = wire.invoke(own_bedrock, wire.beach("a quiche on a beach, 一个乳蛋饼在海滩上"))
    unknown = [unquote(word) for word in answer.headers["x-studio-unknown-words"].split(",")]
    assert unknown[0] == "quiche"
    assert any("乳蛋饼" in word for word in unknown)
    assert not any("beach" in word or "海滩" in word for word in unknown)


def test_what_became_of_each_word_is_said(wire: Any, own_bedrock: Any) -> None:
    prompts = [{"text": "a cat on a beach, 一只狗"}, {"text": "dog", "weight": -1.0}]
    answer = wire.invoke(own_bedrock, wire.beach() | {"text_prompts": prompts})
    words = [unquote(word) for word in answer.headers["x-studio-words"].split(",")]
    assert words == ["cat=drawn", "beach=drawn", "狗=not-drawn"]


def test_the_same_request_gives_the_same_bytes_in_either_worker(wire: Any, own: Studio) -> None:
    body = wire.beach("green tea garden")
    with ThreadPoolExecutor(4) as threads:
        bodies = list(threads.map(lambda _: wire.invoke(wire.client_of(own), body).body, range(4)))
    assert all(one == bodies[0] for one in bodies)


def test_outside_a_hard_mask_not_one_byte_changes(wire: Any, own_bedrock: Any) -> None:
    init = np.random.default_rng(3).integers(0, 256, (320, 320, 3), np.uint8)
    mask = np.zeros((320, 320), np.uint8)
    mask[100:250, 100:250] = 255

    def encoded(image: np.ndarray) -> str:
        file = io.BytesIO()
        Image.fromarray(image).save(file, "PNG")
        return base64.b64encode(file.getvalue()).decode()

    body = {
        "text_prompts": [{"text": "a sheep"}],
        "seed": 5,
        "init_image": encoded(init),
        "mask_source": "MASK_IMAGE_WHITE",
        "mask_image": encoded(mask),
    }
    made = pixels(wire.invoke(own_bedrock, body))
    assert np.array_equal(made[mask == 0], init[mask == 0])
    assert not np.array_equal(made[mask == 255], init[mask == 255])
