"""Writes a request as what a person would run: a notebook cell, a boto3 script, a call of the AWS command line.

Each sends the same bytes. A cell says it with the helper of its task where that gives the very same body, and with the
plain dict where it does not.
"""

import inspect
import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from helpers import bodies, models
from helpers.errors import BodyError, WorkshopError
from helpers.language.remarks import ignore_warnings
from helpers.schemas import Family, families
from helpers.schemas.families import MaskForm, PromptPart

if TYPE_CHECKING:
    from helpers.recipes.reading import Recipe

LONGEST_ARGUMENT = 6000  # characters of a body on a command line; Windows takes 8191 in all


class _Code(NamedTuple):
    """An argument of a helper: how it is written, and what it is."""

    written: str
    value: Any


def cell(recipe: "Recipe") -> str:
    """A notebook cell that makes the picture again with helpers."""
    helper = _with_helper(recipe)
    named = "" if helper or _is_default_model(recipe) else f", model={literal(recipe.model)}"
    return f"{_prepared(recipe, helper)}made = helpers.invoke(bedrock, body{named})\nmade\n"


def preparation(recipe: "Recipe") -> str:
    """The first lines of a cell: what it imports, `bedrock` and `body`."""
    return _prepared(recipe, _with_helper(recipe))


def _prepared(recipe: "Recipe", body: str | None) -> str:
    imports = "import base64\nfrom pathlib import Path\n\n" if body is None and recipe.inputs else ""
    connect = 'helpers.connect("aws")' if recipe.backend == "aws" and not _retired(recipe) else "helpers.connect()"
    return f"""{imports}import helpers

{_comments(recipe)}bedrock = {connect}
body = {body or body_literal(recipe)}
"""


def boto3_script(recipe: "Recipe") -> str:
    """A script that makes the picture again with boto3 alone, and writes it under a new name."""
    name = f"{recipe.stem}_again{recipe.suffix}"
    title = f"Makes {recipe.name} again through the Amazon Bedrock API, as {name}, with boto3 alone."
    region = _region(recipe)
    client = f'"bedrock-runtime", region_name="{region}"' if region else '"bedrock-runtime"'
    picture, reason = _in_answer(recipe)
    return f'''"""{escaped(title)}"""

import base64
import json
from pathlib import Path

import boto3

{_comments(recipe, "python script.py")}body = {body_literal(recipe, absolute=True)}
path = Path({literal(name)})
if path.exists():
    raise SystemExit(f"{{path}} is there already. Move it away, or choose another name.")

bedrock = boto3.client({client})
response = bedrock.invoke_model(
    modelId={literal(recipe.model)},
    body=json.dumps(body),
    contentType="application/json",
    accept="application/json",
)
answer = json.loads(response["body"].read())
reason = {reason}
if reason not in ("SUCCESS", None):
    raise SystemExit(f"No picture was made: {{reason}}.")
path.write_bytes(base64.b64decode({picture}))
print(f"Saved {{path}}.")
'''


def command_line(recipe: "Recipe") -> str:
    """The call of the AWS command line (version 2) that makes the picture again, for bash and its like."""
    text, answer = recipe.body_json, f"{recipe.stem}_again.json"
    lines = _comments(recipe, "bash call.sh").splitlines()
    if families.pictures(recipe.body) or len(text) > LONGEST_ARGUMENT:
        source = f"{recipe.stem}_body.json"
        asked = f"helpers.recipe({literal(recipe.given)}).save_body({literal(source)})"
        lines.append(f"# The body is too large for a command line. Write it to a file first, in Python: {asked}")
        body = f"--body {shlex.quote(f'fileb://{source}')}"
    else:
        lines.append("# For version 2 of the AWS CLI; with version 1, leave --cli-binary-format raw-in-base64-out out.")
        body = f"--cli-binary-format raw-in-base64-out --body {shlex.quote(text)}"
    region = _region(recipe)
    where = f" --region {region}" if region else ""
    call = [
        f"aws bedrock-runtime invoke-model{where}",
        f"--model-id {shlex.quote(recipe.model)}",
        "--content-type application/json --accept application/json",
        body,
        shlex.quote(answer),
    ]
    picture = _in_answer(recipe)[0].replace("answer", f"json.load(open({literal(answer)}))", 1)
    name = literal(f"{recipe.stem}_again{recipe.suffix}")
    unpack = f'import base64, json; open({name}, "xb").write(base64.b64decode({picture}))'
    return "\n".join([*lines, " \\\n  ".join(call), f"python -c {shlex.quote(unpack)}", ""])


def body_literal(recipe: "Recipe", *, absolute: bool = False) -> str:
    """The body as a Python dict, one field a line; pictures are read from their files."""
    lines = []
    for key, value in recipe.body.items():
        if key in recipe.inputs:
            file = literal(_shown(recipe.inputs[key], absolute))
            lines.append(f"    {literal(key)}: base64.b64encode(Path({file}).read_bytes()).decode(),")
        elif isinstance(value, list) and value:
            rows = "".join(f"        {literal(one)},\n" for one in value)
            lines.append(f"    {literal(key)}: [\n{rows}    ],")
        else:
            lines.append(f"    {literal(key)}: {literal(value)},")
    return "{\n" + "\n".join(lines) + "\n}"


def literal(value: Any) -> str:
    """A value of JSON as Python writes it: strings in double quotes, legible, without a character that hides."""
    if isinstance(value, str):
        return f'"{escaped(value)}"'
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{literal(key)}: {literal(one)}" for key, one in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        inside = ", ".join(map(literal, value))
        if isinstance(value, list):
            return f"[{inside}]"
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    return repr(value)


def escaped(text: str) -> str:
    """The text as it stands between double quotes in Python: one line, and whatever it holds, it ends nothing."""
    return "".join(map(_character, text))


# ---- the helper of the task -----------------------------------------------------------------------------------------


def _with_helper(recipe: "Recipe") -> str | None:
    """The call of a helper that gives the very same body; None where none does."""
    family = models.family_of(recipe.body)
    if family is None:
        return None
    try:
        name, given, named = _arguments(recipe, family)
        helper = getattr(bodies, name)
        with ignore_warnings():
            body = helper(*(one.value for one in given), **{key: one.value for key, one in named.items()})
    except (WorkshopError, AttributeError, KeyError, TypeError, ValueError):
        return None
    if json.dumps(body) != recipe.body_json:
        return None
    lines = [*(one.written for one in given), *(f"{key}={one.written}" for key, one in named.items())]
    return f"helpers.{name}(\n" + "".join(f"    {line},\n" for line in lines) + ")"


def _arguments(recipe: "Recipe", family: Family) -> tuple[str, list[_Code], dict[str, _Code]]:
    body, name, form = recipe.body, family.task(recipe.body), family.mask(recipe.body)
    wanted, unwanted = _split_prompts(family.prompts(body))
    given = [_code(wanted)]
    if family.start(body):
        given.append(_file(recipe, family.pictures[0]))
    if form is not None:
        given.append(_mask(recipe, form))
    model, helper = models.get(recipe.model), inspect.signature(getattr(bodies, name))
    named = {} if unwanted is None else {"negative_prompt": _code(unwanted)}
    named |= {key: _code(value) for key, value in bodies.arguments(body, model).items()}
    named |= {key: _code(value) for key, value in _form_said(form, helper).items()}
    if model is not models.get(bodies.DEFAULT_MODEL):
        named["model"] = _code(model.roles[0])
    return name, given, named


def _form_said(form: MaskForm | None, helper: inspect.Signature) -> dict[str, str]:
    """The form of the mask, where the helper would choose another."""
    said = form.said_by if form else {}
    return {name: value for name, value in said.items() if value != helper.parameters[name].default}


def _split_prompts(parts: Sequence[PromptPart]) -> tuple[Any, Any]:
    """The prompts as the helpers take them, those at the end with weight -1 as negative prompts."""
    end = len(parts)
    while end > 1 and repr(parts[end - 1].weight) == "-1.0":
        end -= 1
    wanted = [(one.text, one.weight) if one.is_weighed else one.text for one in parts[:end]]
    unwanted = [one.text for one in parts[end:]]
    return _alone(wanted), _alone(unwanted) if unwanted else None


def _mask(recipe: "Recipe", form: MaskForm) -> _Code:
    from helpers.masks.mask import Mask

    file = _file(recipe, form.picture)
    if form.changes == "white":
        return file
    if form.changes == "black":
        return _Code(f"~helpers.Mask.from_image({file.written})", ~Mask.from_image(file.value))
    return _Code(f"helpers.Mask.from_alpha({file.written})", Mask.from_alpha(file.value))


def _file(recipe: "Recipe", field: str) -> _Code:
    path = recipe.inputs[field]
    return _Code(literal(_shown(path)), path)


def _code(value: Any) -> _Code:
    return _Code(literal(value), value)


def _alone(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values


# ---- how ------------------------------------------------------------------------------------------------------------


def _comments(recipe: "Recipe", command: str = "") -> str:
    """What a reader must know before running it, as comments."""
    said = []
    if not recipe.body.get("seed") and recipe.seed:
        said.append(
            f"The body left the seed to chance, and {recipe.seed} was drawn: with that seed the picture comes again."
        )
    if _retired(recipe):
        model = models.get(recipe.model)
        how = f": python -m helpers.studio -- {command}" if command else "."
        still = f" The offline studio still draws it{how}" if model.studio else ""
        said.append(f"{model.name} left Amazon Bedrock on {model.eol}.{still}")
    elif recipe.backend == "aws" and isinstance(recipe.cost, float):
        said.append(f"On AWS this costs {recipe.cost:.2f} USD.")
    return "".join(f"# {line}\n" for line in said)


def _retired(recipe: "Recipe") -> bool:
    model = models.find(recipe.model)
    return model is not None and model.retired_on(date.today())


def _region(recipe: "Recipe") -> str | None:
    """The Region to name: that of a living model which lives in one alone. Elsewhere the reader's own choice holds."""
    model = models.find(recipe.model)
    return model.regions[0] if model and len(model.regions) == 1 and not _retired(recipe) else None


def _is_default_model(recipe: "Recipe") -> bool:
    try:
        return models.for_body(dict(recipe.body)).invoke_id == recipe.model
    except BodyError:
        return False


def _in_answer(recipe: "Recipe") -> tuple[str, str]:
    """Where the picture and the finish reason stand in the model's answer."""
    family = models.family_of(recipe.body)
    if family is None:  # a model that the workshop does not know; most of Stability's answer so
        return 'answer["images"][0]', 'answer["finish_reasons"][0]'
    return _place("answer", family.picture_in_answer), _place("answer", family.reason_in_answer)


def _place(start: str, steps: Iterable[str | int]) -> str:
    return start + "".join(f"[{literal(step)}]" for step in steps)


def _shown(path: Path, absolute: bool = False) -> str:
    """An input's path: as the picture's was given, where that leads there from here; else from the root."""
    return (path.resolve() if absolute or not path.exists() else path).as_posix()


def _character(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
