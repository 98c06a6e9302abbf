"""The lessons' texts, block by block, and the Chinese notebooks made of the English ones and the catalogue.

Code cells are the same in both editions, byte for byte, comments and all: what one edition proves of its code holds for
the other, and a difference is a mistake. What the code passes to helpers as a title, a label, a caption or a text
alternative is in the catalogue too, and helpers look it up when they show it. What the code prints and the prompts that
it sends are English in both editions; the studio knows Chinese prompts as well.
"""

import ast
import copy
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from nbformat import NotebookNode

from tools import notebooks
from tools.translating.code import HOME, Text

LESSONS = HOME / "notebooks"
CHINESE = LESSONS / "zh-CN"

_SHOWING = {"show", "strip", "grid", "compare"}  # of helpers, and of a sweep
_KEYWORDS = {"alt", "caption", "title", "labels", "row_labels", "column_labels"}
_NAMED = re.compile(r"(^|_)(label|title|caption|alt)s?$")  # variables that hold such texts
_FENCE = re.compile(r"^ {0,3}(```|~~~)")
_LINK = re.compile(r'(\]\(|\b(?:src|href)=")([^)"\s]+)')
_NOT_TRANSLATED = re.compile(r"```.*?```|`[^`]*`|<[^>]*>|\]\([^)]*\)|https?://\S+", re.DOTALL)


def english() -> list[Path]:
    """Return the English lessons, in teaching order."""
    return sorted(path for path in LESSONS.glob("*.ipynb"))


def read(path: Path) -> NotebookNode:
    """Return the notebook in a file."""
    return notebooks.read(path.read_text("utf-8"))


def texts(lesson: Path) -> Iterator[Text]:
    """Yield every text of a lesson that is translated, with its notebook and cell."""
    for cell in read(lesson).cells:
        place = f"{lesson.stem}, {cell.id}"
        found = blocks(cell.source)[::2] if cell.cell_type == "markdown" else shown(cell.source)
        yield from (Text(text, place) for text in found if needs_translation(text))


def blocks(source: str) -> list[str]:
    """Return a cell cut at its blank lines: block, gap, block. Code fences and folded solutions stay whole."""
    parts: list[str] = [""]
    fenced = folded = False
    for line in source.splitlines(keepends=True):
        if not line.strip() and not (fenced or folded):
            if len(parts) % 2:  # a block ends, with its last line's end, and a gap begins
                ended = parts[-1].removesuffix("\n")
                gap = parts[-1][len(ended) :]
                parts[-1:] = [ended, gap + line]
            else:
                parts[-1] += line
            continue
        if len(parts) % 2 == 0:
            parts.append("")
        parts[-1] += line
        if _FENCE.match(line):
            fenced = not fenced
        folded = (folded or "<details" in line) and "</details>" not in line
    return parts


def shown(code: str) -> list[str]:
    """Return what a code cell shows a reader through helpers: titles, labels, captions and text alternatives."""
    found: list[str] = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in _SHOWING:
            arguments = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg in _KEYWORDS)]
            found += [text for argument in arguments for text in _literals(argument)]
        elif isinstance(node, ast.Assign) and any(_NAMED.search(getattr(to, "id", "")) for to in node.targets):
            found += _literals(node.value)
    return list(dict.fromkeys(found))


def needs_translation(text: str) -> bool:
    """Return whether a text has anything to translate beside code, tags and addresses."""
    return bool(re.search(r"[A-Za-z]{2}", _NOT_TRANSLATED.sub(" ", text)))


def edition(lesson: NotebookNode, chinese: Mapping[str, str], before: NotebookNode | None) -> NotebookNode:
    """Return the Chinese notebook: translated blocks, the same code, and the outputs of `before` for the same code."""
    made = copy.deepcopy(lesson)
    outputs = {cell.id: cell for cell in before.cells if cell.cell_type == "code"} if before else {}
    for cell in made.cells:
        if cell.cell_type == "markdown":
            parts = blocks(cell.source)
            parts[::2] = [chinese.get(block, block) for block in parts[::2]]
            cell.source = _LINK.sub(_deeper, "".join(parts))
        elif cell.cell_type == "code":
            old = outputs.get(cell.id)
            cell.outputs = old.outputs if old is not None and old.source == cell.source else []
    return made


def _deeper(link: re.Match[str]) -> str:
    """Return a link as it is written one folder further down; a link to a lesson stays, for its Chinese edition."""
    before, target = link.groups()
    path, mark, place = target.partition("#")
    if not path or re.match(r"[a-z]+:", path) or (LESSONS / path).parent == LESSONS:
        return link[0]
    if path == "../README.md":
        path = "../README.zh-CN.md"
    return f"{before}../{path}{mark}{place}"


def _literals(node: ast.expr) -> list[str]:
    """Return the constant texts of an expression and the templates of its f-strings, but no arguments of calls."""
    if isinstance(node, ast.Call):
        return []
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) and node.value else []
    if isinstance(node, ast.JoinedStr):
        return [_template(node)]
    return [text for child in _parts(node) for text in _literals(child)]


def _parts(node: ast.expr) -> Iterator[ast.expr]:
    """Yield the parts of an expression that a reader may see: items, a comprehension's element, both choices."""
    if isinstance(node, (ast.List, ast.Tuple)):
        yield from node.elts
    elif isinstance(node, (ast.ListComp, ast.GeneratorExp)):
        yield node.elt
    elif isinstance(node, ast.IfExp):
        yield from (node.body, node.orelse)
    elif isinstance(node, ast.BoolOp):
        yield from node.values
    elif isinstance(node, ast.BinOp):
        yield from (node.left, node.right)
    elif isinstance(node, ast.Starred):
        yield node.value


def _template(node: ast.JoinedStr) -> str:
    written = ""
    for number, part in enumerate(node.values):
        if isinstance(part, ast.Constant):
            written += str(part.value)
        elif isinstance(part, ast.FormattedValue):
            named = part.value.id if isinstance(part.value, ast.Name) else f"value{number}"
            written += f"{{{named}}}"
    return written
