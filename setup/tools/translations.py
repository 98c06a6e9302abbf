"""Keeps the Chinese edition in step with the English: catalogues, compiled catalogues, and the notebooks in zh-CN.

python setup/tools/translations.py            bring catalogues and notebooks up to date, and say what wants translating
python setup/tools/translations.py --check    change nothing; the exit code is 1 if a text is missing, stale or not built in
python setup/tools/translations.py --list 02  every text of a lesson that wants translating, whole

Run it with the Python in .venv. Translations are written in helpers/language/locale/zh_CN/LC_MESSAGES/workshop.po (messages) and
notebooks/zh-CN/lessons.po (lessons). A lesson gets its Chinese notebook once all of it is translated; then run
python setup/tools/notebooks.py zh-CN, which runs the Chinese notebooks and keeps what they show.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog

HOME = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(HOME), str(HOME / "setup")]  # for helpers, and for the other tools

from tools import notebooks  # noqa: E402 - found through the line above
from tools.translating import catalogues, code, lessons  # noqa: E402

COMPILED = HOME / "helpers" / "language" / "locale" / catalogues.LANGUAGE / "LC_MESSAGES"
MESSAGES = COMPILED / "workshop.po"
LESSONS = lessons.CHINESE / "lessons.po"


def main(arguments: list[str]) -> int:
    """Bring the Chinese edition up to date, check it or list what wants translating, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python setup/tools/translations.py", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--check", action="store_true", help="change nothing, name what is missing or stale")
    parser.add_argument("--list", metavar="LESSON", help="the texts of a lesson that want translating: 02")
    options = parser.parse_args(arguments)
    if options.list:
        return _list(options.list)
    wrong = False
    for path, content in files().items():
        if path.exists() and path.read_bytes() == content:
            continue
        wrong = True
        print(f"{path.relative_to(HOME).as_posix()}: {'not up to date' if options.check else 'written'}")
        if not options.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    lacks = [f"{where}: {how}: {text}" for where, how, text in lacking()]
    print("\n".join(lacks or ["Everything that has a Chinese edition is translated."]))
    catalogue = _lessons()
    for lesson in lessons.english():
        waiting = catalogues.lacking(catalogue, (one.text for one in lessons.texts(lesson)))
        if waiting and not chinese(lesson).exists():
            print(f"{lesson.name}: no Chinese edition yet, {len(waiting)} texts want translating")
    return int(bool(lacks) or (options.check and wrong))


def files() -> dict[Path, bytes]:
    """Return the contents that every file of the Chinese edition should have now."""
    messages, catalogue = _messages(), _lessons()
    made = {
        MESSAGES: catalogues.written(messages),
        MESSAGES.with_suffix(".mo"): catalogues.compiled(messages),
        LESSONS: catalogues.written(catalogue),
        COMPILED / "lessons.mo": catalogues.compiled(_of_code(catalogue)),
    }
    known = catalogues.translated(catalogue)
    for lesson in lessons.english():
        to = chinese(lesson)
        if to.exists() or not catalogues.lacking(catalogue, (one.text for one in lessons.texts(lesson))):
            before = lessons.read(to) if to.exists() else None
            edition = lessons.edition(lessons.read(lesson), known, before)
            made[to] = notebooks.written(notebooks.tidy(edition)).encode()
    return made


def lacking() -> Iterator[tuple[str, str, str]]:
    """Yield each text of the Chinese edition without a translation, or with a stale one.

    Each is (lesson or "messages", "missing" or "stale", the text).
    """
    for how, text in catalogues.lacking(_messages()):
        yield "messages", how, text
    catalogue = _lessons()
    for lesson in lessons.english():
        if chinese(lesson).exists():
            for how, text in catalogues.lacking(catalogue, (one.text for one in lessons.texts(lesson))):
                yield lesson.name, how, text


def chinese(lesson: Path) -> Path:
    """Return the path that a lesson's Chinese notebook has or would have."""
    return lessons.CHINESE / lesson.name


def _messages() -> Catalog:
    return catalogues.merged(catalogues.read(MESSAGES), code.messages(), "helpers and setup")


def _lessons() -> Catalog:
    texts = (text for lesson in lessons.english() for text in lessons.texts(lesson))
    return catalogues.merged(catalogues.read(LESSONS), texts, "the lessons")


def _of_code(catalogue: Catalog) -> Catalog:
    """Return the part of the lessons' catalogue that helpers look up when a lesson runs: the texts in code."""
    texts = {
        text
        for lesson in lessons.english()
        for cell in lessons.read(lesson).cells
        if cell.cell_type == "code"
        for text in lessons.shown(cell.source)
    }
    return catalogues.only(catalogue, texts)


def _list(name: str) -> int:
    """Print what wants translating in the lessons whose names begin with `name`; return the exit code."""
    found = [lesson for lesson in lessons.english() if lesson.name.startswith(name)]
    catalogue = _lessons()
    for lesson in found:
        for how, text in catalogues.lacking(catalogue, (one.text for one in lessons.texts(lesson))):
            print(f"--- {how}\n{text}")
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
