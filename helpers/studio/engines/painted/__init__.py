"""The offline engine: a real diffusion process over painted scenes, whose denoiser is known in closed form.

Read in this order to see how diffusion works: helpers.studio.protocol (what is asked), schedule (how much noise when),
latent (where it happens), mixture (the best guess behind noise), samplers (the way from noise to picture), guidance
(what cfg_scale and negative prompts do), image_to_image, masking and mood (what becomes of an init image), denoiser (all
of that in one function), trace (what it believed on the way), decode (from latents to pixels), tasks and studio_engine
(one picture, once through). The painter makes the scenes: prompt, layout, painter.
"""

from helpers.studio.protocol import Engine, Needs

__all__ = ["NEEDS", "VERSION", "create"]

VERSION = "0.2.0"
"""Of what it draws: another version may draw another picture for the same task."""
NEEDS = Needs(workers=2, threads=1, patience=120.0)


def create() -> Engine:
    """The offline engine with its own painter; numpy and the painter are imported here, not before."""
    from typing import Any

    from . import memory
    from .diffusion.exemplars import Painter, Pixels
    from .engine import StudioEngine
    from .painting import layout, painter, prompt, styles

    def restyle(scene: Any, pixels: Pixels, style: str | None) -> Pixels:
        return styles.apply(scene.grade.apply(pixels), (*scene.media, *((style,) if style else ())), scene.seed)

    memory.keep()
    drawing = Painter(prompt.read, layout.compose, painter.paint, painter.paint_objects, restyle, prompt.without)
    return StudioEngine(drawing, VERSION)
