"""Calls: a client of the studio or of AWS, one way to send a request, and a receipt or one typed error for each."""

from helpers.calls.answers import Generation
from helpers.calls.client import connect, invoke

__all__ = ["Generation", "connect", "invoke"]
