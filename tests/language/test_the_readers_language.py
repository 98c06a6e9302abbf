"""Which language the reader gets, and that no translation can break a message."""

import gettext
import locale
import os
from collections.abc import Iterator

import pytest

from helpers.language import translations


class Known(gettext.NullTranslations):
    """A catalogue of a few texts, as gettext reads one."""

    def __init__(self, texts: dict[str, str]) -> None:
        super().__init__()
        self._catalog = texts

    def gettext(self, message: str) -> str:
        return self._catalog.get(message, message)


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("WORKSHOP_LANG", "JPY_SESSION_NAME", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(locale, "getlocale", lambda: (None, None))
    monkeypatch.setattr(translations, "_english_alone", False)
    yield
    translations._templates.cache_clear()


@pytest.fixture
def chinese(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A catalogue to fill; the reader's language is Chinese."""
    texts: dict[str, str] = {}
    monkeypatch.setenv("WORKSHOP_LANG", "zh")
    monkeypatch.setattr(translations, "_translations", lambda domain, spoken: Known(texts))
    translations._templates.cache_clear()
    return texts


@pytest.mark.parametrize("asked", ["zh", "zh-CN", "zh_CN", "ZH-cn", " zh_cn "])
def test_the_variable_asks_for_chinese_in_any_case(monkeypatch: pytest.MonkeyPatch, asked: str) -> None:
    monkeypatch.setenv("WORKSHOP_LANG", asked)
    assert translations.language() == "zh_CN"


@pytest.mark.parametrize("asked", ["en", "EN", "fr", "zhuang", "x"])
def test_anything_else_in_the_variable_is_english_whatever_the_system_speaks(
    monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    monkeypatch.setenv("WORKSHOP_LANG", asked)
    assert translations.language() == "en"


@pytest.mark.parametrize(
    ("notebook", "spoken"),
    [
        ("/home/x/notebooks/zh-CN/00_setup.ipynb", "zh_CN"),
        (r"C:\workshop\notebooks\zh-CN\00_setup.ipynb", "zh_CN"),
        ("/home/x/notebooks/00_setup.ipynb", "en"),
        ("/home/zh-CN-notes/00_setup.ipynb", "en"),
    ],
)
def test_the_notebook_that_runs_goes_before_the_system(
    monkeypatch: pytest.MonkeyPatch, notebook: str, spoken: str
) -> None:
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    monkeypatch.setenv("JPY_SESSION_NAME", notebook)
    assert translations.language() == spoken


@pytest.mark.parametrize(
    ("variables", "spoken"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh_CN"),
        ({"LANG": "zh_TW.UTF-8"}, "zh_CN"),
        ({"LANG": "zh_HK"}, "zh_CN"),
        ({"LC_MESSAGES": "zh_CN.GB18030", "LANG": "en_US.UTF-8"}, "zh_CN"),
        ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({}, "en"),
    ],
)
def test_else_the_systems_own_variables_decide_in_their_order(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], spoken: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert translations.language() == spoken


@pytest.mark.parametrize("name", ["zh_CN", "Chinese (Simplified)_China", "Chinese_Taiwan"])
def test_a_system_without_these_variables_is_asked_for_its_locale(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(locale, "getlocale", lambda: (name, "UTF-8"))
    assert translations.language() == "zh_CN"


def test_a_console_without_chinese_characters_is_spoken_to_in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSHOP_LANG", "zh")
    with open(os.devnull, "w", encoding="gb18030") as able, open(os.devnull, "w", encoding="cp1252") as unable:
        translations.use_english_where_needed(able)
        assert translations.language() == "zh_CN"
        translations.use_english_where_needed(able, unable)
        assert translations.language() == "en"


def test_a_message_is_translated_and_its_places_filled(chinese: dict[str, str]) -> None:
    chinese["{count:,} pixels of {name!r}"] = "{name!r} 的 {count:,} 个像素"
    assert translations.tr("{count:,} pixels of {name!r}", count=1234, name="a") == "'a' 的 1,234 个像素"


@pytest.mark.parametrize("broken", ["{other}", "{", "{name.missing}", "{name:d}", "{0}"])
def test_a_broken_translation_gives_way_to_the_english(chinese: dict[str, str], broken: str) -> None:
    chinese["No {name}."] = broken
    assert translations.tr("No {name}.", name="file") == "No file."


def test_braces_stay_where_no_values_are_given(chinese: dict[str, str]) -> None:
    assert translations.tr('such as {"text": 1}') == 'such as {"text": 1}'
    assert translations.tr("") == ""


def test_a_text_that_no_catalogue_has_stays_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSHOP_LANG", "zh")
    assert translations.tr("No {kind} of catalogue has this.", kind="sort") == "No sort of catalogue has this."


def test_a_lessons_label_is_found_with_its_values_in_it(chinese: dict[str, str]) -> None:
    chinese["a boat, weight {weight}"] = "一条船，权重 {weight}"
    chinese["no preset"] = "不用预设"
    assert translations.tr_lesson("no preset") == "不用预设"
    assert translations.tr_lesson("a boat, weight 0.5") == "一条船，权重 0.5"
    assert translations.tr_lesson("a boat") == "a boat"


def test_english_readers_get_a_lessons_label_as_it_is(chinese: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    chinese["no preset"] = "不用预设"
    monkeypatch.setenv("WORKSHOP_LANG", "en")
    assert translations.tr_lesson("no preset") == "no preset"


def test_sentences_are_joined_by_a_space_where_they_are_english() -> None:
    assert translations.joined("One.", "", "Two.") == "One. Two."
    assert translations.joined("一。", "二。", "Three.") == "一。二。Three."
