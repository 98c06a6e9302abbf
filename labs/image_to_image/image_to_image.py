"""Image to image through the Amazon Bedrock API: an init image and a prompt in, a new picture out. boto3 and Pillow alone.

    python -m helpers.studio -- python labs/image_to_image/image_to_image.py     on the offline studio: no account, no cost
    python labs/image_to_image/image_to_image.py --show                          on AWS, with the credentials you have configured

What is not asked for is left out of the request, and the model uses its own value. A variation, as from the console:

    ... image_to_image.py --prompt "add vibrant hues to the sky" --negative-prompt "dull colors"
        --style-preset none --cfg-scale 30 --steps 50 --seed 321

Each picture is saved under data/ beside this file, under a new name each time.
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
from PIL import Image

MODEL_ID = "stability.stable-diffusion-xl-v1"
PROMPT = "一艘宇宙飞船。"  # a spaceship
STYLE_PRESET = "isometric"
HERE = Path(__file__).resolve().parent
INIT_IMAGE = HERE.parents[1] / "data" / "sample_init.png"
SET_UP = "For AWS, run `aws configure` first (`python -m pip install awscli` installs that command)."

logger = logging.getLogger(__name__)


class ImageError(Exception):
    """The model answered, but with no usable picture: finishReason is ERROR or CONTENT_FILTERED."""

    def __init__(self, finish_reason: str) -> None:
        self.finish_reason = finish_reason
        self.message = f"The model made no usable picture: finishReason is {finish_reason}."
        super().__init__(self.message)


def generate_image(model_id: str, body: str) -> bytes:
    """Send one request body (JSON) to the model and give back the picture as PNG bytes.

    Raises ImageError where the picture failed or was filtered, and botocore's errors where the call did.
    """
    logger.info("Generating an image with SDXL model %s", model_id)
    bedrock = boto3.client("bedrock-runtime")
    response = bedrock.invoke_model(
        modelId=model_id, body=body, contentType="application/json", accept="application/json"
    )
    response_body = json.loads(response["body"].read())
    print(response_body["result"])
    artifact = response_body["artifacts"][0]
    finish_reason = artifact["finishReason"]
    if finish_reason in ("ERROR", "CONTENT_FILTERED"):
        raise ImageError(finish_reason)
    logger.info("Generated an image with SDXL model %s", model_id)
    return base64.b64decode(artifact["base64"])


def request_body(prompt: str, init_image: Path, style_preset: str, negative_prompt: str = "", **more: Any) -> str:
    """The request body as JSON, with the init image as a base64 string. What is None is left out."""
    prompts: list[dict[str, Any]] = [{"text": prompt}]
    if negative_prompt:
        prompts.append({"text": negative_prompt, "weight": -1})
    body = {
        "text_prompts": prompts,
        "init_image": base64.b64encode(init_image.read_bytes()).decode("ascii"),
    }
    if style_preset != "none":
        body["style_preset"] = style_preset
    return json.dumps(body | {name: value for name, value in more.items() if value is not None})


def save(image_bytes: bytes, folder: Path = HERE / "data") -> Path:
    """Write the picture under the first name that is free, so that no earlier picture is lost."""
    folder.mkdir(exist_ok=True)
    for number in itertools.count(1):
        path = folder / f"image_to_image_{number:03d}.png"
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
        "    python -m helpers.studio -- python labs/image_to_image/image_to_image.py"
    )


def arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Make a new picture from an init image and a prompt.")
    parser.add_argument(
        "--prompt", default=PROMPT, help="what the picture should show (default: a spaceship, in Chinese)"
    )
    parser.add_argument(
        "--init-image", type=Path, default=INIT_IMAGE, help="PNG or JPEG file (default: data/sample_init.png)"
    )
    parser.add_argument(
        "--style-preset", default=STYLE_PRESET, help="one of SDXL's styles, or none (default: isometric)"
    )
    parser.add_argument("--negative-prompt", default="", help="what the picture should not show")
    parser.add_argument(
        "--image-strength", type=float, help="0 to 1: near 1 keeps the init image (SDXL's default: 0.35)"
    )
    parser.add_argument("--cfg-scale", type=float, help="prompt strength, 0 to 35 (SDXL's default: 7)")
    parser.add_argument("--steps", type=int, help="how often the picture is refined (SDXL's default: 30)")
    parser.add_argument(
        "--seed", type=int, help="the same seed gives the same picture again (SDXL's default: 0, random)"
    )
    parser.add_argument("--show", action="store_true", help="open the picture in a viewer")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s: %(message)s")
    options = arguments(argv)
    try:
        body = request_body(
            options.prompt,
            options.init_image,
            options.style_preset,
            options.negative_prompt,
            image_strength=options.image_strength,
            cfg_scale=options.cfg_scale,
            steps=options.steps,
            seed=options.seed,
        )
        image_bytes = generate_image(MODEL_ID, body)
    except ClientError as error:
        logger.error("A client error occurred: %s", explain(error))
    except ImageError as error:
        logger.error(error.message)
    except BotoCoreError as error:
        logger.error("No call was answered: %s %s", error, SET_UP)
    except OSError as error:
        logger.error("The init image cannot be read: %s", error)
    else:
        print(f"Finished generating an image with SDXL model {MODEL_ID}.")
        print(f"Saved data/{save(image_bytes).name} beside this script.")
        if options.show:
            Image.open(io.BytesIO(image_bytes)).show()
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
