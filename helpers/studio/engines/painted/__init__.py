"""The offline engine: a real diffusion process over painted scenes, whose denoiser is known in closed form.

    engine.py     one picture from one task; start here
    interface.py  what the diffusion and the painter say to each other
    diffusion/    the diffusion, from the noise schedule to masks, one module a chapter
    filling/      a hole in a picture, filled with what is around it
    painting/     the painter, from the words of a prompt to a scene and from a scene to pixels

What an engine is asked for is in helpers.studio.protocol.
"""

from helpers.studio.protocol import Engine, Needs

__all__ = ["NEEDS", "VERSION", "create"]

VERSION = "0.3.0"
"""Version of what it draws: another version may draw another picture for the same task."""
NEEDS = Needs(workers=2, threads=1, patience=120.0)
REUSED_BYTES = 31 * 2**20
"""glibc learns from arrays of up to 32 MB."""


def create() -> Engine:
    """Return the offline engine with its own painter. Numpy and the painter are imported here, not before."""
    from .engine import PaintedEngine
    from .interface import Painter
    from .painting import asked, painter, places, relighting, things

    _reuse_memory()
    drawing = Painter(
        read=asked.asked,
        place=places.place,
        skies=painter.paint_skies,
        bare=places.bare,
        framed=places.framed,
        cutouts=things.cutouts,
        spots=things.spots,
        staged=things.staged,
        paint=painter.paint,
        paint_objects=painter.paint_objects,
        restyle=painter.finished,
        relight=relighting.relight,
    )
    return PaintedEngine(drawing, VERSION)


def _reuse_memory() -> None:
    """Let this process reuse the memory of arrays of up to REUSED_BYTES, and keep twice as much of it free.

    The system hands out fresh pages one fault at a time, which can cost more than the arithmetic on them. glibc asks it
    for large arrays one by one until it has seen a larger one freed (mallopt(3), M_MMAP_THRESHOLD). The one freed here is
    never touched, so it costs no memory. Other C libraries ignore it.
    """
    import numpy as np

    np.empty(REUSED_BYTES, np.uint8)
