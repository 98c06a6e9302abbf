"""The catalogues are whole, fit the English, read as Chinese, and keep to the glossary."""

import csv
import gettext
import re
from pathlib import Path

import pytest
from tools import translations
from tools.translating import catalogues

HOME = Path(__file__).resolve().parents[2]
OTHER_SENSE = "another sense:"  # a comment in a .po file: the word that follows is not used as in the glossary
PLACE = re.compile(r"\{(\w+)(![rsa])?(:[^{}]*)?\}")
CODE = re.compile(
    r"```.*?```|`[^`]*`|\b(?:helpers|made|python)\b[.\w]*(?:\([^)]*\))?|https?://\S+|\]\([^)]*\)", re.DOTALL
)
HAN = r"[\u4e00-\u9fff]"

ENTRIES = [
    entry
    for path in (translations.MESSAGES, translations.LESSONS)
    for entry in catalogues.entries(catalogues.read(path))
    if entry.string
]
PAIRS = [(catalogues.text(entry), str(entry.string)) for entry in ENTRIES]


def glossary() -> dict[str, tuple[str, ...]]:
    with (HOME / "data" / "glossary.csv").open(encoding="utf-8", newline="") as file:
        return {row["en"]: tuple(row["zh"].split("|")) for row in csv.DictReader(file)}


TERMS = glossary()


def departures(source: str, translated: str, exempt: str = "") -> list[str]:
    """The glossary's terms in an English text that no Chinese word of theirs answers; the longest terms first."""
    text = PLACE.sub(" ", CODE.sub(" ", source))
    found = []
    for term in sorted(TERMS, key=len, reverse=True):
        flags = 0 if term[0].isupper() else re.IGNORECASE
        pattern = re.compile(rf"(?<![\w.`/\"'=-]){re.escape(term)}(?![\w`/(=\"-]|\.\w)", flags)
        if pattern.search(text):
            text = pattern.sub(" ", text)
            if not any(word in translated for word in TERMS[term]) and term not in exempt:
                found.append(term)
    return found


# ---- whole ----------------------------------------------------------------------------------------------------------


def test_every_text_of_the_chinese_edition_is_translated_and_none_is_stale() -> None:
    """If this fails: python setup/tools/translations.py, write what it names into the .po file, and run it again."""
    assert list(translations.lacking()) == []


def test_catalogues_and_notebooks_are_what_the_command_makes_of_the_sources() -> None:
    """If this fails: python setup/tools/translations.py

    A lesson that has no Chinese edition yet may change before its texts are in lessons.po.
    """
    files = translations.files()
    del files[translations.LESSONS]
    for path, content in files.items():
        kept = path.read_bytes()
        if path.suffix != ".mo":
            kept = kept.replace(b"\r\n", b"\n")  # a checkout on Windows
        assert kept == content, path.name


@pytest.mark.parametrize("domain", ["workshop", "lessons"])
def test_what_python_reads_is_what_the_po_files_say(domain: str) -> None:
    with (translations.COMPILED / f"{domain}.mo").open("rb") as file:
        read = gettext.GNUTranslations(file)
    po = translations.MESSAGES if domain == "workshop" else translations.LESSONS
    known = catalogues.translated(catalogues.read(po))
    compiled = {message: text for message, text in read._catalog.items() if message}  # type: ignore[attr-defined]
    assert compiled.items() <= known.items()
    assert domain == "lessons" or compiled == known


def test_the_files_hold_no_dates_versions_or_line_numbers() -> None:
    text = translations.MESSAGES.read_text("utf-8")
    assert not re.search(r"^#: |Date:|Generated-By", text, re.MULTILINE)


# ---- fit ------------------------------------------------------------------------------------------------------------
# Each of these compares a list of the texts at fault with an empty one, so that a failure names them.


def test_the_places_for_values_are_the_same() -> None:
    assert [source for source, text in PAIRS if sorted(PLACE.findall(text)) != sorted(PLACE.findall(source))] == []


def test_code_and_links_in_a_text_are_the_same() -> None:
    def fixed(text: str) -> list[list[str]]:
        text = text.replace("docs.aws.amazon.com/zh_cn/", "docs.aws.amazon.com/")  # the same page in Chinese
        return [re.findall(one, text, re.DOTALL) for one in (r"```.*?```", r"\]\([^)]*\)", "</?(?:details|summary)>")]

    assert [source for source, text in PAIRS if fixed(text) != fixed(source)] == []


def test_headings_lists_and_tables_keep_their_form() -> None:
    def form(text: str) -> list[str]:
        lines = re.sub(r"```.*?```", "", text, flags=re.DOTALL).split("\n")
        marks = [re.match(r"#{1,6} |[-*] |\d+\. |\|", line) for line in lines]
        return [mark[0] + "|" * line.count("|") for mark, line in zip(marks, lines, strict=True) if mark]

    assert [source for source, text in PAIRS if form(text) != form(source)] == []


# ---- Chinese --------------------------------------------------------------------------------------------------------


def test_no_english_sentence_is_left() -> None:
    def is_left(source: str, text: str) -> bool:
        words = re.search(r"[a-z]{3,} [a-z]{2,}", PLACE.sub("", CODE.sub("", source)))
        return bool(words and not re.search(HAN, text)) or (text == source and bool(re.search(r" [a-z]", source)))

    assert [source for source, text in PAIRS if is_left(source, text)] == []


def test_punctuation_after_chinese_is_chinese() -> None:
    wrong = re.compile(rf"{HAN}[,;:!?.](?!\w)|{HAN}\((?!\{{)")
    assert [text for _, text in PAIRS if wrong.search(CODE.sub("x", text))] == []


def test_every_character_can_be_drawn_in_a_picture() -> None:
    from helpers.display import fonts

    assert fonts.missing_characters("".join(sorted({one for _, text in PAIRS for one in text}))) == ""
    assert fonts.missing_characters("画\U0001f9ff") == "\U0001f9ff"


def test_terms_are_those_of_the_glossary() -> None:
    """A word in another sense is named in a comment above its text in the .po file: # another sense: step"""
    found = {}
    for entry, (source, text) in zip(ENTRIES, PAIRS, strict=True):
        exempt = " ".join(comment for comment in entry.user_comments if comment.startswith(OTHER_SENSE))
        if terms := departures(source, text, exempt):
            found[source] = terms
    assert found == {}


# ---- the net itself holds -------------------------------------------------------------------------------------------


def test_the_glossary_sees_a_wrong_term_and_only_that() -> None:
    assert departures("A negative prompt and a seed.", "一个负面提示词和一粒种子。") == []
    assert departures("A negative prompt and a seed.", "一个反向提示和一粒种子。") == ["negative prompt"]
    assert departures("Masks: `mask_image`, helpers.masks, {mask}", "遮罩") == ["masks"]
    assert departures("See `seed`, made.seed and text.seed()", "看") == []
    assert departures("Plant a seed.", "种一颗籽。", "another sense: seed") == []


def test_the_glossary_has_one_row_a_term_and_chinese_in_each() -> None:
    with (HOME / "data" / "glossary.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["en"] for row in rows}) == len(rows)
    assert all(re.search(HAN, word) or word.isascii() for row in rows for word in row["zh"].split("|"))
