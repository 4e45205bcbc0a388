"""Operations that bring files in: sessions in parts straight into the store, one PUT, or one POST with everything."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, UnreadablePostError
from django.utils.translation import gettext_lazy as _
from ninja import Query, Router, Schema, Status
from pydantic import Field

from archive import access, errors
from config.api.arrivals_out import intake_out, upload_out
from config.api.auth import actor_of
from config.api.fields import Content, DocType, FileName, Limit, Line, Method, OcrEngine, SecrecyCode, Sha256
from config.api.problems import PROBLEMS, BodyCut, LengthMissing
from config.api.shapes import IntakeOut, SignedParts, UploadOut
from ingest import arrivals, uploads
from ingest.formfiles import check_room
from ingest.models import Intake, Upload
from ingest.receive import SizeDiffers, receive
from ingest.types import Arrival, Description, Readable

router = Router(tags=["uploads"])


class DescriptionIn(Schema):
    """What you say about a file; every field may be left out."""

    inspection_id: UUID | None = None
    issue_id: UUID | None = None
    doc_type: DocType = ""
    title: Line = ""
    date: dt.date | None = None
    maker: Line = ""
    place: Line = ""
    methods: list[Method] = []
    contents: list[Content] = []
    secrecy: SecrecyCode = "INTERNAL"
    ocr_engine: OcrEngine = ""

    def described(self) -> Description:
        """As the layers below know it."""
        values = self.dict()
        return Description(**values | {name: tuple(values[name]) for name in ("methods", "contents")})


class UploadIn(Schema):
    file_name: FileName
    path: FileName | None = None  # folder and name, where a folder was picked
    size: Annotated[int, Field(ge=0, le=2**53)]
    fingerprint: Annotated[str, Field(max_length=3000)] = ""  # of your choice: finds this upload again when unfinished
    sha256: Sha256 | None = None  # compared with the bytes that arrive
    delivery_id: UUID | None = None
    description: DescriptionIn = DescriptionIn()


class NumbersIn(Schema):
    numbers: Annotated[list[Annotated[int, Field(ge=1, le=10_000)]], Field(min_length=1, max_length=100)]


_FILE_MISSING = _("The form holds no file.")
_NAME_MISSING = _("The file has no name.")


class Body(io.RawIOBase):
    """The body of a request, read in pieces. One that ends early raises `BodyCut`, so that nothing half is kept."""

    def __init__(self, request: HttpRequest, length: int) -> None:
        super().__init__()
        self._request = request
        self._left = length

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if self._left <= 0:
            return b""
        wanted = self._left if size < 0 else min(size, self._left)
        try:
            piece = self._request.read(wanted)
        except (UnreadablePostError, OSError) as exc:
            raise BodyCut() from exc
        if not piece:
            raise BodyCut()
        self._left -= len(piece)
        return bytes(piece)


@router.post("/uploads", response={201: UploadOut, **PROBLEMS})
def begin(request: HttpRequest, payload: UploadIn) -> Status[Any]:
    """Begin an upload, or find your unfinished one of the same fingerprint and size, with the parts it has."""
    actor = actor_of(request)
    if payload.delivery_id is not None:
        arrivals.open_delivery_for(actor, payload.delivery_id)
    print_ = hashlib.sha256(payload.fingerprint.encode("utf-8", "replace")).hexdigest() if payload.fingerprint else ""
    upload = uploads.begin(
        actor,
        file_name=payload.file_name,
        size=payload.size,
        fingerprint=print_,
        declared=replace(payload.description.described(), path=payload.path or ""),
        delivery_id=payload.delivery_id,
        claimed_sha256=(payload.sha256 or "").lower(),
        door="page" if request.session.session_key else "api",
    )
    return Status(201, upload_out(upload, actor))


@router.get("/uploads", response={200: list[UploadOut], **PROBLEMS})
def unfinished(request: HttpRequest, limit: Limit = 50) -> list[dict[str, Any]]:
    """Your unfinished uploads, newest first."""
    actor = actor_of(request)
    access.require(actor, "record.upload")
    mine = Upload.objects.select_related("intake").filter(account=actor.id, state__in=["OPEN", "CHECKING"])
    alive = [upload for upload in mine.order_by("-created_at")[:limit] if uploads.is_alive(upload)]
    return [upload_out(upload, actor) for upload in alive]


@router.get("/uploads/{upload_id}", response={200: UploadOut, **PROBLEMS})
def one(request: HttpRequest, upload_id: UUID) -> dict[str, Any]:
    """How far an upload of yours is."""
    actor = actor_of(request)
    return upload_out(uploads.upload_for(actor, upload_id), actor)


@router.post("/uploads/{upload_id}/parts", response={200: SignedParts, **PROBLEMS})
def sign_parts(request: HttpRequest, upload_id: UUID, payload: NumbersIn) -> dict[str, Any]:
    """Addresses to PUT these parts at. Part n holds the bytes from (n-1) x part_size on."""
    upload = uploads.upload_for(actor_of(request), upload_id)
    signed = uploads.presign_parts(upload, sorted(set(payload.numbers)))
    parts = [{"number": number, "url": url} for number, url in signed.items()]
    return {"parts": parts, "seconds": uploads.PRESIGN_SECONDS}


@router.post("/uploads/{upload_id}/complete", response={200: UploadOut, **PROBLEMS})
def complete(request: HttpRequest, upload_id: UUID) -> dict[str, Any]:
    """All parts are sent: have the file received. CHECKING means that we are reading it; ask again. Safe to repeat."""
    actor = actor_of(request)
    upload = uploads.upload_for(actor, upload_id)
    if upload.store_id and upload.state in ("OPEN", "CHECKING"):
        uploads.complete(upload, actor=actor)
    elif upload.state == "OPEN":
        raise errors.Conflict("content-missing", words=uploads.PartsMissing.words, missing=1)
    return upload_out(uploads.upload_for(actor, upload_id), actor)


@router.put(
    "/uploads/{upload_id}/content",
    response={200: UploadOut, **PROBLEMS},
    openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": {}}}},
)
def put_content(request: HttpRequest, upload_id: UUID) -> dict[str, Any]:
    """The whole file as the body of one request. Its length must be the announced size. Safe to repeat."""
    actor = actor_of(request)
    upload = uploads.upload_for(actor, upload_id)
    length = body_length(request)
    if upload.state == "OPEN" and length != upload.size:
        raise SizeDiffers(declared=upload.size, found=length)
    if upload.state == "OPEN" or upload.intake is not None:
        uploads.put_content(upload, Body(request, length), actor=actor)
    return upload_out(uploads.upload_for(actor, upload_id), actor)


@router.delete("/uploads/{upload_id}", response={204: None, **PROBLEMS})
def abort(request: HttpRequest, upload_id: UUID) -> Status[Any]:
    """Give an unfinished upload up; what was sent of it is dropped."""
    upload = uploads.upload_for(actor_of(request), upload_id)
    if upload.state != "ABANDONED":
        uploads.abort(upload)
    return Status(204, None)


class FileQuery(DescriptionIn):
    file_name: Line = ""
    sha256: Sha256 | None = None
    delivery_id: UUID | None = None


_BODIES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
        },
    }
}


@router.post("/files", response={201: IntakeOut, **PROBLEMS}, openapi_extra=_BODIES)
def one_shot(request: HttpRequest, given: Query[FileQuery]) -> Status[Any]:
    """A whole file in one request: its bytes as the body (then `file_name` is needed), or a form with `file`."""
    actor = actor_of(request)
    access.require(actor, "record.upload")
    if given.delivery_id is not None:
        arrivals.open_delivery_for(actor, given.delivery_id)
    name, stream, size = _body_of(request, given)
    if size > settings.UPLOAD_LARGEST:
        raise errors.BadInput("size-not-allowed", words=SizeDiffers.words, declared=size, found=size)
    receipt = receive(
        Arrival(
            actor=actor,
            door="api",
            file_name=name,
            stream=stream,
            declared=DescriptionIn(**given.dict(exclude={"file_name", "sha256", "delivery_id"})).described(),
            size=size,
            delivery_id=given.delivery_id,
            claimed_sha256=given.sha256,
        )
    )
    return Status(201, intake_out(Intake.objects.get(pk=receipt.intake_id), actor))


def _body_of(request: HttpRequest, given: FileQuery) -> tuple[str, Readable, int]:
    if request.content_type == "multipart/form-data":
        check_room(request)
        file = request.FILES.get("file")
        if not isinstance(file, UploadedFile):
            raise errors.BadInput("file-missing", words=_FILE_MISSING)
        return given.file_name or file.name or "", file, file.size or 0
    if not given.file_name:
        raise errors.BadInput("name-missing", words=_NAME_MISSING)
    length = body_length(request)
    return given.file_name, Body(request, length), length


def body_length(request: HttpRequest) -> int:
    """Content-Length in bytes. Raises `LengthMissing`."""
    try:
        length = int(request.META.get("CONTENT_LENGTH") or "")
    except ValueError as exc:
        raise LengthMissing() from exc
    if length < 0:
        raise LengthMissing()
    return length
