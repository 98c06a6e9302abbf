"""Texts of the playground's page, by key, for translation.

The helps of the settings are the sentences of the Bedrock console's own table, where it has one.
"""

from helpers.language import tr
from helpers.widgets.shared import labels as shared

LABELS: dict[str, str] = {
    "title": "Image playground",
    # header
    "category": "Category",
    "model": "Model",
    "inference": "Inference",
    "on-demand": "On demand",
    "profile": "Inference profile",
    "apply": "Apply",
    "not_applied": "Not applied yet: press Apply.",
    "applied": "{model} is applied.",
    "retired": "{model}: retired on {day}, drawn by the offline studio.",
    "living": "{model}: on Amazon Bedrock today; here it is answered by the offline studio.",
    "living_aws": "{model}: on Amazon Bedrock in {regions}.",
    # actions
    "action": "Mode and action",
    "action.help": "The model makes a new image (generate), or edits the one that is given as the reference image (edit).",
    "mode.generate": "Mode: generate",
    "mode.edit": "Mode: edit",
    "generate": "Generate image",
    "variation": "Generate variation",
    "edit": "Edit",
    "only_generate": "{model} takes no reference image, so it has one action.",
    "no_edit": "{model} takes no mask, so it cannot edit a part.",
    # presets
    "presets": "Examples",
    "preset.beach": "Beach",
    "preset.beach.says": "Text to image: prompt strength 10, 30 steps, seed 10.",
    "preset.variation": "Variation",
    "preset.variation.says": "Image to image on the beach: prompt strength 30, 50 steps, seed 321.",
    "preset.sheep": "Sheep",
    "preset.sheep.says": "Editing: a sheep in a green tea garden, prompt strength 10, inside a mask.",
    "preset.drawing": "Drawing the picture to start from.",
    "preset.loaded": "The example “{name}” is loaded: press Run.",
    # settings
    "reference": "Reference image",
    "reference.help": "Upload an image to use as the reference for making or editing.",
    "reference.none": "No reference image yet. Upload one, or press “Use as reference” under a picture.",
    "reference.alt": "Reference image, {width} by {height} pixels: {name}.",
    "reference.upload": "Upload an image",
    "reference.paint": "Paint the part that may change. What is not painted stays as it is.",
    "reference.from_run": "picture {place} of run {number}",
    "reference.from_python": "given from Python",
    "reference.uploaded": "{name} is now the reference image.",
    "reference.used": "This picture is now the reference image.",
    "response": "Response image",
    "response.help": "How the images come out: quality, orientation, size, and how many.",
    "quality": "Quality",
    "quality.help": "Not a field of {model}: steps and size decide it.",
    "quality.core": "Not a field of {model}.",
    "orientation": "Orientation",
    "orientation.help": "Wider than high, or higher than wide.",
    "landscape": "Landscape",
    "square": "Square",
    "portrait": "Portrait",
    "size.reference": "The image gets the size of the reference image.",
    "pictures": "Number of images",
    "pictures.help": "Each image is one call with a seed of its own.",
    "advanced": "Advanced",
    "advanced.help": "The inference parameters that are passed to the model.",
    "keep_seed": "Keep the seed",
    "keep_seed.help": "Off: each run draws a new seed and shows it here.",
    "style_preset.words": "{model} has no field for it: the style becomes words of the prompt.",
    # run
    "run.busy": "Running",
    "run_on_change": "Run on change",
    "run_on_change.help": "Send each change to the studio by itself.",
    "quote.one": "1 image: 1 call, seed {seed}.",
    "quote.several": "{count} images: {count} calls, seeds {seed} to {last}.",
    "quote.one_drawn": "1 image: 1 call, with a new seed.",
    "quote.several_drawn": "{count} images: {count} calls, with new seeds.",
    # states
    "state.busy": "Drawing image {place} of {count}.",
    "state.done": "Done: run {number}, {count} in {seconds:.1f} seconds.",
    "state.note": "Note.",
    "busy_already": "A run is under way. Wait until it is done, then press Run again.",
    "one_image": "1 image",
    "images": "{count} images",
    "sent": "{sent} of {count} calls were sent.",
    # result
    "result": "Images",
    "result.none": "No image yet. Choose an example or write a prompt, then press Run.",
    "use": "Use as reference",
    "use.of": "Use image {place} as the reference image",
    "history": "History",
    "history.help": "Press a run to get back its settings and images.",
    "history.none": "Each run is kept here.",
    "history.alt": "Run {number}: {action}, “{prompt}”",
    "history.shown": "shown",
    # code
    "code.none": "Each run shows here what was sent.",
    "code.first": "The first of {count} bodies; the others differ in the seed alone.",
}
_ALL = {**shared.LABELS, **LABELS}


def label(key: str, **values: object) -> str:
    """Return the label of a key in the reader's language, with the values filled in."""
    return tr(_ALL[key], **values)


def all_labels() -> dict[str, str]:
    """Return every label of the page by key, in the reader's language."""
    return {key: tr(text) for key, text in _ALL.items()}
