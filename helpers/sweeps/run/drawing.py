"""One attempt at one tile, in plain values that travel between processes: asked in a worker, paced and kept elsewhere."""

import io
import os
import threading
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from helpers import models
from helpers.calls.answers import Backend, Call, Generation, read
from helpers.calls.client import CONNECT_TIMEOUT, READ_TIMEOUT, Client, signing_credentials
from helpers.calls.send import Answer, send

THUMBNAIL = 256  # pixels, the longer side at most
_THUMBNAIL_QUALITY = 90


@dataclass(frozen=True)
class Target:
    """Where calls go: enough to make a client in another process. Without keys, that process has its own for AWS."""

    backend: Backend
    region: str
    endpoint: str
    access_key: str | None = None
    secret_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Drawn:
    """A picture that arrived: the PNG file, a small one beside it, and its receipt without body."""

    file: bytes
    thumbnail: bytes
    receipt: dict[str, Any]


def attempt(target: Target, model: str, body: dict[str, Any], number: int) -> Drawn:
    """Ask once for one picture, in whatever process this runs. Raises the CallError that fits.

    `number` counts attempts: with it no two are alike, and an executor that keeps results has none to give twice.
    """
    call = Call(target.backend, target.region, models.get(model), body)
    return draw(send(client_of(target), call), call)


def draw(answer: Answer, call: Call) -> Drawn:
    """Return the picture in an answer. Raises ContentFilterError, ModelFailedError or ServiceError if there is none."""
    made = read(answer.payload, answer.metadata, call=call, seconds=answer.seconds, attempts=answer.attempts)
    receipt = {name: told for name, told in made.receipt.items() if name != "body"}
    return Drawn(_png(made), _thumbnail(made), receipt)


# ---- clients --------------------------------------------------------------------------------------------------------


def client_for(bedrock: Client, connections: int) -> Client:
    """A client that goes where `bedrock` goes, with its credentials; makes each call once, with a connection a thread.

    Retries have one owner, the sweep, which sees every throttle; a second one below it would hide them and multiply.
    """
    meta: Any = getattr(bedrock, "meta", None)
    if not hasattr(getattr(meta, "config", None), "merge"):
        return bedrock  # not boto3's: somebody's own object with invoke_model
    return _client(
        str(meta.endpoint_url),
        meta.region_name,
        connections,
        credentials=signing_credentials(bedrock),
        config=meta.config,
    )


def target_of(bedrock: Client, backend: Backend) -> Target:
    """What a worker in another process needs. The keys of a studio go along; those of AWS never do."""
    keys = signing_credentials(bedrock) if backend == "studio" else None
    frozen = keys.get_frozen_credentials() if keys is not None else None
    endpoint, region = str(bedrock.meta.endpoint_url), str(bedrock.meta.region_name)
    if frozen is None:
        return Target(backend, region, endpoint)
    return Target(backend, region, endpoint, frozen.access_key, frozen.secret_key)


_clients: dict[tuple[int, Target], Client] = {}
_lock = threading.Lock()


def client_of(target: Target) -> Client:
    """This process's client for a target; made once, for all threads."""
    with _lock:
        mine = os.getpid(), target  # a forked child must not share its parent's connections
        if mine not in _clients:
            _clients[mine] = _client(target.endpoint, target.region, 16, target=target)
        return _clients[mine]


def _client(
    endpoint: str,
    region: str,
    connections: int,
    *,
    target: Target | None = None,
    credentials: Any = None,
    config: Any = None,
) -> Client:
    import boto3
    import botocore.session
    from botocore.config import Config

    once = Config(
        retries={"mode": "standard", "total_max_attempts": 1},
        max_pool_connections=connections,
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        tcp_keepalive=True,
    )
    if target is not None and target.backend == "studio":
        once = once.merge(Config(signature_version="v4", proxies={}))
    session = botocore.session.get_session()
    session.register_component("data_loader", _loader())
    if credentials is not None:
        session._credentials = credentials  # as they are, so that those that expire are renewed
    made = boto3.Session(botocore_session=session, region_name=region)
    keys = (target.access_key, target.secret_key) if target is not None else (None, None)
    return made.client(
        "bedrock-runtime",
        endpoint_url=endpoint,
        config=once if config is None else config.merge(once),
        aws_access_key_id=keys[0],
        aws_secret_access_key=keys[1],
    )


@cache
def _loader() -> Any:
    """What reads boto3's descriptions of services: kept, as parsing them is most of the work of making a client."""
    from botocore.loaders import create_loader

    return create_loader()


# ---- pictures -------------------------------------------------------------------------------------------------------


def _png(made: Generation) -> bytes:
    """The file as it came; where it is no PNG, the same pixels as one."""
    from helpers import pictures
    from helpers.pictures.formats import image_format

    came = made.files[0] if made.files else b""
    return came if image_format(came) == "PNG" else pictures.encode_png(pictures.to_image(made.image))


def _thumbnail(made: Generation) -> bytes:
    from helpers import pictures

    small = pictures.to_rgb(made.image) if made.image.mode not in ("RGB", "L") else made.image.copy()
    small.thumbnail((THUMBNAIL, THUMBNAIL), reducing_gap=2.0)
    out = io.BytesIO()
    small.save(out, "WEBP", quality=_THUMBNAIL_QUALITY, method=2)
    return out.getvalue()
