"""Masking through the Amazon Bedrock API: a picture, a mask and a prompt in, the picture changed inside the mask out.

    python -m helpers.studio -- python labs/masking/masking.py     on the offline studio: no account, no cost
    python labs/masking/masking.py --show                          on AWS, with the credentials you have configured

In the mask, white may change and black stays, whatever form --mask-source sends it in. Without --init-image a green tea
garden is drawn first. Each picture is saved under data/ beside this file, under a new name each time.
SDXL 1.0 left AWS on 2025-05-20: there, this script reaches the service and explains the error that comes back.
"""

import argparse
import base64
import io
import itertools
import json
import logging
import sys
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from PIL import Image, ImageDraw, ImageOps

MODEL_ID = "stability.stable-diffusion-xl-v1"
GARDEN = "green tea garden"
PROMPT = "add a sheep"
CFG_SCALE = 10.0
SEED = 10
MASK_SOURCES = ("MASK_IMAGE_WHITE", "MASK_IMAGE_BLACK", "INIT_IMAGE_ALPHA")
HERE = Path(__file__).resolve().parent
SET_UP = "For AWS, run `aws configure` first (`python -m pip install awscli` installs that command)."

logger = logging.getLogger(__name__)


class ImageError(Exception):
    """The model answered, but with no usable picture: finishReason is ERROR or CONTENT_FILTERED."""

    def __init__(self, finish_reason: str) -> None:
        self.finish_reason = finish_reason
        self.message = f"The model made no usable picture: finishReason is {finish_reason}."
        super().__init__(self.message)


def generate_image(model_id: str, body: dict[str, Any]) -> bytes:
    """Send one request body to the model and give back the picture as PNG bytes.

    Raises ImageError where the picture failed or was filtered, and botocore's errors where the call did.
    """
    logger.info("Generating an image with SDXL model %s", model_id)
    bedrock = boto3.client("bedrock-runtime")
    response = bedrock.invoke_model(
        modelId=model_id, body=json.dumps(body), contentType="application/json", accept="application/json"
    )
    artifact = json.loads(response["body"].read())["artifacts"][0]
    finish_reason = artifact["finishReason"]
    if finish_reason in ("ERROR", "CONTENT_FILTERED"):
        raise ImageError(finish_reason)
    return base64.b64decode(artifact["base64"])


def ellipse(size: tuple[int, int]) -> Image.Image:
    """A mask of this size: a white ellipse below the middle, black around it."""
    width, height = size
    mask = Image.new("L", size, "black")
    ImageDraw.Draw(mask).ellipse((width * 0.3, height * 0.5, width * 0.75, height * 0.95), fill="white")
    return mask


def mask_fields(picture: Image.Image, mask: Image.Image, mask_source: str) -> dict[str, str]:
    """The init image and the mask (white may change) as request fields, in the form that `mask_source` names."""
    if mask.size != picture.size:
        raise ValueError(
            f"The mask is {mask.width} x {mask.height} pixels and the picture {picture.width} x {picture.height}:"
            " both must have the same size."
        )
    stays = ImageOps.invert(mask)
    if mask_source == "INIT_IMAGE_ALPHA":  # transparent may change; no second picture is sent
        picture = picture.copy()
        picture.putalpha(stays)
        return {"init_image": encoded(picture), "mask_source": mask_source}
    sent = mask if mask_source == "MASK_IMAGE_WHITE" else stays
    return {"init_image": encoded(picture), "mask_source": mask_source, "mask_image": encoded(sent)}


def encoded(picture: Image.Image) -> str:
    """The picture as a PNG in base64. A JPEG would blur a mask's edge."""
    file = io.BytesIO()
    picture.save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode("ascii")


def garden() -> Image.Image:
    """The tea garden that is changed where no other picture is given: a call of its own."""
    body = {"text_prompts": [{"text": GARDEN}], "seed": SEED}
    return Image.open(io.BytesIO(generate_image(MODEL_ID, body)))


def opened(path: Path) -> Image.Image:
    """The picture in a file, upright, as a phone's photo may lie on its side."""
    return ImageOps.exif_transpose(Image.open(path))


def save(image_bytes: bytes, folder: Path = HERE / "data") -> Path:
    """Write the picture under the first name that is free, so that no earlier picture is lost."""
    folder.mkdir(exist_ok=True)
    for number in itertools.count(1):
        path = folder / f"masking_{number:03d}.png"
        try:
            with path.open("xb") as file:
                file.write(image_bytes)
        except FileExistsError:
            continue
        return path
    raise AssertionError("unreachable")


def explain(error: ClientError) -> str:
    """The service's message, and what it means where the model is gone."""
    message = str(error.response["Error"]["Message"])
    if error.response["Error"]["Code"] != "ResourceNotFoundException":
        return message
    return (
        f"{message}\n{MODEL_ID} was retired on 2025-05-20; nothing is wrong with your request. "
        "Run it on the offline studio:\n"
        "    python -m helpers.studio -- python labs/masking/masking.py"
    )


def arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Change a picture inside a mask, and nowhere else.")
    parser.add_argument("--prompt", default=PROMPT, help=f"what should be there (default: {PROMPT})")
    parser.add_argument("--init-image", type=Path, help="PNG or JPEG file (default: a green tea garden, drawn first)")
    parser.add_argument(
        "--mask-image", type=Path, help="picture of that size, white for what may change (default: an ellipse)"
    )
    parser.add_argument(
        "--mask-source", choices=MASK_SOURCES, default=MASK_SOURCES[0], help="the form in which the mask is sent"
    )
    parser.add_argument("--cfg-scale", type=float, default=CFG_SCALE, help="prompt strength, 0 to 35 (default: 10)")
    parser.add_argument("--seed", type=int, default=SEED, help="0 is random (default: 10)")
    parser.add_argument("--show", action="store_true", help="open the picture in a viewer")
    return parser.parse_args(argv)


def run(options: argparse.Namespace) -> bytes:
    """Read the pictures, then make the calls; so a file that is missing costs nothing."""
    picture = opened(options.init_image).convert("RGB") if options.init_image else None
    mask = opened(options.mask_image).convert("L") if options.mask_image else None
    if picture is None:
        picture = garden().convert("RGB")
    body = {
        "text_prompts": [{"text": options.prompt}],
        "cfg_scale": options.cfg_scale,
        "seed": options.seed,
        **mask_fields(picture, mask or ellipse(picture.size), options.mask_source),
    }
    return generate_image(MODEL_ID, body)


def main(argv: list[str] | None = None) -> int:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s: %(message)s")
    options = arguments(argv)
    try:
        image_bytes = run(options)
    except ClientError as error:
        logger.error("A client error occurred: %s", explain(error))
    except ImageError as error:
        logger.error(error.message)
    except BotoCoreError as error:
        logger.error("No call was answered: %s %s", error, SET_UP)
    except OSError as error:
        logger.error("A picture cannot be read: %s", error)
    except ValueError as error:
        logger.error(error)
    else:
        print(f"Finished changing an image with SDXL model {MODEL_ID}.")
        print(f"Saved data/{save(image_bytes).name} beside this script.")
        if options.show:
            Image.open(io.BytesIO(image_bytes)).show()
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
