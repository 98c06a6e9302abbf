"""The offline studio: an Amazon Bedrock endpoint on this machine that really diffuses, with no account and no network.

`python -m helpers.studio` serves it; `helpers.studio.process` starts it as a child, and `helpers.studio.environment`
gives the variables that point a client at it. Importing this package imports nothing heavy.
"""

VERSION = "0.3.0"
"""The studio's answer in VERSION_HEADER: another version may draw another picture for the same request."""

REGION = "us-west-2"
"""The Region of clients that name none: every model that the studio draws for is in it."""

# What both ends of the wire know of each other beyond Bedrock's own API.
VERSION_HEADER = "x-studio-version"
ENGINE_HEADER = "x-studio-engine"
UNKNOWN_WORDS_HEADER = "x-studio-unknown-words"
WORDS_HEADER = "x-studio-words"
"""Names the words of the prompts that the studio knows, each percent-encoded, with "=" and what became of it: DRAWN, NOT_DRAWN, or
STAND_IN and the percent-encoded name of what is drawn in its place. They are joined by commas."""
DRAWN, NOT_DRAWN, STAND_IN = "drawn", "not-drawn", "stand-in:"
IGNORED_HEADER = "x-studio-ignored"
"""Names the fields of the request that were ignored, each percent-encoded, joined by commas."""
ENGINES_ROUTE = "/studio/engines"
FAULTS_ROUTE = "/studio/faults"
CALLS_ROUTE = "/studio/calls"
ACCESS_KEY_PREFIX = "STUDIO"  # no access key of AWS begins so
