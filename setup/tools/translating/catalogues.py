"""Catalogues of translations in gettext's own files: read, brought up to date and compiled, with Babel."""

import difflib
import io
from collections.abc import Iterable
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import denormalize, read_po, write_po

from tools.translating.code import Text

LANGUAGE = "zh_CN"
_ALIKE = 0.6  # of 1: a text that has changed by less keeps its translation, marked as stale
_HEAD = "# The workshop in Chinese. setup/tools/translations.py takes the English from {source};\n# write the Chinese here, take the fuzzy mark off what you have read, and run it again."


class _Quiet(Catalog):
    """A catalogue whose header holds no dates and no versions, so that a run without news changes nothing."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [
            ("Language", LANGUAGE),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit\n"),
        ]


def read(path: Path) -> Catalog:
    """Return the catalogue in a .po file; an empty one where there is no file."""
    if not path.exists():
        return Catalog(locale=LANGUAGE)
    with path.open("rb") as file:
        catalogue = read_po(file, locale=LANGUAGE)
    for message in entries(catalogue):  # Babel reads the English before a change, "#| …", as a person's comment
        before = [line[1:].strip() for line in message.user_comments if line.startswith("|")]
        if before:
            message.previous_id = [denormalize("\n".join(before).removeprefix("msgid").strip())]
            message.user_comments = [line for line in message.user_comments if not line.startswith("|")]
    return catalogue


def translated(catalogue: Catalog) -> dict[str, str]:
    """Return the translations that are neither missing nor stale, English to Chinese."""
    return {text(one): str(one.string) for one in entries(catalogue) if one.string and not one.fuzzy}


def entries(catalogue: Catalog) -> list[Message]:
    """Return the messages of a catalogue, without its header."""
    return [one for one in catalogue if one.id]


def text(message: Message) -> str:
    """Return the English of a message."""
    return str(message.id)


def merged(old: Catalog, texts: Iterable[Text], source: str) -> Catalog:
    """Return the catalogue of these texts, with the translations of the old one.

    A text that is nearly one that is gone takes over its translation, marked fuzzy: stale until a person has read it.
    """
    places: dict[str, list[str]] = {}
    for one in texts:
        where = places.setdefault(one.text, [])
        if one.place not in where:
            where.append(one.place)
    known = {text(one): one for one in entries(old) if one.string}
    gone = [message for message in known if message not in places]
    new = _Quiet(locale=LANGUAGE, header_comment=_HEAD.format(source=source), fuzzy=False)
    for message, where in places.items():
        took = known.get(message)
        stale = bool(took and took.fuzzy)
        previous = took.previous_id if took and stale else ()
        if took is None:
            near = difflib.get_close_matches(message, gone, 1, _ALIKE)
            if near:
                took, stale, previous = known[near[0]], True, [near[0]]
        new.add(
            message,
            took.string if took else "",
            flags=["fuzzy"] if stale else [],
            auto_comments=where,
            user_comments=took.user_comments if took else (),
            previous_id=previous,
        )
        found = new.get(message)
        if found is not None:  # the formats that Babel guesses by a % or a brace say nothing here
            found.flags.difference_update({"python-format", "python-brace-format"})
    return new


def written(catalogue: Catalog) -> bytes:
    """Return the .po file, without line numbers and dates, so that a change of one text is a change of one place."""
    out = io.BytesIO()
    write_po(out, catalogue, width=0, no_location=True, ignore_obsolete=True, include_previous=True)
    return out.getvalue()


def compiled(*catalogues: Catalog) -> bytes:
    """Return the .mo file of what is translated and not stale."""
    new = _Quiet(locale=LANGUAGE, fuzzy=False)
    for catalogue in catalogues:
        for message, chinese in translated(catalogue).items():
            new.add(message, chinese)
    out = io.BytesIO()
    write_mo(out, new)
    return out.getvalue()


def lacking(catalogue: Catalog, texts: Iterable[str] | None = None) -> list[tuple[str, str]]:
    """Return the texts without a translation or with a stale one, each as ("missing" or "stale", the text)."""
    chosen = None if texts is None else set(texts)
    return [
        ("stale" if one.string else "missing", text(one))
        for one in entries(catalogue)
        if (one.fuzzy or not one.string) and (chosen is None or text(one) in chosen)
    ]


def only(catalogue: Catalog, texts: Iterable[str]) -> Catalog:
    """Return the part of a catalogue that has these texts."""
    new = _Quiet(locale=LANGUAGE, fuzzy=False)
    for message in texts:
        found = catalogue.get(message)
        if found is not None:
            new.add(message, found.string, flags=found.flags)
    return new
