"""Texts of the explorer's page, by key, for translation."""

from helpers.language import tr
from helpers.widgets.shared import labels as shared

LABELS: dict[str, str] = {
    "explorer": "Explorer",
    # settings
    "settings": "Settings",
    "text": "Prompt",
    "text.number": "Prompt {number}",
    "weight": "Weight of the prompt",
    "weight.number": "Weight of prompt {number}",
    "sampler": "Sampler",
    "sampler.none": "Model chooses",
    "clip_guidance_preset": "CLIP guidance",
    "aspect_ratio": "Aspect ratio",
    "step_schedule_start": "Schedule start",
    "step_schedule_end": "Schedule end",
    "seed.another": "Another seed",
    # picture
    "picture": "Picture",
    "picture.none": "No picture yet. Change a setting, or press Run.",
    "picture.none_aws": "No picture yet. Nothing is sent before you press Run.",
    "picture.caption": "Seed {seed}, {width} × {height} pixels.",
    "stale": "Settings changed",
    "stale.note": "The settings have changed since this picture. Press Run for a new one.",
    "follows": "The picture follows each change.",
    "drawing": "Drawing.",
    "drawn": "Drawn in {seconds:.2f} seconds.",
    "seed_drawn": "The body left the seed to chance. Seed {seed} was drawn, so that pictures differ only by what you change.",
    "not_taken": "Not changed.",
    # kept
    "keep": "Keep this",
    "keep.soon": "The picture is kept as soon as it is drawn.",
    "kept": "Kept",
    "kept.none": "Press “Keep this” under a picture to collect it here. Press a kept picture to go back to its settings.",
    "kept.number": "Picture {number} is kept.",
    "kept.already": "This picture is kept already, as picture {number}.",
    "kept.nothing": "There is no picture of these settings to keep. Press Run first.",
    "kept.same": "Same settings",
    "kept.back": "Back at the settings of picture {number}.",
    "kept.shown": "shown",
    "kept.alt": "Kept picture {number}: {label}",
    "remove": "Remove",
    "remove.number": "Remove picture {number}",
    "removed": "Picture {number} is removed from the strip.",
    # sweep
    "sweep": "Sweep around this",
    "sweep.help": "Choose one field or two, and the values that they run through. Every combination becomes one picture.",
    "sweep.first": "First field",
    "sweep.second": "Second field",
    "sweep.no_second": "None",
    "sweep.twice": "Both fields are the same one: choose two, or None for the second.",
    "sweep.values": "Values",
    "sweep.values.help": "Also: 1-10 (+3), 1-10 [5], 0.1, 0.2, ..., 0.5",
    "sweep.make": "Make the sweep",
    "sweep.made": "The sweep of {count} pictures is ready in Python as explorer.sweep. Nothing was sent.",
    "sweep.made.one": "The sweep of one picture is ready in Python as explorer.sweep. Nothing was sent.",
    "sweep.python": "Python that makes and runs the sweep",
    "sweep.quote": "Quote",
}
_ALL = {**shared.LABELS, **LABELS}


def label(key: str, **values: object) -> str:
    """Return the label of a key in the reader's language, with the values filled in."""
    return tr(_ALL[key], **values)


def label_of_field(name: str) -> str:
    """Return the label of a field of a body; its own name where it has none."""
    return label(name) if name in _ALL else name


def all_labels() -> dict[str, str]:
    """Return every label of the page by key, in the reader's language."""
    return {key: tr(text) for key, text in _ALL.items()}
