"""What released clients send beyond a model's schema, as data: Bedrock most likely ignored it, and so does the studio.

Each row names a field of one family, the values that are ignored, the clients and what speaks for it. What is not in a
row stays an error, and the schemas themselves stay strict: a body is checked before it is sent, and never corrected.

Not among the rows, on purpose: `output_format` in capitals, as the user guide spells it, and `style_preset` and
`webp` of Core and Ultra, as a client that was tried on the living models reports them refused (bedrock-image-mcp-server
0.5.0); an init image or a mask of SDXL 0.8, as a picture made without it would pass for one made with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from helpers.schemas.families import SDXL, SDXL_08, STABLE_IMAGE, Family
from helpers.schemas.fields import TaskName

ANY = ...  # every value of a field


@dataclass(frozen=True)
class IgnoredField:
    """One field that clients send and a family ignores."""

    family: str
    field: str
    sent_by: str
    """Projects on GitHub and PyPI, or what kind of program."""
    why: str
    """What speaks for it that Bedrock took the field, or what it would have done with it."""
    values: tuple[Any, ...] = (ANY,)
    tasks: tuple[TaskName, ...] = ()
    """The tasks in which it is ignored; empty for all."""


_USE_CASES = "aws-samples/generative-ai-use-cases"
_WORKSHOP = "notebooks of aws-samples/amazon-bedrock-workshop, 2023"
_GRIPTAPE = "griptape-ai/griptape"
_AISTYLIST = "aws-samples/amazon-bedrock-aistylist-lab"
_FM = "bedrock_fm"
_SERIALISERS = "programs that write unset fields as null"
_TRIED = "griptape was tried on SDXL 1.0 in each task (its pull request 609)"
_MEANT_NOTHING = "it means what leaving the field out means"
_STABILITYS_GRPC = "a name of Stability's older gRPC interface, of which a REST body knows nothing"

RELEASED_CLIENTS: tuple[IgnoredField, ...] = (
    # SDXL 1.0: fields of another task.
    *(
        IgnoredField(SDXL.name, side, f"{_USE_CASES}, {_GRIPTAPE}", _TRIED, tasks=("image_to_image", "inpaint"))
        for side in ("width", "height")
    ),
    IgnoredField(
        SDXL.name,
        "image_strength",
        f"{_USE_CASES} (beside a mask); programs with one body for all tasks",
        "the mask says what is kept, and without init_image there is nothing to keep",
        tasks=("inpaint", "text_to_image"),
    ),
    IgnoredField(
        SDXL.name,
        "init_image_mode",
        "programs with one body for image to image and masks",
        "it chooses between image_strength and a schedule, and a mask takes neither",
        tasks=("inpaint",),
    ),
    # SDXL 1.0: names that no schema has.
    IgnoredField(SDXL.name, "start_schedule", f"{_WORKSHOP}, {_GRIPTAPE}", _STABILITYS_GRPC),
    IgnoredField(SDXL.name, "denoising_strength", _AISTYLIST, "its issue 8 says that SDXL 1.0 takes the body"),
    IgnoredField(SDXL.name, "sampler_name", _FM, "the field is called sampler"),
    IgnoredField(
        SDXL.name,
        "negative_prompt",
        "programs that carry a habit of other models over to SDXL 1.0",
        "SDXL's negative prompts are text_prompts with a weight below 0",
    ),
    # SDXL 1.0: values that stand for no value.
    IgnoredField(
        SDXL.name, "style_preset", f"forms in which no style is chosen; {_SERIALISERS}", _MEANT_NOTHING, ("", None)
    ),
    IgnoredField(SDXL.name, "clip_guidance_preset", f"forms; {_SERIALISERS}", _MEANT_NOTHING, ("", None)),
    *(
        IgnoredField(SDXL.name, field, _SERIALISERS, _MEANT_NOTHING, (None,))
        for field in (
            "cfg_scale",
            "extras",
            "height",
            "image_strength",
            "init_image",
            "init_image_mode",
            "mask_image",
            "samples",
            "seed",
            "step_schedule_end",
            "step_schedule_start",
            "steps",
            "width",
        )
    ),
    *(
        IgnoredField(SDXL.name, field, f"forms in which nothing is chosen; {_SERIALISERS}", _MEANT_NOTHING, ("", None))
        for field in ("mask_source", "sampler")
    ),
    # SDXL 0.8, whose page lists four fields. The same clients sent it what they send to SDXL 1.0.
    *(
        IgnoredField(SDXL_08.name, side, f"tutorials of 2023, {_GRIPTAPE}, {_FM}", "its pictures have one size")
        for side in ("width", "height")
    ),
    *(
        IgnoredField(SDXL_08.name, field, f"{_WORKSHOP}, {_GRIPTAPE}, AWS's code examples", "its page does not list it")
        for field in (
            "clip_guidance_preset",
            "image_strength",
            "init_image_mode",
            "negative_prompt",
            "sampler",
            "start_schedule",
            "style_preset",
        )
    ),
    IgnoredField(SDXL_08.name, "sampler_name", _FM, "its page does not list it"),
    IgnoredField(SDXL_08.name, "samples", _FM, "one picture is what it makes", (1,)),
    *(
        IgnoredField(SDXL_08.name, field, _SERIALISERS, _MEANT_NOTHING, (None,))
        for field in ("cfg_scale", "extras", "init_image", "mask_image", "mask_source", "seed", "steps")
    ),
    # Core and Ultra. Four clients send this value, one of them tried on the living models; another client reports it refused.
    IgnoredField(
        STABLE_IMAGE.name,
        "mode",
        "stdapi-ai/stdapi.ai, techthoughts2/pwshBedrock, AWS's notebooks for SD3.5 Large",
        "it names the only thing that these models do",
        ("text-to-image",),
    ),
)


def without_ignored(family: Family, content: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return a body without the fields that its family ignores, and their names in the body's order."""
    rows = [row for row in RELEASED_CLIENTS if row.family == family.name and row.field in content]
    ignored = {row.field for row in rows if not row.tasks and _has_value(row, content)}
    task = family.task({name: value for name, value in content.items() if name not in ignored})
    ignored |= {row.field for row in rows if task in row.tasks and _has_value(row, content)}
    kept = {name: value for name, value in content.items() if name not in ignored}
    return kept, tuple(name for name in content if name in ignored)


def _has_value(row: IgnoredField, content: Mapping[str, Any]) -> bool:
    value = content[row.field]
    return ANY in row.values or any(type(value) is type(one) and value == one for one in row.values)
