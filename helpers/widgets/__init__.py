"""Widgets for notebook cells: a painter for masks, a playground, an explorer. All of their front ends are served from here."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from helpers.widgets.explorer.box import Explorer as Explorer
    from helpers.widgets.painter.mask_painter import MaskPainter as MaskPainter
    from helpers.widgets.playground.box import Playground as Playground

_MODULE_OF = {"Explorer": "explorer.box", "MaskPainter": "painter.mask_painter", "Playground": "playground.box"}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> Any:
    if name in _MODULE_OF:
        return getattr(import_module(f"helpers.widgets.{_MODULE_OF[name]}"), name)
    raise AttributeError(f"module 'helpers.widgets' has no attribute {name!r}")
