"""Who may see an inspection, an issue, and a record by what it is linked to. Writes audience rows for `archive.access`.

Archivists and the Office see all but what later issues restrict further; a team sees its own inspections while
membership lasts (R34); other inspectors see open material and, unless it is a work secret, past findings; a
disciplinary reader sees what was granted: a record, an issue or an inspection.
"""

from __future__ import annotations

from uuid import UUID

from archive import access
from archive.models import Link, Record
from archive.types import Role, Secrecy
from inspections.machines import PAST
from inspections.models import Inspection, Issue

KEEPERS = frozenset({f"role:{Role.ARCHIVIST}", f"role:{Role.OFFICE}"})
EVERY_INSPECTOR = f"role:{Role.INSPECTOR}"


def tokens_for_inspection(inspection: Inspection) -> set[str]:
    tokens = {*KEEPERS, f"inspection:{inspection.pk}"}
    if inspection.state in PAST:
        tokens.add(EVERY_INSPECTOR)
    return tokens


def tokens_for_issue(issue: Issue) -> set[str]:
    return tokens_for_inspection(issue.inspection) | {f"issue:{issue.pk}"}


def tokens_for_record(record: Record) -> set[str]:
    """Tokens from the record itself and from every live link."""
    tokens = KEEPERS | {f"record:{record.pk}"}
    if record.created_by_id is not None:
        tokens = tokens | {f"account:{record.created_by_id}"}
    inspections, issues = linked(record)
    for inspection in inspections.values():
        tokens = tokens | {f"inspection:{inspection.pk}"}
        if inspection.state in PAST and record.secrecy != Secrecy.WORK_SECRET:
            tokens = tokens | {EVERY_INSPECTOR}
    tokens = tokens | {f"issue:{issue.pk}" for issue in issues}
    if record.secrecy == Secrecy.OPEN:
        tokens = tokens | {EVERY_INSPECTOR}
    return set(tokens)


def linked(record: Record) -> tuple[dict[UUID, Inspection], list[Issue]]:
    """Inspections (also those of linked issues) and issues that the record is linked to now."""
    links = list(Link.objects.filter(record=record, ended_at=None).values_list("subject_kind", "subject_id"))
    issues = list(
        Issue.objects.select_related("inspection__unit").filter(pk__in=[i for kind, i in links if kind == "issue"])
    )
    wanted = [i for kind, i in links if kind == "inspection"] + [issue.inspection_id for issue in issues]
    inspections = Inspection.objects.select_related("unit", "batch").in_bulk(wanted)
    return inspections, issues


def refresh_record(record: Record) -> bool:
    """Write the audience of a record as its links and its secrecy give it; says whether it changed."""
    return access.set_audience("record", record.pk, tokens_for_record(record))


def refresh_inspection(inspection: Inspection) -> None:
    """Write the audience of an inspection and of its issues."""
    access.set_audience("inspection", inspection.pk, tokens_for_inspection(inspection))
    for issue in inspection.issues.select_related("inspection"):
        access.set_audience("issue", issue.pk, tokens_for_issue(issue))
