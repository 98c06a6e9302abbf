"""The workshop's library: everything a notebook needs, by one name. Nothing is imported before it is used."""

from __future__ import annotations  # python_check.py reads this on a Python that is too old for the rest

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from helpers import bodies as bodies
    from helpers import client as client
    from helpers import display as display
    from helpers import errors as errors
    from helpers import images as images
    from helpers import leaks as leaks
    from helpers import mask_forms as mask_forms
    from helpers import masks as masks
    from helpers import models as models
    from helpers import outpainting as outpainting
    from helpers import recipes as recipes
    from helpers import sweeps as sweeps
    from helpers import widgets as widgets
    from helpers.bodies import check as check
    from helpers.bodies import core_body as core_body
    from helpers.bodies import image_to_image as image_to_image
    from helpers.bodies import inpaint as inpaint
    from helpers.bodies import text_to_image as text_to_image
    from helpers.client import Generation as Generation
    from helpers.client import connect as connect
    from helpers.client import invoke as invoke
    from helpers.display import compare as compare
    from helpers.display import grid as grid
    from helpers.display import show as show
    from helpers.display import strip as strip
    from helpers.errors import AccessError as AccessError
    from helpers.errors import BodyError as BodyError
    from helpers.errors import BudgetError as BudgetError
    from helpers.errors import CallError as CallError
    from helpers.errors import CallSetupError as CallSetupError
    from helpers.errors import ConnectionCallError as ConnectionCallError
    from helpers.errors import ContentFilterError as ContentFilterError
    from helpers.errors import FilteredError as FilteredError
    from helpers.errors import ImageError as ImageError
    from helpers.errors import MalformedBodyError as MalformedBodyError
    from helpers.errors import MaskError as MaskError
    from helpers.errors import ModelFailedError as ModelFailedError
    from helpers.errors import NoCredentialsError as NoCredentialsError
    from helpers.errors import PictureExistsError as PictureExistsError
    from helpers.errors import Problem as Problem
    from helpers.errors import PromptRefusedError as PromptRefusedError
    from helpers.errors import RecipeError as RecipeError
    from helpers.errors import RegionError as RegionError
    from helpers.errors import RetiredModelError as RetiredModelError
    from helpers.errors import ServiceError as ServiceError
    from helpers.errors import SetupError as SetupError
    from helpers.errors import ThrottledError as ThrottledError
    from helpers.errors import TimeoutCallError as TimeoutCallError
    from helpers.errors import UnknownModelError as UnknownModelError
    from helpers.errors import WorkshopError as WorkshopError
    from helpers.errors import WorkshopWarning as WorkshopWarning
    from helpers.images import fit as fit
    from helpers.images import outputs as outputs
    from helpers.images import save as save
    from helpers.images import to_image as to_image
    from helpers.leaks import LeakReport as LeakReport
    from helpers.masks import Mask as Mask
    from helpers.outpainting import outpaint as outpaint
    from helpers.recipes import recipe as recipe
    from helpers.sweeps import Sweep as Sweep
    from helpers.sweeps import axis as axis
    from helpers.sweeps import swap as swap
    from helpers.sweeps import together as together
    from helpers.widgets import MaskPainter as MaskPainter
    from helpers.widgets import explorer as explorer
    from helpers.widgets import playground as playground

_ROOMS = {
    "bodies": ("check", "core_body", "image_to_image", "inpaint", "text_to_image"),
    "images": ("fit", "outputs", "save", "to_image"),
    "masks": ("Mask",),
    "mask_forms": (),
    "outpainting": ("outpaint",),
    "leaks": ("LeakReport",),
    "widgets": ("MaskPainter", "explorer", "playground"),
    "client": ("Generation", "connect", "invoke"),
    "models": (),
    "recipes": ("recipe",),
    "sweeps": ("Sweep", "axis", "swap", "together"),
    "display": ("compare", "grid", "show", "strip"),
    "errors": (
        "AccessError",
        "BodyError",
        "BudgetError",
        "CallError",
        "CallSetupError",
        "ConnectionCallError",
        "ContentFilterError",
        "FilteredError",
        "ImageError",
        "MalformedBodyError",
        "MaskError",
        "ModelFailedError",
        "NoCredentialsError",
        "PictureExistsError",
        "Problem",
        "PromptRefusedError",
        "RecipeError",
        "RegionError",
        "RetiredModelError",
        "ServiceError",
        "SetupError",
        "ThrottledError",
        "TimeoutCallError",
        "UnknownModelError",
        "WorkshopError",
        "WorkshopWarning",
    ),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = sorted(_ROOM_OF)


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"helpers.{name}")
    if name in _ROOM_OF:
        found = getattr(import_module(f"helpers.{_ROOM_OF[name]}"), name)
        globals()[name] = found
        return found
    raise AttributeError(f"module 'helpers' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_ROOMS, *_ROOM_OF})
