"""A request as code that sends the same bytes: a notebook cell, a boto3 script, a call of the AWS command line.

A cell calls the helper of its task where that returns the very same body, and holds the plain dict where it does not.
Recipes, the playground and the explorer all show code from here.
"""

import inspect
import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal, NamedTuple

from helpers import bodies, models, pictures
from helpers.bodies import Body
from helpers.errors import BodyError, WorkshopError
from helpers.language.remarks import ignore_warnings
from helpers.pictures.formats import EXTENSIONS, extension_of
from helpers.schemas import Family, families
from helpers.schemas.families import MaskForm, PromptPart

Escapes = Literal["python", "json"]

MAX_ARGUMENT = 6000  # characters of a body on a command line; Windows takes 8191 in all
_FIRST_CHARACTERS = 24  # of an image's base64, in a shortened body


@dataclass(frozen=True, eq=False)
class RepeatableRequest:
    """A request, with all that code needs to send it again."""

    body: Mapping[str, Any]
    model: str  # model id
    inputs: Mapping[str, Path]  # the file of each image in the body, by its field
    backend: str | None = None  # "studio" or "aws", where that is known
    seed: int | None = None  # the one used, drawn by the service where the body has none
    cost: float | None = None  # USD


class _Code(NamedTuple):
    """An argument of a helper, as source and as the value that the source stands for."""

    written: str
    value: Any


def cell(request: RepeatableRequest) -> str:
    """Return a notebook cell that sends the request again with helpers."""
    helper = _helper_call(request)
    named = "" if helper or _is_default_model(request) else f", model={literal(request.model)}"
    return f"{_prepared(request, helper)}made = helpers.invoke(bedrock, body{named})\nmade\n"


def preparation(request: RepeatableRequest) -> str:
    """Return the first lines of a cell: its imports, `bedrock` and `body`."""
    return _prepared(request, _helper_call(request))


def seeds_cell(
    asked: Sequence[Body],
    backend: str,
    region: str | None = None,
    *,
    reference: str | None = None,
    mask: str | None = None,
) -> str:
    """Return a notebook cell that sends these bodies, which differ in their seeds alone, and shows what comes.

    The helper of the task makes each body, with all its arguments written out. `reference`, `mask`: the files of the init
    image and of its mask, below `helpers.outputs()`.
    """
    lines = ["import helpers", "", connect_line(backend, region)]
    if reference:
        lines.append(f"reference = helpers.outputs({literal(reference, 'json')})")
    if mask:
        lines.append(f"mask = helpers.Mask.from_image(helpers.outputs({literal(mask, 'json')}))")
    first = asked[0]
    family = bodies.required_family(models.get(first.model))
    variables = {field: _Code("reference", None) for field in family.image_fields[:1]}
    form = family.mask(first)
    if form is not None:
        variables[form.picture] = _Code("mask", None)
    name, given, named = _arguments(first, first.model, family, variables, every_argument=True, escapes="json")
    if len(asked) == 1:
        lines += [f"body = {_call(name, given, named)}", "made = helpers.invoke(bedrock, body)"]
        return "\n".join([*lines, "helpers.show(made)", ""])
    seeds = f"range({first['seed']}, {asked[-1]['seed'] + 1})"
    call = _call(name, given, {**named, "seed": _Code("seed", None)}).replace("\n", "\n    ")
    lines += ["made = []", f"for seed in {seeds}:", f"    body = {call}"]
    return "\n".join([*lines, "    made.append(helpers.invoke(bedrock, body))", "helpers.strip(made)", ""])


def boto3_script(request: RepeatableRequest, picture: str) -> str:
    """Return a script that sends the request again with boto3 alone, and saves the new picture as `…_again`.

    `picture`: the file that the request made.
    """
    name = _again(picture, request)
    title = f"Makes {Path(picture).name} again through the Amazon Bedrock API, as {name}, with boto3 alone."
    region = _region(request)
    client = f'"bedrock-runtime", region_name="{region}"' if region else '"bedrock-runtime"'
    image, reason = _in_answer(request)
    return f'''"""{escaped(title)}"""

import base64
import json
from pathlib import Path

import boto3

{_comments(request, "python script.py")}body = {body_literal(request, absolute=True)}
path = Path({literal(name)})
if path.exists():
    raise SystemExit(f"{{path}} is there already. Move it away, or choose another name.")

bedrock = boto3.client({client})
response = bedrock.invoke_model(
    modelId={literal(request.model)},
    body=json.dumps(body),
    contentType="application/json",
    accept="application/json",
)
answer = json.loads(response["body"].read())
reason = {reason}
if reason not in ("SUCCESS", None):
    raise SystemExit(f"No picture was made: {{reason}}.")
path.write_bytes(base64.b64decode({image}))
print(f"Saved {{path}}.")
'''


def command_line(request: RepeatableRequest, picture: str) -> str:
    """Return the call of the AWS CLI (version 2) that sends the request again, and the line that unpacks its answer.

    For bash and shells like it. `picture`: the file that the request made.
    """
    text, stem = json.dumps(request.body), Path(picture).stem
    answer = f"{stem}_again.json"
    lines = _comments(request, "bash call.sh").splitlines()
    if families.images(request.body) or len(text) > MAX_ARGUMENT:
        source = f"{stem}_body.json"
        asked = f"helpers.recipe({literal(picture)}).save_body({literal(source)})"
        lines.append(f"# The body is too large for a command line. Write it to a file first, in Python: {asked}")
        body = f"--body {shlex.quote(f'fileb://{source}')}"
    else:
        lines.append("# For version 2 of the AWS CLI; with version 1, leave --cli-binary-format raw-in-base64-out out.")
        body = f"--cli-binary-format raw-in-base64-out --body {shlex.quote(text)}"
    region = _region(request)
    where = f" --region {region}" if region else ""
    call = [
        f"aws bedrock-runtime invoke-model{where}",
        f"--model-id {shlex.quote(request.model)}",
        "--content-type application/json --accept application/json",
        body,
        shlex.quote(answer),
    ]
    image = _in_answer(request)[0].replace("answer", f"json.load(open({literal(answer)}))", 1)
    unpack = f'import base64, json; open({literal(_again(picture, request))}, "xb").write(base64.b64decode({image}))'
    return "\n".join([*lines, " \\\n  ".join(call), f"python -c {shlex.quote(unpack)}", ""])


def body_literal(request: RepeatableRequest, *, absolute: bool = False) -> str:
    """Return the body as a Python dict, one field a line, its images read from their files."""
    lines = []
    for key, value in request.body.items():
        if key in request.inputs:
            file = literal(_path(request.inputs[key], absolute))
            lines.append(f"    {literal(key)}: base64.b64encode(Path({file}).read_bytes()).decode(),")
        elif isinstance(value, list) and value:
            rows = "".join(f"        {literal(one)},\n" for one in value)
            lines.append(f"    {literal(key)}: [\n{rows}    ],")
        else:
            lines.append(f"    {literal(key)}: {literal(value)},")
    return "{\n" + "\n".join(lines) + "\n}"


def shortened(body: Mapping[str, Any]) -> str:
    """Return the body as indented JSON for people, each image cut to its first characters, its size and its length."""
    shown = {**body, **{key: _beginning(value) for key, value in families.images(body).items()}}
    return json.dumps(shown, ensure_ascii=False, indent=2)


def connect_line(backend: str | None, region: str | None = None) -> str:
    """Return the line of Python that makes `bedrock`."""
    place = ['"aws"'] if backend == "aws" else []
    if place and region:
        place.append(f"region={literal(region)}")
    return f"bedrock = helpers.connect({', '.join(place)})"


def literal(value: Any, escapes: Escapes = "python") -> str:
    """Return the Python source of a JSON value or a tuple, its strings in double quotes.

    `escapes`: "python" escapes every character that does not print; "json" escapes control characters alone, in JSON's
    way, which Python reads too.
    """
    if isinstance(value, str):
        return f'"{escaped(value)}"' if escapes == "python" else json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        pairs = (f"{literal(key, escapes)}: {literal(one, escapes)}" for key, one in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, (list, tuple)):
        inside = ", ".join(literal(one, escapes) for one in value)
        if isinstance(value, list):
            return f"[{inside}]"
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    return repr(value)


def escaped(text: str) -> str:
    """Return the text as one line for between double quotes in Python, with every character that does not print escaped."""
    return "".join(map(_character, text))


# ---- the helper of the task -----------------------------------------------------------------------------------------


def _prepared(request: RepeatableRequest, call: str | None) -> str:
    imports = "import base64\nfrom pathlib import Path\n\n" if call is None and request.inputs else ""
    backend = None if _retired(request) else request.backend
    return f"""{imports}import helpers

{_comments(request)}{connect_line(backend)}
body = {call or body_literal(request)}
"""


def _helper_call(request: RepeatableRequest) -> str | None:
    """Return the call of a helper that returns the very same body; None where there is no such call."""
    family = models.family_for_body(request.body)
    if family is None:
        return None
    try:
        files = {field: _Code(literal(_path(path)), path) for field, path in request.inputs.items()}
        name, given, named = _arguments(request.body, request.model, family, files)
        helper = getattr(bodies, name)
        with ignore_warnings():
            body = helper(*(one.value for one in given), **{key: one.value for key, one in named.items()})
    except (WorkshopError, AttributeError, KeyError, TypeError, ValueError):
        return None
    return _call(name, given, named) if json.dumps(body) == json.dumps(request.body) else None


def _call(helper: str, given: Iterable[_Code], named: Mapping[str, _Code]) -> str:
    """Return the call of a helper, one argument a line."""
    arguments = [*(one.written for one in given), *(f"{key}={one.written}" for key, one in named.items())]
    return "\n".join([f"helpers.{helper}(", *(f"    {argument}," for argument in arguments), ")"])


def _arguments(
    body: Mapping[str, Any],
    model_id: str,
    family: Family,
    images: Mapping[str, _Code],
    *,
    every_argument: bool = False,
    escapes: Escapes = "python",
) -> tuple[str, list[_Code], dict[str, _Code]]:
    """Return the helper that makes this body, its arguments by position, and those by name.

    `images`: the argument for each image of the body, by its field. `every_argument`: write defaults too.
    """

    def code(value: Any) -> _Code:
        return _Code(literal(value, escapes), value)

    name, form = family.task(body), family.mask(body)
    wanted, unwanted = _split_prompts(family.prompts(body))
    given = [code(wanted)]
    if family.init_image(body):
        given.append(images[family.image_fields[0]])
    if form is not None:
        given.append(_mask(images[form.picture], form))
    model, helper = models.get(model_id), inspect.signature(getattr(bodies, name))
    named = {} if unwanted is None else {"negative_prompt": code(unwanted)}
    settings = bodies.arguments(body, model, all_of_them=every_argument) | _mask_settings(form, helper)
    named |= {key: code(value) for key, value in settings.items()}
    if model is not models.get(bodies.DEFAULT_MODEL):
        named["model"] = code(model.roles[0])
    return name, given, named


def _mask_settings(form: MaskForm | None, helper: inspect.Signature) -> dict[str, str]:
    """Return the arguments that choose the form of the mask, where the helper would choose another."""
    said = form.declared_by if form else {}
    return {name: value for name, value in said.items() if value != helper.parameters[name].default}


def _split_prompts(parts: Sequence[PromptPart]) -> tuple[Any, Any]:
    """Return the prompts as the helpers take them, and those at the end with weight -1 as negative prompts."""
    end = len(parts)
    while end > 1 and repr(parts[end - 1].weight) == "-1.0":
        end -= 1
    wanted = [(one.text, one.weight) if one.is_weighed else one.text for one in parts[:end]]
    unwanted = [one.text for one in parts[end:]]
    return _alone(wanted), _alone(unwanted) if unwanted else None


def _mask(image: _Code, form: MaskForm) -> _Code:
    from helpers.masks.mask import Mask

    if form.changes == "white":
        return image
    if form.changes == "black":
        return _Code(f"~helpers.Mask.from_image({image.written})", ~Mask.from_image(image.value))
    return _Code(f"helpers.Mask.from_alpha({image.written})", Mask.from_alpha(image.value))


def _alone(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values


# ---- private --------------------------------------------------------------------------------------------------------


def _comments(request: RepeatableRequest, command: str = "") -> str:
    """Return what a reader must know before running it, as comments."""
    said = []
    if not request.body.get("seed") and request.seed:
        said.append(
            f"The body left the seed to chance, and {request.seed} was drawn: with that seed the picture comes again."
        )
    if _retired(request):
        model = models.get(request.model)
        how = f": python -m helpers.studio -- {command}" if command else "."
        still = f" The offline studio still draws it{how}" if model.studio else ""
        said.append(f"{model.name} left Amazon Bedrock on {model.eol}.{still}")
    elif request.backend == "aws" and isinstance(request.cost, float):
        said.append(f"On AWS this costs {request.cost:.2f} USD.")
    return "".join(f"# {line}\n" for line in said)


def _retired(request: RepeatableRequest) -> bool:
    model = models.find(request.model)
    return model is not None and model.retired_on(date.today())


def _region(request: RepeatableRequest) -> str | None:
    """Return the Region of a living model that is in one alone; None leaves the choice to the reader."""
    model = models.find(request.model)
    return model.regions[0] if model and len(model.regions) == 1 and not _retired(request) else None


def _is_default_model(request: RepeatableRequest) -> bool:
    try:
        return models.for_body(dict(request.body)).invoke_id == request.model
    except BodyError:
        return False


def _in_answer(request: RepeatableRequest) -> tuple[str, str]:
    """Return the expressions for the image and the finish reason in the model's answer."""
    family = models.family_for_body(request.body)
    if family is None:  # a model that the workshop does not know; most of Stability's answer so
        return 'answer["images"][0]', 'answer["finish_reasons"][0]'
    return _place("answer", family.picture_in_answer), _place("answer", family.reason_in_answer)


def _place(start: str, steps: Iterable[str | int]) -> str:
    return start + "".join(f"[{literal(step)}]" for step in steps)


def _again(picture: str, request: RepeatableRequest) -> str:
    """Return the name of the file that the request's new picture goes into, with the extension that the service sends."""
    kind = str(request.body.get("output_format", "png")).upper()
    extension = extension_of(kind if kind in EXTENSIONS.values() else "PNG")
    return f"{Path(picture).stem}_again{extension}"


def _path(path: Path, absolute: bool = False) -> str:
    """Return an input's path from the current folder, where it lies below it; else from the root."""
    path = path.absolute()
    return (path if absolute or not path.is_relative_to(Path.cwd()) else path.relative_to(Path.cwd())).as_posix()


def _beginning(image: str) -> str:
    width, height = pictures.from_base64(image).size
    return f"{image[:_FIRST_CHARACTERS]}… (PNG of {width} x {height} pixels, {len(image):,} characters)"


def _character(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
