"""Text to image through the Amazon Bedrock API: one request, one picture, with boto3 and Pillow alone.

    python -m helpers.studio -- python labs/api/bedrock_api.py     on the offline studio: no account, no cost
    python labs/api/bedrock_api.py                                 on AWS, with the credentials you have configured

The picture is saved as data/sd_generated_image.jpg beside this file, whatever folder you start it from.
SDXL 1.0 left AWS on 2025-05-20: there, this script reaches the service and explains the error that comes back.
"""

import base64
import io
import json
import sys
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from PIL import Image

MODEL_ID = "stability.stable-diffusion-xl-v1"
PROMPT = "a beautiful mountain landscape"
SEED = 10
PICTURE = Path(__file__).resolve().parent / "data" / "sd_generated_image.jpg"


def main() -> int:
    try:
        bedrock = boto3.client("bedrock-runtime")
        base64_image = generate(bedrock)
    except (ClientError, BotoCoreError) as error:
        print(explain(error), file=sys.stderr)
        return 1
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{base64_image[:80]}...")
    replaced = PICTURE.exists()
    save(base64_image)
    print("Replaced" if replaced else "Saved", "data/sd_generated_image.jpg beside this script.")
    return 0


def generate(bedrock: Any) -> str:
    """The picture as Bedrock sends it: a PNG file, written in base64."""
    body = {
        "text_prompts": [{"text": PROMPT}],
        "seed": SEED,
        "cfg_scale": 10,
        "steps": 30,
    }
    response = bedrock.invoke_model(
        modelId=MODEL_ID,
        body=json.dumps(body),
        contentType="application/json",
        accept="application/json",
    )
    artifact = json.loads(response["body"].read())["artifacts"][0]
    if artifact["finishReason"] != "SUCCESS":
        raise ValueError(f"The model made no usable picture: finishReason is {artifact['finishReason']}.")
    return str(artifact["base64"])


def save(base64_image: str) -> None:
    """Decode the picture and write it as JPEG."""
    image = Image.open(io.BytesIO(base64.b64decode(base64_image)))
    PICTURE.parent.mkdir(exist_ok=True)
    image.convert("RGB").save(PICTURE)


def explain(error: ClientError | BotoCoreError) -> str:
    """What the service or boto3 said, and what it means for this script."""
    if isinstance(error, ClientError) and error.response["Error"]["Code"] == "ResourceNotFoundException":
        return (
            f"Bedrock answered: {error.response['Error']['Message']}\n"
            f"{MODEL_ID} was retired on 2025-05-20; nothing is wrong with your request. Run it on the offline studio:\n"
            "    python -m helpers.studio -- python labs/api/bedrock_api.py\n"
            "or send Stable Image Core, which lives in us-west-2, a body of its own:\n"
            f'    modelId="stability.stable-image-core-v1:1", body={json.dumps({"prompt": PROMPT, "seed": SEED})}'
        )
    if isinstance(error, ClientError):
        return f"Bedrock answered {error.response['Error']['Code']}: {error.response['Error']['Message']}"
    return (
        f"No call was answered: {error}\n"
        "For AWS, run `aws configure` first (`python -m pip install awscli` installs that command). Without an account:\n"
        "    python -m helpers.studio -- python labs/api/bedrock_api.py"
    )


if __name__ == "__main__":
    sys.exit(main())
