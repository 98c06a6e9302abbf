"""The error tree: every failure says what happened, why, and the fix, and survives being copied and pickled."""

import pickle
from datetime import date

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
