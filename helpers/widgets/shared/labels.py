"""The labels that the playground and the explorer share, by key.

The helps of the settings are the sentences of the Bedrock console's own table, where it has one.
"""

from helpers.language import tr

LABELS: dict[str, str] = {
    # header
    "on_studio": "Offline studio: free",
    "on_aws": "Amazon Bedrock, {region}: every call is billed",
    # settings
    "prompt": "Prompt",
    "prompt.help": "What the picture is to show, in words. Ctrl+Enter runs.",
    "negative_prompt": "Negative prompt",
    "negative_prompt.help": "Items or concepts that the model is not to make, for example cartoon or violence.",
    "size": "Size",
    "size.help": "Width and height in pixels.",
    "cfg_scale": "Prompt strength",
    "cfg_scale.help": "Higher: the image follows the words strictly. Lower: the model is freer. In the request: cfg_scale.",
    "steps": "Generation steps",
    "steps.help": "More steps: a finer image that takes longer. In the request: steps.",
    "image_strength": "Image strength",
    "image_strength.help": "Higher: more of the reference image is kept. In the request: image_strength.",
    "seed": "Seed",
    "seed.help": "The same seed and the same input give the same image; another seed gives another.",
    "style_preset": "Style preset",
    "style_preset.help": "Gives the image the look of one kind of picture.",
    "style_preset.none": "None",
    # run
    "run": "Run",
    "run.price": "Run: {price}",
    "quote.free": "Free on the studio; the list price on AWS is {price}.",
    "quote.free_was": "Free on the studio; the list price on AWS was {price}.",
    "quote.billed": "AWS bills {price}.",
    "quote.unknown": "No page gives a price.",
    # states
    "state.ready": "Ready.",
    "state.cost": "It cost {price}.",
    "state.filtered": "Filtered.",
    "state.failed": "Not done.",
    # result
    "seed_of": "Seed {seed}",
    "filtered": "Filtered",
    "failed": "No image",
    "filtered.blurred": "What came back is blurred, with the finish reason {reason}.",
    "filtered.alt": "The blurred picture that a content filter gave back.",
    # code
    "request": "Request body",
    "python": "Python that repeats it",
    "copy": "Copy",
    "copied": "Copied",
    "lost": "The kernel was restarted, and nothing you do here reaches it. Run the cell again.",
}


def label(key: str, **values: object) -> str:
    """Return the label of a key in the reader's language, with the values filled in."""
    return tr(LABELS[key], **values)
