"""What the tests of the lab scripts share: the scripts as modules, and the service's documented answers."""

import base64
import importlib.util
import io
import json
from pathlib import Path
from types import ModuleType
from typing import Any

from botocore.response import StreamingBody
from botocore.stub import Stubber
from PIL import Image

LABS = Path(__file__).parents[2] / "labs"
MODEL_ID = "stability.stable-diffusion-xl-v1"
# Amazon Bedrock's words for a model past its end of life, as users report them.
END_OF_LIFE = (
    "This model version has reached the end of its life. Please refer to the AWS documentation for more details."
)


def lab(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(Path(path).stem, LABS / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def png(colour: str = "teal") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), colour).save(buffer, "PNG")
    return buffer.getvalue()


def answer(finish_reason: str = "SUCCESS") -> dict[str, Any]:
    """SDXL 1.0's answer as the user guide gives it."""
    artifact = {"seed": 10, "base64": base64.b64encode(png()).decode(), "finishReason": finish_reason}
    payload = json.dumps({"result": "success", "artifacts": [artifact]}).encode()
    return {"body": StreamingBody(io.BytesIO(payload), len(payload)), "contentType": "application/json"}


def sent_bodies(bedrock: Stubber, answers: int = 2) -> list[dict[str, Any]]:
    """A list that fills with each body that the stubbed client is asked to send, and so many answers for them."""
    sent: list[dict[str, Any]] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        sent.append(json.loads(params["body"]))

    bedrock.client.meta.events.register("provide-client-params.bedrock-runtime.InvokeModel", note)
    for _ in range(answers):
        bedrock.add_response("invoke_model", answer())
    return sent
