"""Uploads, intakes and deliveries as the API shows them."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from archive.types import Actor
from archive.words import in_current
from ingest import arrivals, uploads
from ingest.arrivals import TROUBLE, Counts
from ingest.models import Delivery, Intake, Upload


def intake_out(intake: Intake, actor: Actor) -> dict[str, Any]:
    """An intake; its record and the first holder of the same bytes only if the actor may see them."""
    record = arrivals.record_of(intake, actor)
    first = arrivals.first_of(intake, actor)
    shown = {"id": first.pk, "title": first.title, "url": reverse("record", args=[first.pk])} if first else None
    return {
        "id": intake.pk,
        "receipt": intake.number,
        "state": intake.state,
        "file_name": intake.file_name,
        "size": intake.size,
        "digests": {"sha512": intake.sha512, "sm3": intake.sm3, "sha256": intake.sha256},
        "door": intake.door,
        "actor": intake.actor_name,
        "received_at": intake.received_at,
        "settled": intake.settled_at is not None,
        "stuck": intake.stuck,
        "owed": intake.owed,
        "delivery_id": intake.delivery_id,
        "record_id": record.pk if record else None,
        "duplicate": shown is not None or intake.state == "DUPLICATE",
        "first": shown,
        "url": reverse("intake", args=[intake.pk]),
    }


def intake_full(intake: Intake, actor: Actor) -> dict[str, Any]:
    """An intake with every stage that was begun, and what was declared."""
    runs = [step.run for step in arrivals.steps_of(intake) if step.run is not None]
    names = (
        "stage",
        "attempt",
        "outcome",
        "started_at",
        "milliseconds",
        "tool",
        "tool_version",
        "code",
        "words",
        "advice",
    )
    stages = [{name: getattr(run, name) for name in names} for run in runs]
    return intake_out(intake, actor) | {"stages": stages, "declared": intake.declared}


def upload_out(upload: Upload, actor: Actor) -> dict[str, Any]:
    """An upload with the parts that the store holds: that, not what the browser believes, is its progress."""
    parts = uploads.parts_held(upload)
    error = None
    if upload.error:
        told = {name: in_current(upload.error.get(name, {})) for name in ("words", "advice")}
        error = {"code": upload.error.get("code", ""), "message": told["words"], "advice": told["advice"], "data": {}}
    return {
        "id": upload.pk,
        "state": upload.state,
        "mode": "multipart" if upload.store_id else "single",
        "file_name": upload.file_name,
        "size": upload.size,
        "part_size": upload.part_size,
        "parts": [{"number": number, "size": size} for number, size in sorted(parts.items())],
        "delivery_id": upload.delivery_id,
        "intake": intake_out(upload.intake, actor) if upload.intake is not None else None,
        "error": error,
    }


def delivery_out(delivery: Delivery) -> dict[str, Any]:
    """A delivery with its counts per stage."""
    counts = arrivals.counts_of(delivery)
    return {
        **{name: getattr(delivery, name) for name in ("id", "number", "title", "door", "created_at", "closed_at")},
        "actor": delivery.actor_name,
        **{name: getattr(counts, name) for name in ("files", "bytes", "stored", "duplicates", "settled", "stuck")},
        "stages": stage_counts(counts),
        "url": reverse("delivery", args=[delivery.pk]),
    }


def stage_counts(counts: Counts) -> list[dict[str, Any]]:
    """One row a stage, in the order of the pipeline."""
    rows = []
    for stage, outcomes in counts.stages.items():
        row: dict[str, Any] = {"stage": stage}
        row |= {name: outcomes.get(name, 0) for name in ("waiting", "done", "skipped", "refused")}
        row["running"] = outcomes.get("running", 0) + outcomes.get("retrying", 0)
        row["failed"] = sum(outcomes.get(name, 0) for name in TROUBLE if name != "refused")
        rows.append(row)
    return rows
