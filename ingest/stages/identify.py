"""identify: what the file is and whether it is sound, from its bytes. Vital, so it never refuses a file: one that no
reader survives is kept as unreadable.
"""

from __future__ import annotations

import functools
from importlib import metadata
from typing import Any

from django.utils.translation import gettext_lazy as _

from ingest.stages import words
from ingest.tools import jail
from ingest.types import Done, Outcome, Retry, Work

CONDITIONS = frozenset(
    {"sound", "empty", "truncated", "encrypted", "mislabelled", "damaged", "bomb", "unreadable", "unknown-type"}
)
LIMITS = jail.Limits(seconds=50, memory_mib=2048)  # as in extract, so that both use the same resident child
_OURS = frozenset({"tool-missing", "tool-limit"})  # likelier the machine's fault than the file's


def run(work: Work) -> Outcome:
    """Type, medium and condition of the file."""
    try:
        found = _identify(work)
    except jail.ToolFailure as failure:
        if failure.code in _OURS or not _sandbox_works(work):
            return Retry("sandbox-down", _("The sandbox for reading files does not work on this machine."), 30)
        facts = {"condition": "unreadable", "format_name": _ending(work.file_name)}
        return Done("anjuan-identify", tool_version(), facts, notices=(words.failure_notice(failure),))
    facts = {key: found[key] for key in ("mime", "format_name", "format_version", "medium", "condition")}
    return Done("anjuan-identify", tool_version(), facts, notices=words.notices(found["notices"]))


def applies(work: Work) -> bool:
    """Every file."""
    return True


@functools.cache
def tool_version() -> str:
    """Versions of what tells the types."""
    names = ("python-magic", "pypdfium2", "pillow")
    return "; ".join(f"{name} {metadata.version(name)}" for name in names)


def _identify(work: Work) -> dict[str, Any]:
    found: dict[str, Any] = jail.call(
        "ingest.readers.identify:identify",
        work=work.folder,
        limits=LIMITS,
        readable=(work.original,),
        path=str(work.original),
        name=work.file_name,
    )
    return found


def _sandbox_works(work: Work) -> bool:
    """Whether a harmless call succeeds: only then is it the file that broke the reader."""
    try:
        return bool(jail.call("ingest.readers.formats:agrees", work=work.folder, limits=LIMITS, name="a", mime="b"))
    except jail.ToolFailure:
        return False


def _ending(name: str) -> str:
    return name.rpartition(".")[2].upper()[:10] if "." in name else ""
