"""The transports of a run's calls: directly from this process, or by the workers of an executor; and their clients."""

import os
import threading
from concurrent.futures import CancelledError, Executor, Future
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol

from helpers import models
from helpers.calls.answers import Backend, Call
from helpers.calls.client import CONNECT_TIMEOUT, READ_TIMEOUT, Client, signing_credentials
from helpers.calls.send import Answer, send
from helpers.sweeps.run.tile_files import TileFiles, read_tile


class Transport(Protocol):
    """A way by which calls reach the service."""

    def send(self, call: Call, number: int) -> Answer | TileFiles:
        """Make one call, and return its answer or the picture in it. Raises CallError."""

    def stop(self) -> None:
        """Cancel the calls that have not been sent yet."""


@dataclass(frozen=True)
class DirectTransport:
    """Calls from this process, through one client that all threads share."""

    bedrock: Client

    def send(self, call: Call, number: int) -> Answer:
        """Make one call, and return its answer without reading it: `tile_files.read_tile` does. Raises CallError."""
        return send(self.bedrock, call)

    def stop(self) -> None:
        """Do nothing: no call waits here."""


@dataclass(frozen=True)
class Target:
    """The endpoint of calls, with what another process needs to make a client. Without keys, it uses its own."""

    backend: Backend
    region: str
    endpoint: str
    access_key: str | None = None
    secret_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class ExecutorTransport:
    """Calls by the workers of an executor: other processes, other machines."""

    executor: Executor
    target: Target
    waiting: "set[Future[TileFiles]]" = field(default_factory=set, compare=False)
    stopped: threading.Event = field(default_factory=threading.Event, compare=False)
    lock: threading.Lock = field(default_factory=threading.Lock, compare=False)

    def send(self, call: Call, number: int) -> TileFiles:
        """Make one call in a worker, and wait for its picture. Raises CallError, or CancelledError once stopped."""
        assert call.model is not None
        with self.lock:  # so that a stop finds every call that was submitted, and none is submitted after it
            if self.stopped.is_set():
                raise CancelledError
            future = self.executor.submit(attempt, self.target, call.model.id, call.body, number)
            self.waiting.add(future)
        try:
            return future.result()
        finally:
            self.waiting.discard(future)

    def stop(self) -> None:
        """Cancel the calls that no worker has begun: their `send` raises CancelledError."""
        with self.lock:
            self.stopped.set()
            waiting = list(self.waiting)
        for future in waiting:
            future.cancel()


def attempt(target: Target, model: str, body: dict[str, Any], number: int) -> TileFiles:
    """Make one call in whatever process this runs, and return its picture. Raises the CallError that fits.

    `number` makes the arguments of every attempt different, so that an executor that keeps results repeats none.
    """
    call = Call(target.backend, target.region, models.get(model), body)
    return read_tile(send(worker_client(target), call), call)


# ---- clients --------------------------------------------------------------------------------------------------------


def client_for(bedrock: Client, connections: int) -> Client:
    """Return a client like `bedrock`, with its endpoint and credentials, that makes each call once.

    The sweep alone repeats calls, since it sees every throttle; retries in the client would hide and multiply them.
    `connections`: the size of the pool, one for each thread.
    """
    meta: Any = getattr(bedrock, "meta", None)
    if not hasattr(getattr(meta, "config", None), "merge"):
        return bedrock  # not boto3's: an object of the caller's own with invoke_model
    return _client(
        str(meta.endpoint_url),
        meta.region_name,
        connections,
        credentials=signing_credentials(bedrock),
        config=meta.config,
    )


def target_of(bedrock: Client, backend: Backend) -> Target:
    """Return a client's target for workers in other processes; with the keys of a studio, never with those of AWS."""
    keys = signing_credentials(bedrock) if backend == "studio" else None
    frozen = keys.get_frozen_credentials() if keys is not None else None
    endpoint, region = str(bedrock.meta.endpoint_url), str(bedrock.meta.region_name)
    if frozen is None:
        return Target(backend, region, endpoint)
    return Target(backend, region, endpoint, frozen.access_key, frozen.secret_key)


_clients: dict[tuple[int, Target], Client] = {}
_lock = threading.Lock()


def worker_client(target: Target) -> Client:
    """Return this process's client for a target, made once for all threads."""
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
    """Return the loader of boto3's service descriptions, which caches them: parsing is most of the work of a client."""
    from botocore.loaders import create_loader

    return create_loader()
