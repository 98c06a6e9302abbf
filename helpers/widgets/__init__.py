"""Widgets for notebook cells: a mask painter, a playground, an explorer. Their front ends load nothing from the internet."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from helpers.widgets.explorer.widget import Explorer as Explorer
    from helpers.widgets.painter.widget import MaskPainter as MaskPainter
    from helpers.widgets.playground.widget import Playground as Playground

_MODULE_OF = {"Explorer": "explorer.widget", "MaskPainter": "painter.widget", "Playground": "playground.widget"}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> Any:
    if name in _MODULE_OF:
        return getattr(import_module(f"helpers.widgets.{_MODULE_OF[name]}"), name)
    raise AttributeError(f"module 'helpers.widgets' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
