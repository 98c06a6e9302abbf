"""Calls: a client of the studio or of AWS, one way to send a request, and a receipt or one typed error for each."""

from helpers.calls.answers import Generation
from helpers.calls.client import connect, invoke
from helpers.calls.studio_faults import calls_seen, faults
from helpers.studio.fault_rules import SeenCall

__all__ = ["Generation", "SeenCall", "calls_seen", "connect", "faults", "invoke"]
