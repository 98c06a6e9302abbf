"""A Bedrock client that is stubbed, a lab script whose files go to a folder of the test, and the tests' own modules."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import boto3
import pytest
from botocore.stub import Stubber

from tests.labs.lab_kit import lab, png


@pytest.fixture
def bedrock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """A stubbed client that `boto3.client("bedrock-runtime")` gives back."""
    session = boto3.Session(aws_access_key_id="x", aws_secret_access_key="x", region_name="us-west-2")
    client = session.client("bedrock-runtime")
    monkeypatch.setattr(boto3, "client", lambda name, **_: client if name == "bedrock-runtime" else None)
    with Stubber(client) as stubber:
        yield stubber


@pytest.fixture
def api(tmp_path: Path) -> ModuleType:
    module = lab("api/bedrock_api.py")
    vars(module)["PICTURE"] = tmp_path / "data" / "sd_generated_image.jpg"
    return module


@pytest.fixture
def image_to_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = lab("image_to_image/image_to_image.py")
    save: Callable[..., Path] = module.save
    monkeypatch.setattr(module, "save", lambda image_bytes: save(image_bytes, tmp_path / "data"))
    return module


@pytest.fixture
def masking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = lab("masking/masking.py")
    save: Callable[..., Path] = module.save
    monkeypatch.setattr(module, "save", lambda image_bytes: save(image_bytes, tmp_path / "data"))
    return module


@pytest.fixture
def sweep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = lab("sweep/sweep.py")
    monkeypatch.setattr(module, "HERE", tmp_path)
    monkeypatch.setattr(module.time, "sleep", lambda _: None)
    return module


@pytest.fixture
def init_image(tmp_path: Path) -> Path:
    path = tmp_path / "init.png"
    path.write_bytes(png("orange"))
    return path
