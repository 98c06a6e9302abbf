"""The word list refuses what it names, in both languages, and nothing that people say every day."""

import pytest

from helpers.studio.service.refusals import refusal_of


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("gore", "invalid_prompts"),
        ("A scene of GORE!", "invalid_prompts"),
        ("ｎｓｆｗ", "invalid_prompts"),
        ("画nsfw图", "invalid_prompts"),
        ("血腥的场面", "invalid_prompts"),
        ("nude", "content_filtered"),
        ("(nude:1.3)", "content_filtered"),
        ("裸体画像", "content_filtered"),
        ("nude with gore", "invalid_prompts"),
        ("a studio-error please", "error"),
        ("画室故障", "error"),
    ],
)
def test_listed_words_are_refused(text: str, kind: str) -> None:
    assert refusal_of([text]) == kind


@pytest.mark.parametrize(
    "text",
    [
        "Gregory of Essex, a man of skill, in a denuded valley",
        "gores goreng Gorey categories nsfwx xnsfw",
        "nasi goreng and a prelude in an old etude book",
        "a studio, an error, studio errors",
        "a beach at sunset with a glass of wine, a knife and a fish on the table",
        "一艘宇宙飞船，红色的船，血色残阳，裸麦面包",
        "画室里的故障艺术",
        "porñ gorë",
        "",
    ],
)
def test_everyday_prompts_pass(text: str) -> None:
    assert refusal_of([text]) is None


def test_the_gravest_of_several_prompts_counts() -> None:
    assert refusal_of(["a beach", "studio-error", "nude", "nsfw"]) == "invalid_prompts"
