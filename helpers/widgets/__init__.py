"""Widgets for notebook cells: a painter for masks, a playground, an explorer. All of their front ends are served from here."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from helpers.widgets.explorer_box import Explorer as Explorer
    from helpers.widgets.explorer_box import explorer as explorer
    from helpers.widgets.mask_painter import MaskPainter as MaskPainter
    from helpers.widgets.playground_box import Playground as Playground
    from helpers.widgets.playground_box import playground as playground

_MODULE_OF = {
    "Explorer": "explorer_box",
    "MaskPainter": "mask_painter",
    "Playground": "playground_box",
    "explorer": "explorer_box",
    "playground": "playground_box",
}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> Any:
    if name in _MODULE_OF:
        return getattr(import_module(f"helpers.widgets.{_MODULE_OF[name]}"), name)
    raise AttributeError(f"module 'helpers.widgets' has no attribute {name!r}")
