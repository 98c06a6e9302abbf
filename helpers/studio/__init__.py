"""The offline studio: an Amazon Bedrock endpoint on this machine that really diffuses, with no account and no network.

`python -m helpers.studio` serves it; `helpers.studio.process` starts it as a child, and `helpers.studio.environment`
gives the variables that point a client at it. Importing this package imports nothing heavy.
"""

VERSION = "0.2.0"
"""The studio's answer in `x-studio-version`: another version may draw another picture for the same request."""
