"""What a rule may say, in keywords, JSON or a file, and what is told of one that is wrong."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers import models
from helpers.schemas.fields import in_english
from helpers.studio.fault_rules import FaultRule, FaultRuleError, SeenCall, kinds, rule_from, rules_from_file, words
from helpers.studio.known_errors import error_names, known_error

# Names that users type: a contract.
PROMISED = [
    "throttle",
    "not_ready",
    "server_error",
    "unavailable",
    "timeout",
    "model_error",
    "quota_exceeded",
    "access_denied",
    "expired",
    "retired",
    "legacy",
    "filtered_prompt",
    "filtered_output",
    "finish_error",
    "reset",
    "cut",
    "corrupt",
    "wrong_type",
    "no_answer",
]


def wrong(**said: Any) -> FaultRuleError:
    with pytest.raises(FaultRuleError) as caught:
        rule_from(said, in_english)
    return caught.value


def test_the_words_of_the_contract_are_there() -> None:
    assert set(PROMISED) <= set(kinds())
    assert set(words()) - set(kinds()) == {"quota", "slow", "jitter", "share", "model", "seed"}


def test_a_rule_says_what_was_asked_for_and_keeps_the_order() -> None:
    rule = rule_from({"reset": 1, "throttle": True, "slow": 1, "model": "core", "seed": 3, "share": 0.5}, in_english)
    assert rule.kinds == (("reset", 1), ("throttle", None))
    assert (rule.slow, rule.seed, rule.share, rule.model) == (1.0, 3, 0.5, models.get("core"))


def test_its_words_are_json_and_make_the_same_rule_again() -> None:
    said = {"cut": np.int64(2), "no_access": True, "quota": np.int32(5), "jitter": np.float32(0.5), "model": "ultra"}
    rule = rule_from(said, in_english)
    assert rule_from(json.loads(json.dumps(rule.words)), in_english) == rule
    assert list(rule.words)[:2] == ["cut", "no_access"]


def test_false_and_zero_ask_for_no_call() -> None:
    assert rule_from({"throttle": 0, "reset": False}, in_english).kinds == (("throttle", 0), ("reset", 0))


@pytest.mark.parametrize(
    ("said", "field", "words_of_it"),
    [
        ({"throtle": 2}, "throtle", "Did you mean throttle?"),
        ({"Throttle": 2}, "Throttle", "Did you mean throttle?"),
        ({"dragons": 2}, "dragons", "These are known: throttle, "),
        ({"throttle": 0.3}, "throttle", "throttle=True, share=0.3"),
        ({"throttle": -1}, "throttle", "not -1"),
        ({"throttle": "2"}, "throttle", "not '2'"),
        ({"throttle": None}, "throttle", "not None"),
        ({"throttle": 10**9}, "throttle", "1,000,000"),
        ({"quota": 0}, "quota", "from 1"),
        ({"quota": True}, "quota", "not True"),
        ({"slow": -0.1}, "slow", "in seconds"),
        ({"slow": float("nan")}, "slow", "in seconds"),
        ({"slow": 601}, "slow", "to 600"),
        ({"slow": 10**400}, "slow", "in seconds"),
        ({"jitter": "long"}, "jitter", "in seconds"),
        ({"throttle": 1, "share": 30}, "share", "from 0 to 1"),
        ({"throttle": 1, "share": True}, "share", "from 0 to 1"),
        ({"throttle": 1, "seed": 1.5}, "seed", "whole number"),
        ({"throttle": 1, "model": "cor"}, "model", "Did you mean core?"),
        ({"throttle": 1, "model": "a camel"}, "model", "helpers.models.all()"),
        ({"throttle": 1, "model": 7}, "model", "no model named 7"),
        ({}, "", "does nothing"),
        ({"share": 0.5, "seed": 1, "model": "core"}, "", "does nothing"),
        ({"throttle": True, "reset": 1}, "throttle", "reset never acts"),
    ],
)
def test_a_wrong_word_is_named_with_what_to_write(said: dict[str, Any], field: str, words_of_it: str) -> None:
    error = wrong(**said)
    assert error.field == field
    assert words_of_it in error.message


class TestFile:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Any:
        def written(content: str | bytes) -> Path:
            path = tmp_path / "bad day.toml"
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
            return path

        return written

    def test_each_table_is_a_rule_in_the_same_words(self, file: Any) -> None:
        path = file('[[rule]]\nthrottle = 2\nslow = 0.5\n\n[[rule]]\nreset = true\nshare = 0.1\nmodel = "sdxl"\n')
        assert rules_from_file(path, in_english) == (
            FaultRule((("throttle", 2),), slow=0.5),
            FaultRule((("reset", None),), share=0.1, model=models.get("sdxl")),
        )

    def test_tables_have_the_names_that_one_likes(self, file: Any) -> None:
        path = file("slow = 0.1\n\n[monday]\nthrottle = 2\n\n[[later]]\nreset = 1\n\n[[later]]\ncut = 1\n")
        assert rules_from_file(path, in_english) == (
            FaultRule(slow=0.1),
            FaultRule((("throttle", 2),)),
            FaultRule((("reset", 1),)),
            FaultRule((("cut", 1),)),
        )

    def test_a_byte_order_mark_does_not_matter(self, file: Any) -> None:
        assert len(rules_from_file(file(b"\xef\xbb\xbf[[rule]]\ncut = 1\n"), in_english)) == 1

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ("[[rule]]\nthrottle = 2\n[[rule]]\nslow = -1\n", "rule 2: slow is in seconds"),
            ("[[rule]]\nthrotle = 2\n", "rule 1: There is no fault 'throtle'. Did you mean throttle?"),
            ("[[rule]]\nthrottle = \n", "is not TOML"),
            (b"\xff\xfe[", "is not TOML"),
            ("", "holds no rule"),
            ("# nothing\n", "holds no rule"),
            ("rule = [1]\n", "rule 1: There is no fault 'rule'"),
            ("[rule]\nthrottle.a = 2\n", "rule 1: throttle is a number of calls"),
            ("[[rule]]\ncut = 1\n" * 21, "more than 20 rules"),
            ("[[rule]]\nthrottle = 2024-01-01\n", "rule 1: throttle is a number of calls"),
        ],
    )
    def test_a_wrong_one_is_told_by_file_rule_and_word(self, file: Any, content: str | bytes, said: str) -> None:
        with pytest.raises(FaultRuleError) as caught:
            rules_from_file(file(content), in_english)
        assert "bad day.toml" in str(caught.value)
        assert said in str(caught.value)

    def test_one_that_is_not_there_is_told_so(self, tmp_path: Path) -> None:
        with pytest.raises(FaultRuleError, match="cannot be read: No such file"):
            rules_from_file(tmp_path / "nowhere.toml", in_english)


class TestErrors:
    def test_every_recorded_answer_can_be_asked_for_in_its_own_words(self) -> None:
        path = Path(__file__).parents[2] / "data" / "responses" / "errors.json"
        recorded = json.loads(path.read_text("utf-8"))
        places = {
            "model": "stability.stable-image-inpaint-v1:0",
            "resource": "arn:aws:bedrock:us-west-2::foundation-model/stability.stable-image-core-v1:1",
            "field": "modelId", "pattern": "", "signed": "", "earliest": "", "now": "",
        }  # fmt: skip
        made = {name: known_error(name, **places) for name in error_names()}
        said = {(error.code, error.status, error.message) for error in made.values()}
        ours = {"model-not-ready", "model-timeout", "unavailable"}  # there in the workshop's words, here in AWS's
        elsewhere = {
            "filtered-prompt",  # in SDXL's own form: filtered_prompt
            "iam-denied",  # with another account and user
        }
        for name in recorded.keys() - ours - elsewhere:
            assert (recorded[name]["code"], recorded[name]["status"], recorded[name]["message"]) in said, name

    def test_an_unknown_name_is_an_error(self) -> None:
        with pytest.raises(KeyError):
            known_error("dragons")


def test_a_seen_call_reads_as_one_line() -> None:
    call = SeenCall("2026-11-30T12:03:05.120+00:00", "id", "core", 429, "throttle", False, 0.5)
    assert repr(call) == "<SeenCall 12:03:05, core, 429, throttle, not drawn, 0.50 s>"
    lost = SeenCall("2026-11-30T12:03:05.120+00:00", "id", "core", None, None, True, 1.25)
    assert repr(lost) == "<SeenCall 12:03:05, core, no answer, drawn, 1.25 s>"
