"""Operations on what came in: intakes, deliveries, suggestions."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from ninja import Query, Router, Schema, Status
from pydantic import Field

from archive import access
from config.api.arrivals_out import delivery_out, intake_full, intake_out
from config.api.auth import actor_of
from config.api.basics import page_of
from config.api.fields import FileName, Limit, Line
from config.api.problems import PROBLEMS
from config.api.shapes import (
    DeliveriesPage,
    DeliveryOut,
    ExceptionsOut,
    IntakeFull,
    IntakesPage,
    SuggestionsOut,
)
from ingest import arrivals, suggested
from ingest.receive import close_delivery, open_delivery

router = Router()


class IntakeFilters(Schema):
    q: Line = ""  # part of the file name, or a receipt
    door: Literal["", "page", "api", "shell", "folder", "demo"] = ""
    state: Literal["", "RECEIVED", "STORED", "DUPLICATE"] = ""
    progress: Literal["", "open", "settled", "stuck", "trouble"] = ""
    delivery_id: UUID | None = None
    before: UUID | None = None
    limit: Limit = 50


@router.get("/intakes", response={200: IntakesPage, **PROBLEMS}, tags=["intakes"])
def intakes(request: HttpRequest, filters: Query[IntakeFilters]) -> dict[str, Any]:
    """Files that came in, newest first."""
    actor = actor_of(request)
    found = arrivals.narrowed(arrivals.visible_intakes(actor), filters.dict())
    items, more = page_of(found, filters.before, filters.limit)
    return {"items": [intake_out(item, actor) for item in items], "next": more}


@router.get("/intakes/{intake_id}", response={200: IntakeFull, **PROBLEMS}, tags=["intakes"])
def intake(request: HttpRequest, intake_id: UUID) -> dict[str, Any]:
    """One file with its stages."""
    actor = actor_of(request)
    return intake_full(arrivals.intake_for(actor, intake_id), actor)


class DeliveryIn(Schema):
    title: Line = ""
    door: Literal["page", "api"] = "api"


@router.post("/deliveries", response={201: DeliveryOut, **PROBLEMS}, tags=["deliveries"])
def begin(request: HttpRequest, payload: DeliveryIn) -> Status[Any]:
    """Open one act of handing in many files. It stays open until you close it."""
    actor = actor_of(request)
    access.require(actor, "record.upload")
    return Status(201, delivery_out(open_delivery(actor, payload.door, payload.title)))


@router.get("/deliveries", response={200: DeliveriesPage, **PROBLEMS}, tags=["deliveries"])
def deliveries(request: HttpRequest, before: UUID | None = None, limit: Limit = 20) -> dict[str, Any]:
    """Deliveries, newest first, with counts per stage."""
    found = arrivals.visible_deliveries(actor_of(request))
    items, more = page_of(found, before, limit)
    return {"items": [delivery_out(item) for item in items], "next": more}


@router.get("/deliveries/{delivery_id}", response={200: DeliveryOut, **PROBLEMS}, tags=["deliveries"])
def delivery(request: HttpRequest, delivery_id: UUID) -> dict[str, Any]:
    """One delivery with counts per stage; they are kept for good."""
    return delivery_out(arrivals.delivery_for(actor_of(request), delivery_id))


@router.post("/deliveries/{delivery_id}/close", response={200: DeliveryOut, **PROBLEMS}, tags=["deliveries"])
def close(request: HttpRequest, delivery_id: UUID) -> dict[str, Any]:
    """Nothing more comes with this delivery. Closing twice is fine."""
    actor = actor_of(request)
    access.require(actor, "record.upload")
    found = arrivals.delivery_for(actor, delivery_id)
    close_delivery(found.pk, actor=actor)
    found.refresh_from_db()
    return delivery_out(found)


@router.get("/deliveries/{delivery_id}/exceptions", response={200: ExceptionsOut, **PROBLEMS}, tags=["deliveries"])
def exceptions(request: HttpRequest, delivery_id: UUID) -> dict[str, Any]:
    """Files of the delivery of which something should be known, each with its reason and what to do."""
    found = arrivals.exceptions_of(arrivals.delivery_for(actor_of(request), delivery_id))
    return {"items": [_exception_out(item) for item in found]}


def _exception_out(item: arrivals.Exceptional) -> dict[str, Any]:
    told = {name: getattr(item, name) for name in ("stage", "outcome", "code", "words", "advice")}
    intake = item.intake
    url = reverse("intake", args=[intake.pk])
    return told | {"intake_id": intake.pk, "receipt": intake.number, "file_name": intake.file_name, "url": url}


class PathsIn(Schema):
    paths: Annotated[list[FileName], Field(max_length=500)]


@router.post("/suggestions", response={200: SuggestionsOut, **PROBLEMS}, tags=["uploads"])
def suggestions(request: HttpRequest, payload: PathsIn) -> dict[str, Any]:
    """What file names and the folders above them hint at, in the order of `paths`. Nothing is kept."""
    actor = actor_of(request)
    access.require(actor, "record.upload")
    return {"suggestions": suggested.for_paths(actor, payload.paths)}
