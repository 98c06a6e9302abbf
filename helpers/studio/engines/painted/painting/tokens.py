"""From text to tokens: the words and phrases of a prompt, each with its entry in the vocabulary or its part in the grammar.

English is matched longest phrase first, with plurals. A run of Chinese is cut so that the fewest characters stay unknown,
and then into the fewest words.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from . import vocabulary

__all__ = ["COUNT_LIMIT", "Token", "action_words", "counted", "is_plural", "tokens"]

COUNT_LIMIT = 12
"""Most copies of one thing in a picture."""
_UNCOUNTED = (
    r"\b(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)[- ]?(?:year|yr|month|week|day)s?[- ]olds?\b"
    r"|\b(?:aged?|turning|turns|number|level|chapter|version|size|route|no\.)\s?\d+\b"
    r"|\b\d+\s?(?:mm|cm|km|kg|px|fps|am|pm|o['’]clock|%|percent|degrees?)(?!\w)"
    r"|\b(?:\d+|five|four|three|two|one)[- ]stars?(?=\s(?:hotel|restaurant|resort|review|rating))"
    r"|\bf/\d+(?:\.\d+)?|\b\d+(?:[.:/×]\d+)+\w*"
    r"|\d+\s?(?:周岁|岁|年代|世纪|分钟|小时|块钱|级|度|年(?![轻糕画])|月(?![饼亮球季])|日(?![落出本])|号(?!角)|点(?!心))"
)
"""Numbers that count no things: ages, times, measures."""
_SIGN = r"[\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]"
_RUN = re.compile(
    _UNCOUNTED + r"|\b\d+(?=(?:girl|boy|man|woman|cat|dog)s?\b)|"  # "1girl"
    r"[\u3400-\u9fff\uf900-\ufaff]+|[^\W_\u3400-\u9fff\uf900-\ufaff]+(?:[-'’]{1,2}[^\W_\u3400-\u9fff\uf900-\ufaff]+)*|[.,;:!?，。；：！？、\n]"
    rf"|{_SIGN}(?:[\ufe0f\U0001f3fb-\U0001f3ff]|\u200d{_SIGN})*",  # signs and emoji
    re.IGNORECASE,
)
_TONE = re.compile("[\ufe0f\U0001f3fb-\U0001f3ff]")
_NO_COUNT = re.compile(_UNCOUNTED, re.IGNORECASE)


class Token(NamedTuple):
    """A piece of the text: an entry's word, a word of the grammar, or an unknown word."""

    kind: str  # entry number place relation action colour hair function unknown stop
    text: str
    value: str = ""
    start: int = 0
    word: str = ""  # as the vocabulary or the grammar lists it
    owns: bool = False  # it is a possessive, as "wizard's"

    @property
    def english(self) -> bool:
        """Whether it is no Chinese."""
        return not (self.text and _is_chinese(self.text))


_ARTICLES = frozenset({"a", "an", "the", "的", "一张", "一幅", "一", "张", "有"})
_SHOWS = frozenset({"of", "for", "with", "about", "showing", "featuring", "depicting"})


def tokens(text: str) -> Iterator[Token]:
    """Yield the pieces of a text, in order, each word of two meanings in the one that goes with the others.

    What the whole picture is ("a poster of a cat") is no thing, and unknown.
    """
    found = list(_pieces(text))
    for at, token in enumerate(found):
        sense = vocabulary.grammar().senses.get(token.word) if token.kind == "entry" else None
        if sense is not None and any(_is_beside(word, found, token) for word in sense["beside"]):
            token = token._replace(kind="entry" if "means" in sense else "unknown", value=sense.get("means", ""))
        yield token._replace(kind="unknown", value="") if _is_form(found, at) else token


def _is_beside(word: str, found: Sequence[Token], but: Token) -> bool:
    """Return whether a word is one of a text's, beside a token of it."""
    others = (part for token in found if token is not but for part in (token.word, *_plain(token.text).split(" ")))
    return any(word in _singulars(part) for part in others)


def _is_form(pieces: Sequence[Token], at: int) -> bool:
    """Return whether a word says what the whole picture is, in its first or last clause with only attributes before it, or what it is
    for ("for a birthday card")."""
    piece = pieces[at]
    if piece.word not in vocabulary.grammar().forms or is_plural(piece):
        return False
    stops = [i for i, token in enumerate(pieces[:-1]) if token.kind == "stop" and token.text not in ".。"]
    start = max((i + 1 for i in stops if i < at), default=0)
    before, after = pieces[start:at], pieces[at + 1] if at + 1 < len(pieces) else None
    joined = [t.text.lower() for t in before if t.kind == "function" and t.text.lower() not in _ARTICLES]
    if joined[-1:] == ["for"]:
        return True
    if joined or any(_says_where(t) for t in before):
        return False
    shows = after is not None and after.text.lower() in _SHOWS
    if start == 0 and shows:
        return True
    described = any(t.kind in ("entry", "unknown") for t in before)
    alone = not before and len(pieces) > 2
    articled = any(t.text.lower() in _ARTICLES - {"的"} for t in before)
    ends = after is None or after.kind == "stop"
    return ends and (alone or described) and (start == 0 or (not articled and not any(i > at for i in stops)))


def _says_where(token: Token) -> bool:
    """Return whether what follows is something that is done or is somewhere: "桌上的贺卡" lies on a table."""
    return token.kind in ("action", "relation", "place") or token.word[-1:] in vocabulary.grammar().zh_relations


def _pieces(text: str) -> Iterator[Token]:
    runs = list(_RUN.finditer(text))
    position = 0
    while position < len(runs):
        run = runs[position].group()
        if run[0] >= "\u2600" and not run[0].isalnum() and run not in "，。；：！？、":
            sign = _TONE.sub("", run)
            name = vocabulary.grammar().emoji.get(sign)
            start = runs[position].start()
            yield Token("entry", run, name, start, sign) if name else Token("unknown", run, start=start)
            position += 1
        elif _NO_COUNT.fullmatch(run) and run.lower() not in _english_words()[0]:
            yield Token("unknown", run, start=runs[position].start())
            position += 1
        elif not run[0].isalnum():
            yield Token("stop", run)
            position += 1
        elif _is_chinese(run):
            yield from _chinese(run, runs[position].start())
            position += 1
        else:
            token, used = _english(runs, position)
            yield token
            position += used


@lru_cache(maxsize=1)
def action_words() -> dict[str, str]:
    """Return every word of an action, English or Chinese, with the action's name."""
    return {
        word: name for name, action in vocabulary.grammar().actions.items() for word in (*action["en"], *action["zh"])
    }


def counted(token: Token) -> bool:
    """Return whether a number before this word can only count it: a plural, or Chinese with a measure word."""
    return not token.english or is_plural(token)


def is_plural(token: Token) -> bool:
    """Return whether the word as written means several; one that is listed so, as "glasses", does not."""
    if not token.english:
        return token.text.endswith(("群", "们"))
    phrase = token.text.lower()
    return phrase != token.word and not token.owns and phrase.endswith(("s", "men", "ren", "ple", "ese", "ice"))


def _is_chinese(run: str) -> bool:
    return "\u3400" <= run[0] <= "\ufaff"


def _english(runs: Sequence[re.Match[str]], position: int) -> tuple[Token, int]:
    table, longest = _english_words()
    start = runs[position].start()
    words: list[str] = []
    for run in runs[position : position + longest.get(_plain(runs[position].group()), 1)]:
        written = run.group()
        if _is_chinese(written) or not written[0].isalnum():
            break
        words.append(written)
    for length in range(len(words), 0, -1):
        written = " ".join(words[:length])
        phrase = _plain(written)
        form = next((f for f in _singulars(phrase) if _lists(table, f, phrase)), None)
        if form is not None:
            owns = phrase.endswith("'s") and not form.endswith("'s")
            return Token(*_of(table, form, written, start), owns), length
    if phrase.isdecimal() and 1 <= int(phrase[:4]) <= COUNT_LIMIT:
        return Token("number", words[0], str(int(phrase[:4])), start), 1
    first, _, rest = phrase.partition("-")
    if rest in vocabulary.grammar().hair and table.get(first, ("",))[0] == "colour":  # "red-haired"
        return Token("hair", words[0], table[first][1], start, phrase), 1
    likeness = phrase.rpartition("-")[2] in vocabulary.grammar().likenesses
    if likeness and not _is_manner(table.get(phrase.rpartition("-")[0], ("", ""))):  # "heart-shaped"
        return Token("unknown", words[0], start=start), 1
    if rest:  # "snow-capped": one half that is known speaks for the word
        for form in (phrase.replace("-", " "), phrase.replace("-", ""), *phrase.split("-")):
            for single in _singulars(form):
                if single in table and table[single][0] in ("entry", "colour", "action"):
                    return Token(*_of(table, single, words[0], start)), 1
    return Token("unknown", words[0], start=start), 1


def _is_manner(listed: tuple[str, str]) -> bool:
    """Return whether a word as the tables list it is a colour, or says how a picture looks: "anime-style" names no thing."""
    kind, name = listed
    return kind == "colour" or (kind == "entry" and vocabulary.entry(name).kind not in ("object", "scene", "part"))


def _lists(table: Mapping[str, tuple[str, str]], form: str, phrase: str) -> bool:
    """Return whether a table has a form of a phrase; the plural of a colour is none: olives are fruit."""
    return form in table and (form == phrase or table[form][0] != "colour")


def _of(table: Mapping[str, tuple[str, str]], word: str, written: str, start: int) -> tuple[str, str, str, int, str]:
    kind, value = table[word]
    return kind, written, value, start, word


def _plain(written: str) -> str:
    return written.lower().replace("’", "'")


@lru_cache(maxsize=1)
def _english_words() -> tuple[Mapping[str, tuple[str, str]], Mapping[str, int]]:
    """Return each English word or phrase with its kind and value, and for each first word the length of its longest phrase."""
    grammar = vocabulary.grammar()
    english, _ = vocabulary.words()
    table: dict[str, tuple[str, str]] = {word: (_kind(name), name) for word, name in english.items()}
    listed: tuple[tuple[str, Mapping[str, object]], ...] = (
        ("place", grammar.places),
        ("relation", grammar.relations),
        ("hair", grammar.hair),
        ("action", action_words()),
        ("number", grammar.numbers),
    )
    for kind, found in listed:
        for word, value in found.items():
            table.setdefault(word, (kind, str(value)))
    for word in grammar.functions:
        table.setdefault(word, ("function", ""))
    for word in grammar.compounds:
        table.setdefault(word, ("unknown", ""))
    for word in [w for w in table if "-" in w and w.isascii()]:  # "close-up" is written "close up" too
        table.setdefault(word.replace("-", " "), table[word])
    longest: dict[str, int] = {}
    for word in table:
        first = word.split(" ", 1)[0]
        longest[first] = max(longest.get(first, 1), word.count(" ") + 1)
    return table, longest


@lru_cache(maxsize=1)
def _chinese_words() -> tuple[Mapping[str, tuple[str, str]], Mapping[str, tuple[int, ...]]]:
    """Return each Chinese word with its kind and value, and for each first character the lengths of its words.

    Numbers are listed with their measure words.
    """
    grammar = vocabulary.grammar()
    _, chinese = vocabulary.words()
    table: dict[str, tuple[str, str]] = {word: (_kind(name), name) for word, name in chinese.items()}
    numbers = {
        digit + measure: n
        for digit, n in grammar.zh_numbers.items()
        if len(digit) == 1
        for measure in grammar.zh_measures
    }
    numbers |= {word: n for word, n in grammar.zh_numbers.items() if len(word) > 1}
    listed: tuple[tuple[str, Mapping[str, object]], ...] = (
        ("place", grammar.zh_places),
        ("relation", grammar.zh_relations),
        ("hair", grammar.hair),
        ("action", action_words()),
        ("number", numbers),
    )
    for kind, found in listed:
        for word, value in found.items():
            table.setdefault(word, (kind, str(value)))
    for word in grammar.zh_functions:
        table.setdefault(word, ("function", ""))
    for word in (*grammar.compounds, *grammar.likenesses):
        table.setdefault(word, ("unknown", ""))
    lengths: dict[str, set[int]] = {}
    for word in table:
        lengths.setdefault(word[0], set()).add(len(word))
    return table, {first: tuple(sorted(found)) for first, found in lengths.items()}


def _kind(name: str) -> str:
    return "colour" if vocabulary.entry(name).kind == "colour" else "entry"


def _chinese(run: str, start: int) -> Iterator[Token]:
    """Cut a run of Chinese into the fewest unknown characters, then the fewest words; unknown ones stay in whole runs."""
    table, lengths = _chinese_words()
    best = [0] * (len(run) + 1)  # what it costs to read on from here: 10,001 an unknown character, 1 a word
    step = [1] * len(run)
    for at in range(len(run) - 1, -1, -1):
        best[at] = best[at + 1] + 10_001
        for length in lengths.get(run[at], ()):
            if (
                at + length <= len(run)
                and run[at : at + length] in table
                and (cost := best[at + length] + 1) <= best[at]
            ):
                best[at], step[at] = cost, length
    pieces: list[Token] = []
    at = 0
    while at < len(run):
        piece = run[at : at + step[at]]
        kind, value = table.get(piece, ("unknown", ""))
        word = piece if piece in table else ""
        if not word and pieces and _is_loose(pieces[-1]):
            pieces[-1] = pieces[-1]._replace(text=pieces[-1].text + piece)
        else:
            pieces.append(Token(kind, piece, value, start + at, word))
        at += step[at]
    yield from _whole(pieces)


def _whole(pieces: list[Token]) -> list[Token]:
    """Join an unknown run of odd length with a single character beside it: most words have two ("水" in "水壶")."""
    out: list[Token] = []
    for piece in pieces:
        before = out[-1] if out else None
        if before is not None and (_takes(before, piece) or _takes(piece, before)):
            out[-1] = Token("unknown", before.text + piece.text, start=before.start)
        else:
            out.append(piece)
    return out


def _takes(unknown: Token, other: Token) -> bool:
    """Return whether an unknown run takes in the piece beside it."""
    single = len(other.text) == 1 and other.kind in ("entry", "action")
    return _is_loose(unknown) and (_is_loose(other) or (single and len(unknown.text) % 2 == 1))


def _is_loose(token: Token) -> bool:
    """Return whether a token is unknown and no listed compound."""
    return token.kind == "unknown" and not token.word


def _singulars(phrase: str) -> Iterator[str]:
    """Yield the phrase itself, then what it would be in the singular."""
    yield phrase
    head, _, last = phrase.rpartition(" ")
    head = f"{head} " if head else ""
    irregular = vocabulary.grammar().irregular.get(last)
    if irregular:
        yield head + irregular
    if last.endswith("'s"):
        yield from _singulars(head + last[:-2])
    if last.endswith("ies"):
        yield head + last[:-3] + "y"
    if last.endswith("es"):
        yield head + last[:-2]
    if last.endswith("s") and not last.endswith("ss"):
        yield head + last[:-1]
