"""Request bodies: dicts that remember their model, made by one function a task and checked before they are paid for."""

from helpers.bodies.body import Body
from helpers.bodies.checking import check, notes, notes_on, required_family
from helpers.bodies.inputs import fit
from helpers.bodies.outpainting import outpaint
from helpers.bodies.prompts import PromptLike
from helpers.bodies.tasks import DEFAULT_MODEL, arguments, image_to_image, inpaint, text_to_image
from helpers.bodies.translation import core_body, retired, translated

__all__ = [
    "DEFAULT_MODEL",
    "Body",
    "PromptLike",
    "arguments",
    "check",
    "core_body",
    "fit",
    "image_to_image",
    "inpaint",
    "notes",
    "notes_on",
    "outpaint",
    "required_family",
    "retired",
    "text_to_image",
    "translated",
]
