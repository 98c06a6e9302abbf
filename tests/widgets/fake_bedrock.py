"""A client of bedrock-runtime that needs no service: it answers at once, and keeps what it was sent."""

import io
import json
import threading
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError
from PIL import Image

from helpers import pictures


class FakeBedrock:
    """Draws each seed as one colour. `nude` in a prompt blurs the picture, `gore` is refused, `slow` waits for `.go`."""

    def __init__(self, backend: str = "studio") -> None:
        address = "http://127.0.0.1:9" if backend == "studio" else "https://bedrock-runtime.us-west-2.amazonaws.com"
        self.meta = SimpleNamespace(endpoint_url=address, region_name="us-west-2")
        self.sent: list[dict[str, Any]] = []
        self.models: list[str] = []
        self.go = threading.Event()

    def invoke_model(self, *, modelId: str, body: str, contentType: str, accept: str) -> dict[str, Any]:  # noqa: N803
        asked = json.loads(body)
        self.sent.append(asked)
        self.models.append(modelId)
        prompt = asked["text_prompts"][0]["text"] if "text_prompts" in asked else asked["prompt"]
        if "slow" in prompt:
            assert self.go.wait(60)
        if "gore" in prompt:
            said = {"Code": "ValidationException", "Message": "One or more prompts contains filtered words."}
            raise ClientError({"Error": said, "ResponseMetadata": {"HTTPStatusCode": 400}}, "InvokeModel")
        if "busy service" in prompt:
            said = {"Code": "ThrottlingException", "Message": "Too many requests."}
            raise ClientError({"Error": said, "ResponseMetadata": {"HTTPStatusCode": 429}}, "InvokeModel")
        size = pictures.from_base64(asked["init_image"]).size if "init_image" in asked else (512, 512)
        picture = pictures.to_base64(Image.new("RGB", size, (asked["seed"] % 256, 90, 160)))
        answer: dict[str, Any] = {"seeds": [asked["seed"]], "finish_reasons": [None], "images": [picture]}
        if "text_prompts" in asked:
            reason = "CONTENT_FILTERED" if "nude" in prompt else "SUCCESS"
            row = {"seed": asked["seed"], "base64": picture, "finishReason": reason}
            answer = {"result": "success", "artifacts": [row]}
        return {
            "body": io.BytesIO(json.dumps(answer).encode()),
            "ResponseMetadata": {"RequestId": "fake", "HTTPHeaders": {}},
        }
