"""A body remembers its model, whatever is done to it as a dict; and who has none is never guessed at."""

import copy
import json
import pickle
from collections.abc import Mapping
from typing import Any

import pytest

import helpers
from helpers import models
from helpers.bodies import Body, tasks, translation
from helpers.errors import BodyError, UnknownModelError
from helpers.schemas import FAMILIES
from helpers.studio.service import service

BEACH = helpers.text_to_image("a beach", seed=1)
SDXL, CORE = models.get("sdxl").id, models.get("core").id


def test_a_body_is_a_dict_in_all_but_its_model() -> None:
    plain = dict(BEACH)
    assert isinstance(BEACH, dict)
    assert plain == BEACH
    assert json.dumps(BEACH) == json.dumps(plain)
    assert repr(BEACH) == repr(plain)
    assert (BEACH.model, helpers.core_body(BEACH).model) == (SDXL, CORE)


@pytest.mark.parametrize(
    "kept",
    [
        BEACH | {"seed": 2},
        {"seed": 2} | BEACH | {"seed": 2},
        BEACH.copy() | {"seed": 2},
        copy.copy(BEACH) | {"seed": 2},
        copy.deepcopy(BEACH) | {"seed": 2},
        *(pickle.loads(pickle.dumps(BEACH, protocol)) | {"seed": 2} for protocol in range(pickle.HIGHEST_PROTOCOL + 1)),
        BEACH.replace(seed=2),
    ],
)
def test_every_way_to_copy_it_keeps_the_model(kept: Any) -> None:
    assert isinstance(kept, Body)
    assert kept.model == SDXL
    assert kept == {**BEACH, "seed": 2}
    assert BEACH["seed"] == 1


def test_a_copy_shares_nothing_that_deepcopy_would_not() -> None:
    deep = copy.deepcopy(BEACH)
    deep["text_prompts"][0]["text"] = "a lake"
    assert BEACH["text_prompts"][0]["text"] == "a beach"


def test_or_in_place_keeps_the_model() -> None:
    body = BEACH.copy()
    body |= {"seed": 3}
    assert (body["seed"], body.model) == (3, SDXL)


def test_replace_puts_fields_in_the_schemas_order_and_none_leaves_one_out() -> None:
    changed = BEACH.replace(style_preset="anime", steps=None)
    assert list(changed) == ["text_prompts", "cfg_scale", "seed", "style_preset", "width", "height"]
    assert list(changed.replace(style_preset=None)) == ["text_prompts", "cfg_scale", "seed", "width", "height"]


def test_a_body_is_for_a_model_that_is_known() -> None:
    with pytest.raises(UnknownModelError):
        Body({}, "sdlx")


def test_a_spread_of_an_sdxl_body_still_goes_to_sdxl() -> None:
    assert models.for_body({**BEACH, "seed": 2}).id == SDXL
    assert models.for_body({"text_prompts": [{"text": "a beach"}], "cfg": 7}).id == SDXL


def test_a_body_of_no_known_fields_is_told_which_there_are() -> None:
    with pytest.raises(BodyError, match=r"text_prompts \(SDXL 1.0\) nor prompt \(Stable Image Core"):
        models.for_body({"words": "a beach"})


def test_every_family_has_all_that_builders_translation_and_studio_ask_of_it() -> None:
    tables: dict[str, Mapping[str, object]] = {
        "tasks._FIELDS_OF": tasks._FIELDS_OF,
        "tasks._DEFAULTS": tasks._DEFAULTS,
        "translation._MEANING": translation._MEANING,
        "translation._FIELDS_OF": translation._FIELDS_OF,
        "service.RULES": service.RULES,
    }
    assert {name: set(FAMILIES) ^ set(table) for name, table in tables.items() if set(FAMILIES) ^ set(table)} == {}
