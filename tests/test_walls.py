"""Guards the walls between the rooms: who may import whom, and what `import helpers` may cost."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from helpers.schemas import FAMILIES

ROOT = Path(__file__).parents[1]
HELPERS = ROOT / "helpers"
HEAVY = ("numpy", "boto3", "botocore", "matplotlib", "PIL", "pydantic", "IPython", "ipywidgets")


def module_of(path: Path) -> str:
    """helpers/studio/__init__.py -> helpers.studio"""
    parts = path.relative_to(HELPERS.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def statements_of(path: Path, module: str) -> Iterator[tuple[str, str]]:
    """What a file imports, at its top or inside a function: a module, and a name from it ("" for the module alone).

    What is imported for types alone is left out.
    """
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            node.body = []
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*above, *filter(None, [node.module])])
            yield from ((source, alias.name) for alias in node.names)


def imports_of(path: Path, module: str) -> set[str]:
    """The full names that a file imports: each module, and each name from one."""
    found = set(statements_of(path, module))
    return {source for source, _ in found} | {f"{source}.{name}" for source, name in found if name}


@cache
def files() -> dict[str, Path]:
    """Each module of helpers, with its file."""
    return {module_of(path): path for path in HELPERS.rglob("*.py")}


@cache
def graph() -> dict[str, set[str]]:
    """Each module of helpers, with the modules of helpers that it imports."""
    return {module: imports_of(path, module) & (set(files()) - {"helpers"}) for module, path in files().items()}


@cache
def needs() -> dict[str, set[str]]:
    """Each module of helpers, with those of which it needs a name: of a package only where the name is no module."""
    modules = files()
    found: dict[str, set[str]] = {}
    for module, path in modules.items():
        named = {(source, f"{source}.{name}") for source, name in statements_of(path, module)}
        found[module] = {inner if inner in modules else source for source, inner in named} & set(modules)
    return found


def cycles(needs: Mapping[str, set[str]]) -> list[list[str]]:
    """The modules that lead back to themselves, those together that lead to each other."""
    reached: dict[str, set[str]] = {}
    for start in needs:
        reached[start], waiting = set(), [start]
        while waiting:
            new = needs[waiting.pop()] - reached[start]
            reached[start] |= new
            waiting += new
    knots = {frozenset(other for other in found if one in reached[other]) for one, found in reached.items()}
    return sorted(sorted(knot) for knot in knots if knot)


def reached_from(start: str) -> set[str]:
    """Every module of helpers that importing these leads to, step by step; `start` names a module or a package."""
    seen = {module for module in graph() if module == start or module.startswith(start + ".")}
    waiting = list(seen)
    while waiting:
        new = graph()[waiting.pop()] - seen
        seen |= new
        waiting += new
    return seen


def forbidden(start: str, *rooms: str) -> list[str]:
    return sorted(m for m in reached_from(start) for room in rooms if m == room or m.startswith(room + "."))


def test_the_graph_sees_imports_of_every_form(tmp_path: Path) -> None:
    file = tmp_path / "b.py"
    file.write_text(
        "import helpers.pictures\nfrom helpers import masks\nfrom . import models\nfrom .costs import quote\n"
        "def f():\n    from helpers.calls.client import invoke\n"
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import helpers.display\n",
        "utf-8",
    )
    found = imports_of(file, "helpers.b")
    assert {
        "helpers.pictures",
        "helpers.masks",
        "helpers.models",
        "helpers.costs",
        "helpers.calls.client",
    } <= found
    assert "helpers.display" not in found


def test_cycles_of_any_length_are_seen_each_once() -> None:
    assert cycles({"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set(), "e": {"a"}, "f": {"f"}}) == [
        ["a", "b", "c"],
        ["f"],
    ]


def test_no_two_modules_need_each_other() -> None:
    assert cycles(needs()) == []


def rooms(depth: int) -> dict[str, set[str]]:
    """Each room (the first `depth` parts of a module's name after helpers), with the rooms that it needs a name of."""
    found: dict[str, set[str]] = {}
    for module, needed in needs().items():
        room = ".".join(module.split(".")[1 : depth + 1])
        others = {".".join(one.split(".")[1 : depth + 1]) for one in needed}
        found.setdefault(room, set()).update(others - {room, ""})
    found.pop("", None)  # helpers itself hands names on
    return {room: needed & set(found) for room, needed in found.items()}


@pytest.mark.parametrize("depth", [1, 2])
def test_no_room_needs_one_that_needs_it(depth: int) -> None:
    assert len(rooms(depth)) > 10
    assert cycles(rooms(depth)) == []


def test_a_room_needs_only_rooms_above_it_on_the_page_for_contributors() -> None:
    house = (ROOT / "CONTRIBUTING.md").read_text("utf-8").split("```")[1]
    order = re.findall(r"^  (\w+)  ", house, re.MULTILINE)
    assert set(order) == set(rooms(1))
    below = {room: needed - set(order[: order.index(room)]) for room, needed in rooms(1).items()}
    assert {room: needed for room, needed in below.items() if needed} == {}


def test_schemas_import_nothing_of_ours() -> None:
    schemas = {module for module in graph() if module.startswith("helpers.schemas")}
    assert schemas
    assert {module: graph()[module] - schemas for module in schemas if graph()[module] - schemas} == {}


@pytest.mark.parametrize("module", ["bodies", "pictures", "masks", "recipes"])
def test_the_tools_for_requests_know_no_client_and_no_studio(module: str) -> None:
    assert f"helpers.{module}" in graph()
    others = ("calls", "studio", "display", "sweeps", "widgets")
    assert forbidden(f"helpers.{module}", *(f"helpers.{room}" for room in others)) == []


def test_pictures_know_no_model_and_no_request() -> None:
    assert forbidden("helpers.pictures", "helpers.schemas", "helpers.models", "helpers.bodies") == []


def test_nobody_but_connect_and_the_command_line_starts_a_studio() -> None:
    starters = {
        module_of(path)
        for path in HELPERS.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("process.start", "StudioServer")
    }
    assert starters == {"helpers.calls.client", "helpers.studio.__main__"}


def test_the_studio_knows_nobody_above_it() -> None:
    above = ("calls", "display", "recipes", "sweeps", "widgets", "lessons", "doctor")
    assert forbidden("helpers.studio", *(f"helpers.{room}" for room in above)) == []


def test_the_engine_knows_no_wire_and_no_schemas() -> None:
    others = ("schemas", "bodies", "models")
    others_of_the_studio = ("wire", "service", "workers", "process")
    rooms = (*(f"helpers.{room}" for room in others), *(f"helpers.studio.{room}" for room in others_of_the_studio))
    assert forbidden("helpers.studio.engines.painted", *rooms) == []


def test_each_chapter_of_the_diffusion_needs_only_earlier_ones() -> None:
    book = "helpers.studio.engines.painted.diffusion"
    contents = (HELPERS / "studio/engines/painted/diffusion/__init__.py").read_text("utf-8")
    chapters = [f"{book}.{name}" for name in re.findall(r"^ *\d+\. (\w+)", contents, re.MULTILINE)]
    assert sorted(chapters) == sorted(module for module in files() if module.startswith(f"{book}."))
    for number, chapter in enumerate(chapters):
        assert {need for need in needs()[chapter] if need in chapters} <= set(chapters[:number]), chapter


def test_what_the_studio_asks_of_an_engine_knows_nothing_of_ours() -> None:
    assert graph()["helpers.studio.protocol"] == set()


def test_the_studios_front_knows_no_engine() -> None:
    for module in ("__main__", "wire", "service", "workers.pools", "workers.pool", "process"):
        assert (
            forbidden(f"helpers.studio.{module}", "helpers.studio.engines.painted", "helpers.studio.workers.worker")
            == []
        )


ASKING_ROOMS = ("schemas", "bodies", "studio.service")  # these alone know what a family's bodies look like


def askers(tree: ast.AST, names: frozenset[str], keys: frozenset[str]) -> list[str]:
    """Every place that names a family, looks for a family's fields in a body, or imports a request by its name."""
    found = []
    for node in ast.walk(tree):
        looked_for: ast.AST | None = None
        match node:
            case ast.Compare(left=left, ops=[ast.In() | ast.NotIn()]):
                looked_for = left
            case ast.Call(func=ast.Attribute(attr="get"), args=[first, *_]):
                looked_for = first
            case ast.Subscript(slice=inside, ctx=ast.Load()):
                looked_for = inside
            case ast.Constant(value=str(text)) if text in names:
                found.append(f"line {node.lineno}: names {text}")
            case ast.ImportFrom(module=str(room), names=imported) if room.startswith("helpers.schemas"):
                found += [f"line {node.lineno}: imports {one.name}" for one in imported if one.name.endswith("Request")]
        if isinstance(looked_for, ast.Constant) and looked_for.value in keys:
            found.append(f"line {looked_for.lineno}: looks for {looked_for.value}")
    return found


def families_words() -> tuple[frozenset[str], frozenset[str]]:
    """The families' names, and the fields by which one would tell their bodies apart."""
    every = FAMILIES.values()
    marks = {name for family in every for form in family.masks for name in form.declared_by}
    keys = {name for family in every for name in (*family.prompt_fields, *family.image_fields)} | marks
    return frozenset(FAMILIES), frozenset(keys)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ('if model.schema == "sdxl": pass', "names sdxl"),
        ('x = "text_prompts" in body', "looks for text_prompts"),
        ('x = "init_image" not in body', "looks for init_image"),
        ('x = body["prompt"]', "looks for prompt"),
        ('x = body.get("mask_source")', "looks for mask_source"),
        ("from helpers.schemas import CoreRequest", "imports CoreRequest"),
    ],
)
def test_a_question_for_the_model_is_seen(code: str, said: str) -> None:
    (found,) = askers(ast.parse(code), *families_words())
    assert said in found


def test_nobody_but_the_families_own_rooms_asks_which_model_a_body_is_for() -> None:
    told = {}
    for path in HELPERS.rglob("*.py"):
        module = module_of(path).removeprefix("helpers.")
        found = askers(ast.parse(path.read_text("utf-8")), *families_words())
        if found and not module.startswith(ASKING_ROOMS):
            told[module] = found
    assert told == {}


def test_labs_stand_alone() -> None:
    scripts = list((ROOT / "labs").rglob("*.py"))
    assert scripts
    ours = {"helpers", "setup", "workshop", "labs", "tests"}
    for script in scripts:
        used = {name.split(".")[0] for name in imports_of(script, script.stem)}
        assert not used & ours, script
        outside = used - set(sys.stdlib_module_names) - {"boto3", "botocore", "PIL", ""}
        assert not outside, (script, outside)


def test_importing_helpers_loads_nothing_heavy() -> None:
    code = f"import sys, helpers; print([name for name in {HEAVY!r} if name in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert (told.stdout.strip(), told.stderr) == ("[]", "")


def test_the_studios_front_loads_no_numpy() -> None:
    code = "import sys, helpers.studio.wire.server; print('numpy' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert (told.stdout.strip(), told.stderr) == ("False", "")


def types_of(path: Path) -> Iterator[str]:
    """The classes and type aliases at the top of a file that other files may take from it."""
    for node in ast.parse(path.read_text("utf-8")).body:
        match node:
            case ast.ClassDef(name=name):
                pass
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
                pass
            case _:
                continue
        if name[0].isupper() and not name.isupper():
            yield name


def test_no_two_types_have_one_name() -> None:
    """Labs are left out: each stands alone, and shows what a learner would write."""
    places: dict[str, list[str]] = {}
    for folder in ("helpers", "setup"):
        for path in (ROOT / folder).rglob("*.py"):
            for name in types_of(path):
                places.setdefault(name, []).append(path.relative_to(ROOT).as_posix())
    assert len(places) > 150
    assert {name: where for name, where in places.items() if len(where) > 1} == {}
