"""The workshop's library: everything a notebook needs, by one name. Nothing is imported before it is used."""

from __future__ import annotations  # python_check.py reads this on a Python that is too old for the rest

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from helpers import bodies as bodies
    from helpers import calls as calls
    from helpers import display as display
    from helpers import errors as errors
    from helpers import masks as masks
    from helpers import models as models
    from helpers import pictures as pictures
    from helpers import recipes as recipes
    from helpers import schemas as schemas
    from helpers import sweeps as sweeps
    from helpers import widgets as widgets
    from helpers.bodies import Body as Body
    from helpers.bodies import check as check
    from helpers.bodies import core_body as core_body
    from helpers.bodies import fit as fit
    from helpers.bodies import image_to_image as image_to_image
    from helpers.bodies import inpaint as inpaint
    from helpers.bodies import outpaint as outpaint
    from helpers.bodies import text_to_image as text_to_image
    from helpers.calls import Generation as Generation
    from helpers.calls import calls_seen as calls_seen
    from helpers.calls import connect as connect
    from helpers.calls import faults as faults
    from helpers.calls import invoke as invoke
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
    from helpers.masks import LeakReport as LeakReport
    from helpers.masks import Mask as Mask
    from helpers.pictures import outputs as outputs
    from helpers.pictures import to_image as to_image
    from helpers.recipes import Recipe as Recipe
    from helpers.recipes import recipe as recipe
    from helpers.recipes import save as save
    from helpers.sweeps import Sweep as Sweep
    from helpers.sweeps import axis as axis
    from helpers.sweeps import swap as swap
    from helpers.sweeps import together as together
    from helpers.widgets.explorer.widget import explorer as explorer
    from helpers.widgets.painter.widget import MaskPainter as MaskPainter
    from helpers.widgets.playground.widget import playground as playground

_NAMES = {  # what a learner types, in the order of the lessons, and where it is
    "calls": ("Generation", "calls_seen", "connect", "faults", "invoke"),
    "bodies": ("Body", "check", "core_body", "fit", "image_to_image", "inpaint", "outpaint", "text_to_image"),
    "masks": ("LeakReport", "Mask"),
    "pictures": ("outputs", "to_image"),
    "recipes": ("Recipe", "recipe", "save"),
    "display": ("compare", "grid", "show", "strip"),
    "sweeps": ("Sweep", "axis", "swap", "together"),
    "widgets.painter.widget": ("MaskPainter",),
    "widgets.explorer.widget": ("explorer",),
    "widgets.playground.widget": ("playground",),
}
_LISTED_ROOMS = ("errors", "models")
_ROOMS = (*_LISTED_ROOMS, "bodies", "calls", "display", "masks", "pictures", "recipes", "schemas", "sweeps", "widgets")
_FORMER = {"images": "pictures", "mask_forms": "masks.forms", "outpainting": "masks"}  # rooms that lessons once named
_MODULE_OF = {name: module for module, names in _NAMES.items() for name in names}

__all__ = sorted([*_MODULE_OF, *_LISTED_ROOMS])


def __getattr__(name: str) -> Any:
    if name in _ROOMS or name in _FORMER:
        return import_module(f"helpers.{_FORMER.get(name, name)}")
    module = import_module(f"helpers.{_MODULE_OF.get(name, 'errors')}")  # errors were always importable from here
    if name not in _MODULE_OF and name not in module.__all__:
        raise AttributeError(f"module 'helpers' has no attribute {name!r}")
    found = getattr(module, name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
