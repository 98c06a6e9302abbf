"""Tasks as the tests ask for them: which arrays are given says which task it is."""

from typing import Any

from helpers.studio.protocol import ImageToImage, Inpaint, Prompt, Task, TextToImage


def task_of(*prompts: str | tuple[str, float], **fields: Any) -> Task:
    """The task of these fields, with each prompt a text or a text and its weight."""
    named = tuple(Prompt(one) if isinstance(one, str) else Prompt(*one) for one in prompts)
    if "mask" in fields:
        return Inpaint(named, **fields)
    if "init_image" in fields:
        return ImageToImage(named, **fields)
    return TextToImage(named, **fields)
