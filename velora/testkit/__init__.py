"""Helpers for tests, of Velora and of users: small flows, scripted strategies, slow references."""

from velora.testkit.flow import Flow, Script
from velora.testkit.order_flow import random_order_flow
from velora.testkit.reference_book import ReferenceBook
from velora.testkit.reference_book_l3 import ReferenceBookL3
from velora.testkit.reference_bus import ReferenceBus
from velora.testkit.reference_contingency import ReferenceCommand, ReferenceReport
from velora.testkit.reference_mark import ReferenceMark, ReferenceMarks
from velora.testkit.reference_matching import ReferenceMatching
from velora.testkit.reference_venue import ReferenceVenue, VenueFill

__all__ = [
    "Flow",
    "ReferenceBook",
    "ReferenceBookL3",
    "ReferenceBus",
    "ReferenceCommand",
    "ReferenceMark",
    "ReferenceMarks",
    "ReferenceMatching",
    "ReferenceReport",
    "ReferenceVenue",
    "Script",
    "VenueFill",
    "random_order_flow",
]
