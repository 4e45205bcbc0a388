"""Opening units, batches, teams, inspections and issues, in the simple form that evidence needs to hang on."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from archive import access, custody, errors, people, records, states, vocabulary
from archive.models import Account
from archive.numbers import next_number
from archive.types import Actor
from inspections import audience, evidence
from inspections.models import Batch, Cycle, Inspection, Issue, OrgUnit, Team, TeamMembership

UNIT_KINDS = ("township", "street", "department", "village", "enterprise")
LEVELS = ("ORDINARY", "IMPORTANT", "MAJOR")


@transaction.atomic
def open_unit(name: str, kind: str, *, actor: Actor, parent: OrgUnit | None = None) -> OrgUnit:
    """Enter a unit; one that is there already is given back."""
    if kind not in UNIT_KINDS:
        raise errors.BadInput("unknown-unit-kind", words=_("Unknown kind of unit: %(value)s."), value=kind)
    unit, made = OrgUnit.objects.get_or_create(name=name, defaults={"kind": kind, "parent": parent})
    if made:
        custody.append("unit entered", subject=("unit", unit.pk), actor=actor, data={"name": name, "kind": kind})
    return unit


@transaction.atomic
def open_batch(year: int, number: int, name: str, *, actor: Actor) -> Batch:
    """Open a batch in the two-year cycle that its year belongs to; one that is there already is given back."""
    first = year - year % 2
    cycle, _made = Cycle.objects.get_or_create(
        starts=date(first, 1, 1), ends=date(first + 1, 12, 31), defaults={"name": f"{first}–{first + 1}"}
    )
    batch, made = Batch.objects.get_or_create(year=year, number=number, defaults={"cycle": cycle, "name": name})
    if made:
        custody.append("batch opened", subject=("batch", batch.pk), actor=actor, data={"name": name, "year": year})
    return batch


@transaction.atomic
def open_team(batch: Batch, name: str, *, leader: Account, members: list[Account], actor: Actor) -> Team:
    """Make a team of 3 to 5 with its leader (R01, R02). Raises `GateClosed`."""
    people_in = [leader, *members]
    if not 3 <= len({account.pk for account in people_in}) <= 5:
        raise errors.GateClosed("team-size", words=_("A team has 3 to 5 members, its leader among them."), rule="R01")
    team = Team.objects.create(batch=batch, name=name)
    now = datetime.now(UTC)
    TeamMembership.objects.bulk_create(
        TeamMembership(team=team, account=account, role="LEADER" if account == leader else "MEMBER", starts=now)
        for account in people_in
    )
    data = {"name": name, "leader": leader.pk, "members": [account.pk for account in members]}
    custody.append("team opened", subject=("team", team.pk), actor=actor, data=data)
    return team


@transaction.atomic
def open_inspection(
    unit: OrgUnit,
    batch: Batch,
    team: Team,
    *,
    actor: Actor,
    starts: date | None = None,
    ends: date | None = None,
    purpose: str = "",
) -> Inspection:
    """Open an inspection of one unit; its team may see it from now on (R34)."""
    access_or_system(actor, "inspection.edit")
    if Inspection.objects.filter(unit=unit, batch=batch).exists():
        raise errors.Conflict("inspection-exists", words=_("This unit is already in this batch."))
    inspection = Inspection.objects.create(
        number=next_number("inspection", "XC", batch.year, width=3),
        unit=unit,
        batch=batch,
        team=team,
        year=batch.year,
        starts=starts,
        ends=ends,
        purpose=purpose,
    )
    custody.append(
        "inspection opened",
        subject=("inspection", inspection.pk),
        actor=actor,
        data={"number": inspection.number, "unit": unit.name, "batch": batch.name, "team": team.name},
    )
    audience.refresh_inspection(inspection)
    for membership in team.memberships.select_related("account"):
        people.grant(
            membership.account,
            f"inspection:{inspection.pk}",
            reason=f"team of {inspection.number}",
            actor=actor,
            starts=membership.starts,
            ends=membership.ends,
        )
    return inspection


@transaction.atomic
def raise_issue(
    inspection_id: UUID,
    title: str,
    *,
    actor: Actor,
    level: str = "ORDINARY",
    description: str = "",
    place: str = "",
    contents: tuple[str, ...] = (),
    methods: tuple[str, ...] = (),
    found_on: date | None = None,
) -> Issue:
    """Enter an issue that the team found (M2 FOUND). It needs a content code C1–C9 (domain.md M2)."""
    access_or_system(actor, "issue.edit")
    inspection = inspection_for(actor, inspection_id)
    if not title.strip():
        raise errors.BadInput("title-missing", words=_("Say in a few words what was found."))
    if level not in LEVELS:
        raise errors.BadInput("unknown-level", words=_("Unknown level: %(value)s."), value=level)
    unknown = [code for code in contents if code not in vocabulary.CONTENTS]
    unknown += [code for code in methods if code not in vocabulary.METHODS]
    if unknown:
        raise errors.BadInput("unknown-code", words=_("Unknown code: %(value)s."), value=", ".join(unknown))
    issue = Issue.objects.create(
        number=next_number("issue", "WT", inspection.year, width=4),
        inspection=inspection,
        title=title.strip()[:300],
        description=description,
        place=place[:300],
        level=level,
        contents=list(contents),
        methods=list(methods),
        found_on=found_on,
        created_by_id=actor.id,
    )
    data = {"number": issue.number, "title": issue.title, "level": level, "inspection": inspection.number}
    custody.append("issue raised", subject=("issue", issue.pk), actor=actor, data=data)
    access.set_audience("issue", issue.pk, audience.tokens_for_issue(issue))
    return issue


@transaction.atomic
def move_inspection(inspection: Inspection, move: str, *, actor: Actor, reason: str = "") -> None:
    """One step of M1; who may see it and its records follows the new state."""
    access_or_system(actor, "inspection.edit")
    states.move(inspection, move, actor=actor, reason=reason)
    audience.refresh_inspection(inspection)
    for record in evidence.records_of("inspection", inspection.pk, Actor.system("audience")):
        if audience.refresh_record(record):
            records.mark_changed(record)


def inspection_for(actor: Actor, inspection_id: UUID) -> Inspection:
    """The inspection, if the actor may see it; the program's own parts see all."""
    things = Inspection.objects.select_related("unit", "batch", "team")
    if actor.is_system:
        return things.get(pk=inspection_id)
    return access.thing_for(actor, things, inspection_id, "inspection.view")


def access_or_system(actor: Actor, action: str) -> None:
    """The demonstration case is made by a named part of the program; everybody else passes the door."""
    if not actor.is_system:
        access.require(actor, action)
