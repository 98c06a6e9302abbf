"""Keeps the repository small, readable and free of facts that belong in the registry."""

import ast
import io
import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[1]
MAX_BYTES = 20_000_000
CONFIGURE = re.compile(r"aws configure(?! sso)")

# A model id as Bedrock writes it, with or without the prefix of an inference profile.
MODEL_ID = re.compile(
    r"\b(?:(?:us|eu|apac|global)\.)?(?:stability|amazon|anthropic)\.[a-z0-9][a-z0-9.-]*-v\d[a-z0-9:.-]*\b"
)
MAY_NAME_MODELS = ("helpers/models.toml", "helpers/schemas/", "labs/", "data/", "tests/")


def tracked() -> list[str]:
    """The files of the repository, as git knows them; a workshop unpacked from a ZIP file has no git."""
    told = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True)
    if told.returncode != 0:
        pytest.skip("this folder is no git repository")
    names = told.stdout.decode("utf-8").split("\0")
    return [name for name in names if name and (ROOT / name).is_file()]


def text_of(name: str) -> str:
    try:
        return (ROOT / name).read_text("utf-8")
    except UnicodeDecodeError:
        return ""


def test_the_repository_clones_quickly() -> None:
    assert sum((ROOT / name).stat().st_size for name in tracked()) < MAX_BYTES


def test_every_module_begins_with_its_reason_to_exist() -> None:
    code = [name for name in tracked() if name.endswith(".py") and not name.startswith("tests/")]
    assert [name for name in code if text_of(name).strip() and not text_of(name).lstrip("r").startswith('"""')] == []


def test_the_licence_is_there() -> None:
    assert text_of("LICENSE").startswith("MIT License")


def test_what_the_workshop_makes_is_not_tracked() -> None:
    made = (".venv/", "outputs/", "__pycache__/", ".ipynb_checkpoints/")
    assert [name for name in tracked() if any(part in f"{name}/" for part in made)] == []


def test_models_are_named_in_the_registry_alone() -> None:
    code = [name for name in tracked() if name.endswith((".py", ".toml", ".json", ".yml"))]
    outside = [name for name in code if not name.startswith(MAY_NAME_MODELS)]
    assert {name: MODEL_ID.findall(text_of(name)) for name in outside if MODEL_ID.search(text_of(name))} == {}


def test_lessons_and_pages_name_only_models_of_the_registry() -> None:
    known = set(MODEL_ID.findall(text_of("helpers/models.toml")))
    assert known
    for name in tracked():
        if name.endswith(".md"):
            named = set(MODEL_ID.findall(text_of(name)))
        elif name.endswith(".ipynb"):
            cells = json.loads(text_of(name))["cells"]
            named = {found for cell in cells for found in MODEL_ID.findall("".join(cell["source"]))}
        else:
            continue
        assert named <= known, name


def test_wherever_aws_configure_is_said_stands_the_line_that_installs_it() -> None:
    said: list[str] = []
    for name in tracked():
        if name.startswith(("helpers/", "labs/", "setup/")) and name.endswith(".py"):
            nodes = ast.walk(ast.parse(text_of(name)))
            said += [str(node.value) for node in nodes if isinstance(node, ast.Constant)]
        elif name.startswith("helpers/") and name.endswith(".po"):
            said += [str(message.string) for message in read_po(io.StringIO(text_of(name)))]
        elif name.endswith(".ipynb"):  # a page: where it is said first
            cells = ["".join(cell["source"]) for cell in json.loads(text_of(name))["cells"]]
            said += [text for text in cells if CONFIGURE.search(text)][:1]
        elif name.endswith(".md"):
            said.append(text_of(name))
    said = [text for text in said if CONFIGURE.search(text)]
    assert [text for text in said if "python -m pip install awscli" not in text] == []
    assert len(said) > 10


def test_the_pattern_knows_a_model_id_when_it_sees_one() -> None:
    for name in ("stability.stable-diffusion-xl-v1", "us.stability.stable-image-core-v1:1", "amazon.nova-canvas-v1:0"):
        assert MODEL_ID.fullmatch(name), name
    assert not MODEL_ID.search("stability.ai and amazon.com")


def test_ci_asks_for_no_more_rights_than_it_needs() -> None:
    workflow = text_of(".github/workflows/ci.yml")
    assert "permissions:\n  contents: read\n" in workflow
    assert workflow.count("permissions:") == 1
    assert "secrets." not in workflow
    low, high = re.findall(r"\d+\.\d+", tomllib.loads(text_of("pyproject.toml"))["project"]["requires-python"])
    newest = f"3.{int(high.split('.')[1]) - 1}"
    assert f'python: ["{low}", "{newest}"]' in workflow
