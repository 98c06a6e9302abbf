"""Who may ask a studio: the room's pair of keys, a pair for each client made from it, and an API key for each pair.

Nothing is stored for a client: from the access key that a request names, the studio makes the secret key again.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass, field

_SUFFIX = re.compile(r"[A-Za-z0-9]{1,32}")
_API_KEY = re.compile(r"studio-api-key-(?P<access_key>[A-Za-z0-9-]+)-[0-9a-f]{64}")


@dataclass(frozen=True)
class Keys:
    """A pair of access keys, which opens one studio and nothing else."""

    access_key: str
    secret_key: str = field(repr=False)


def client_keys(keys: Keys, suffix: str) -> Keys:
    """Return a client's own pair, made from the pair of the studio; a pair made so is returned as it is.

    `suffix` tells the client from the studio's others: 1 to 32 letters and digits of ASCII. Raises ValueError for any
    other.
    """
    if room_and_suffix(keys.access_key)[1]:
        return keys
    if _SUFFIX.fullmatch(suffix) is None:
        raise ValueError(f"a suffix is 1 to 32 letters and digits, not {suffix!r}")
    access_key = f"{keys.access_key}-{suffix}"
    return Keys(access_key, _code(keys.secret_key, access_key))


def room_and_suffix(access_key: str) -> tuple[str, str]:
    """Return the studio's own access key in a client's, and the client's suffix, which is empty for the studio's own."""
    room, _, suffix = access_key.partition("-")
    return room, suffix


def keys_of(room: Keys, access_key: str) -> Keys | None:
    """Return the pair with this access key: the studio's own, `room`, or a client's; None where it is neither."""
    if access_key == room.access_key:
        return room
    first, suffix = room_and_suffix(access_key)
    return client_keys(room, suffix) if first == room.access_key and _SUFFIX.fullmatch(suffix) else None


def api_key(keys: Keys) -> str:
    """Return the API key that stands for a pair, for clients that cannot sign: `Authorization: Bearer ...`."""
    return f"studio-api-key-{keys.access_key}-{_code(keys.secret_key, 'studio-api-key')}"


def keys_of_api_key(room: Keys, token: str) -> Keys | None:
    """Return the pair that an API key stands for; None where it is not one of this studio's."""
    named = _API_KEY.fullmatch(token)
    keys = keys_of(room, named["access_key"]) if named else None
    return keys if keys and hmac.compare_digest(api_key(keys), token) else None


def _code(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
