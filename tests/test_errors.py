"""The error tree: every failure says what happened, why, and the fix, and survives being copied and pickled."""

import copy
import pickle
from datetime import date
from typing import Any

import pytest

from helpers import errors

CLASSES = [
    found for found in vars(errors).values() if isinstance(found, type) and issubclass(found, errors.WorkshopError)
]


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_an_error_says_three_things_and_survives_pickling(kind: type[errors.WorkshopError]) -> None:
    error = pickle.loads(pickle.dumps(kind("It fell.", "It was loose.", "Tie it.")))
    assert type(error) is kind
    assert str(error) == "It fell. It was loose. Tie it."
    assert (error.what, error.why, error.fix) == ("It fell.", "It was loose.", "Tie it.")


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (errors.BodyError, ValueError),
        (errors.ImageError, ValueError),
        (errors.MaskError, ValueError),
        (errors.PictureExistsError, FileExistsError),
    ],
)
def test_errors_are_caught_by_the_builtin_that_people_know(kind: type[Exception], builtin: type[Exception]) -> None:
    assert issubclass(kind, builtin)


def test_a_retired_model_shows_the_body_that_says_the_same() -> None:
    error = errors.RetiredModelError("Gone.", eol=date(2025, 5, 20), body={"prompt": "海滩"}, model_id="x")
    assert '"prompt": "海滩"' in str(error)
    assert (error.eol, error.body, error.model_id) == (date(2025, 5, 20), {"prompt": "海滩"}, "x")
    assert pickle.loads(pickle.dumps(error)).body == {"prompt": "海滩"}


def test_an_unfinished_picture_keeps_its_details() -> None:
    error = errors.FilteredError("Blurred.", finish_reason="CONTENT_FILTERED", seed=7, status=200, request_id="r")
    assert (error.finish_reason, error.seed, error.image, error.status) == ("CONTENT_FILTERED", 7, None, 200)
    assert isinstance(error, errors.CallError)


def test_a_list_of_problems_has_its_own_lines() -> None:
    error = errors.BodyError("Two are wrong.", "\n- a\n- b\n", "Mend both.")
    assert str(error) == "Two are wrong.\n- a\n- b\nMend both."


CALLS = [kind for kind in CLASSES if issubclass(kind, errors.CallError)]
AGAIN = (pickle.dumps, pickle.loads), (copy.copy, lambda error: error), (copy.deepcopy, lambda error: error)


@pytest.mark.parametrize(("give", "take"), AGAIN, ids=["pickle", "copy", "deepcopy"])
@pytest.mark.parametrize("kind", CALLS, ids=lambda kind: kind.__name__)
def test_what_a_call_s_error_means_survives_being_copied(kind: Any, give: Any, take: Any) -> None:
    as_its_class = take(give(kind("It fell.")))
    assert (as_its_class.retry, as_its_class.scope, as_its_class.billed) == (kind.retry, kind.scope, kind.billed)
    assert (as_its_class.cost, as_its_class.attempts) == (0.0, 1)
    for retry, scope, billed in ((None, "account", None), ("again", "request", True), ("wait", "model", False)):
        error = kind("It fell.", retry=retry, scope=scope, billed=billed, cost=0.04, attempts=3)
        error = take(give(error))
        assert type(error) is kind
        assert (error.retry, error.scope, error.billed) == (retry, scope, billed)
        assert (error.cost, error.attempts) == (0.04, 3)
    assert (kind("It fell.").retry, kind("It fell.").scope) == (kind.retry, kind.scope), "the class is as it was"


def test_a_connection_that_broke_on_the_way_may_be_billed() -> None:
    told = [errors.ConnectionCallError("Broke.", was_sent=sent) for sent in (True, False)]
    assert [(error.billed, error.was_sent) for error in told] == [(None, True), (False, False)]
    assert errors.ConnectionCallError("Broke.", was_sent=True, billed=False).billed is False
    assert pickle.loads(pickle.dumps(told[0])).was_sent


def test_a_filter_s_two_errors_have_one_parent_and_carry_the_same() -> None:
    for kind in (errors.PromptRefusedError, errors.FilteredError):
        error = kind("No.", finish_reason="x", seed=3, body={"prompt": "海滩"}, cost=0.04)
        again = pickle.loads(pickle.dumps(error))
        assert isinstance(again, errors.ContentFilterError)
        assert (again.finish_reason, again.seed, again.image) == ("x", 3, None)
        assert (again.body, again.cost) == ({"prompt": "海滩"}, 0.04)
    assert not issubclass(errors.PromptRefusedError, errors.FilteredError)
