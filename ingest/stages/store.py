"""store: from the incoming bucket into the vault, read back, registered. Vital: everything after it may fail.

Same bytes are kept once: the unique digest of `Original` is the claim. Whoever comes second links to the first.
"""

from __future__ import annotations

import hashlib
import io

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from archive import access, custody, objects, records, vault
from archive.digests import PIECE
from archive.models import Original, Record, VaultVersion
from archive.types import Actor, Digests
from ingest import claims, descriptions
from ingest.models import Intake
from ingest.types import Done, Outcome, Retry, Work
from inspections import audience, evidence

TOOL = "anjuan-vault"
VERSION = "OCFL 1.1"


def run(work: Work) -> Outcome:
    """Store the bytes as an OCFL object and register the record, or link to the record that has them already."""
    intake = Intake.objects.get(pk=work.intake_id)
    actor = person_of(intake)
    record = Record.objects.filter(pk=intake.record_id).first() or _open(intake, work, actor)
    if record is None:
        return _join_first(intake, work, actor)
    vault.keep(record.pk, read_back=sha512_of)
    with transaction.atomic():
        held = claims.hold(work.intake_id, work.attempt)
        record = records.lock(record.pk)
        if record.state == "STORING":
            records.register(record, actor=actor)
            _link(record, held, actor)
        Intake.objects.filter(pk=held.pk).update(state="STORED")
    objects.incoming().remove(intake.key)
    return Done(TOOL, VERSION)


def person_of(intake: Intake) -> Actor:
    """Who handed the file in, for the custody of what follows from it."""
    if intake.account_id is None:
        return Actor.system(intake.actor_name)
    return access.actor_for(intake.account) if intake.account else Actor.system(intake.actor_name)


def _open(intake: Intake, work: Work, actor: Actor) -> Record | None:
    """The record's rows; None when another record has claimed the same bytes."""
    if intake.size and Original.objects.filter(sha512=intake.sha512).exists():
        return None
    description = descriptions.from_json(intake.declared)
    new = records.NewRecord(
        id=intake.record_id,
        number=intake.number,
        file_name=intake.file_name,
        incoming_key=intake.key,
        size=intake.size,
        sha512=intake.sha512,
        sm3=intake.sm3,
        sha256=intake.sha256,
        facts=vars(work.facts),
        details=descriptions.details_of(description),
        declared=intake.declared,
        created_by_id=intake.account_id,
    )
    try:
        with transaction.atomic():
            claims.hold(work.intake_id, work.attempt)
            return records.open_record(new, actor=actor)
    except IntegrityError:
        return None


def _link(record: Record, intake: Intake, actor: Actor) -> None:
    """Hang the record on the cases that were named at receipt, and open it to its audience."""
    description = descriptions.from_json(intake.declared)
    for kind, subject_id in (("inspection", description.inspection_id), ("issue", description.issue_id)):
        if subject_id is not None:
            evidence.attach(
                record, kind, subject_id, actor=actor, doc_type=description.doc_type, given_name=intake.file_name
            )
    audience.refresh_record(record)


def _join_first(intake: Intake, work: Work, actor: Actor) -> Outcome:
    """The same bytes are in the vault already: link them once more, drop the second copy."""
    first = Original.objects.select_related("record").get(sha512=intake.sha512)
    if VaultVersion.objects.filter(record_id=first.record_id, number=1, kept_at=None).exists():
        return Retry("first-copy-under-way", _("The same file is being stored by somebody else at this moment."), 3)
    with transaction.atomic():
        held = claims.hold(work.intake_id, work.attempt)
        record = records.lock(first.record_id)
        _link(record, held, actor)
        data = {"receipt": intake.number, "file_name": intake.file_name, "record": record.number}
        custody.append("duplicate received", subject=("record", record.pk), actor=actor, data=data)
        records.touch(record, message="same bytes received again", actor=actor)
        Intake.objects.filter(pk=held.pk).update(state="DUPLICATE", record_id=record.pk)
    objects.incoming().remove(intake.key)
    return Done(TOOL, VERSION, facts={"duplicate": True})


def sha512_of(stream: io.RawIOBase) -> Digests:
    """Size and SHA-512 of stored bytes: what reading back must agree with."""
    digest = hashlib.sha512()
    size = 0
    while piece := stream.read(PIECE):
        digest.update(piece)
        size += len(piece)
    return Digests(size=size, sha512=digest.hexdigest(), sm3="", sha256="")


def applies(work: Work) -> bool:
    return True
