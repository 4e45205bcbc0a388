"""Rows of the archive: fields and constraints only; rules live in the service modules beside this package."""

from archive.models.custody import CustodyEvent, LedgerEntry, LedgerSegment
from archive.models.people import AccessGrant, Account, AccountRole, ApiToken, Audience
from archive.models.records import (
    Counter,
    Derivative,
    IndexMark,
    Link,
    Original,
    Record,
    RecordNotice,
    TextUnit,
    VaultVersion,
)

__all__ = [
    "AccessGrant",
    "Account",
    "AccountRole",
    "ApiToken",
    "Audience",
    "Counter",
    "CustodyEvent",
    "Derivative",
    "IndexMark",
    "LedgerEntry",
    "LedgerSegment",
    "Link",
    "Original",
    "Record",
    "RecordNotice",
    "TextUnit",
    "VaultVersion",
]
