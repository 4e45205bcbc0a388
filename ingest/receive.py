"""The one way in: every file, from whichever door, comes through `receive` (or `receive_upload`, for bytes that went
straight into the store). A file counts as received when its bytes, its digests and its row are durable.
"""

from __future__ import annotations

import contextlib
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from types import TracebackType
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from archive import access, custody, errors, objects
from archive.digests import PIECE, Hasher, digests_of
from archive.ids import new_id
from archive.models import Original
from archive.numbers import next_number
from archive.types import Actor, Digests
from ingest import descriptions, jobs
from ingest.models import Delivery, Intake, Upload
from ingest.types import Arrival, Receipt

PART = 8 * 2**20  # bytes of a part; two of them in memory at most
STAGE_NAMES = ("identify", "store", "scan", "extract", "ocr", "probe", "derive", "speech", "index")


class SizeDiffers(errors.BadInput):
    code = "size-differs"
    words = _("%(declared)s bytes were announced, but %(found)s arrived.")
    advice = _("The connection was probably cut. Nothing of this file was kept; send it again.")


class DigestDiffers(errors.BadInput):
    code = "digest-differs"
    words = _("The digest sent along does not fit the bytes that arrived.")
    advice = _("The file changed on its way. Nothing of it was kept; send it again.")


class IncomingWriter:
    """Writes a stream of unknown length into the incoming bucket: one PUT when it is short, parts when it is long.

    One part travels while the next one fills. As a context manager it drops what it wrote unless `finish` was called.
    """

    def __init__(self, key: str, expected: int | None = None) -> None:
        self._bucket = objects.incoming()
        self._key = key
        # S3 allows 10,000 parts: a very large file gets larger ones
        self._part = max(PART, -(-(expected or 0) // 9000))
        self._pieces: list[bytes] = []
        self._held = 0  # bytes in them
        self._upload = ""
        self._parts: list[tuple[int, str]] = []
        self._pool = ThreadPoolExecutor(max_workers=1)
        self._flying: Future[str] | None = None
        self._done = False

    def __enter__(self) -> IncomingWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True)
        if not self._done:
            with contextlib.suppress(errors.Unavailable):  # the sweep of old uploads drops it later
                if self._upload:
                    self._bucket.abort_multipart(self._key, self._upload)

    def write(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._held += len(piece)
        if self._held >= self._part:
            self._send(self._joined())

    def _joined(self) -> bytes:
        """What is held, once: pieces are let go as soon as they are joined."""
        part = b"".join(self._pieces)
        self._pieces.clear()
        self._held = 0
        return part

    def _send(self, part: bytes) -> None:
        if not self._upload:
            self._upload = self._bucket.create_multipart(self._key)
        self._land()
        number = len(self._parts) + 1
        self._flying = self._pool.submit(self._bucket.put_part, self._key, self._upload, number, part)

    def _land(self) -> None:
        if self._flying is not None:
            self._parts.append((len(self._parts) + 1, self._flying.result()))
            self._flying = None

    def finish(self) -> None:
        """Make the object exist. Before this nothing of it can be seen."""
        if not self._upload:
            self._bucket.put(self._key, self._joined())
        else:
            if self._held:
                self._send(self._joined())
            self._land()
            self._bucket.complete_multipart(self._key, self._upload, self._parts)
        self._done = True


def receive(arrival: Arrival) -> Receipt:
    """Take one file in. Raises `NotPermitted`, `BadInput`, `NotFound` (case hidden), `Unavailable`; then nothing of
    the file is kept and nothing was promised. Memory stays flat whatever the size.
    """
    access.require(arrival.actor, "record.upload")
    descriptions.check(arrival.declared, actor=arrival.actor)
    key = incoming_key()
    with IncomingWriter(key, arrival.size) as writer, Hasher() as hasher:
        while piece := arrival.stream.read(PIECE):
            hasher.update(piece)
            writer.write(piece)
        digests = hasher.result()
        _check_against(digests, size=arrival.size, claimed_sha256=arrival.claimed_sha256)
        writer.finish()
    with transaction.atomic():
        held = Upload.objects.select_for_update().get(pk=arrival.upload_id) if arrival.upload_id else None
        if held is not None and held.intake_id is not None:  # the first try got through, only its answer was lost
            intake = Intake.objects.get(pk=held.intake_id)
            return _receipt(intake, _digests_of_row(intake), arrival.actor)
        delivery_id = arrival.delivery_id or open_delivery(arrival.actor, arrival.door).pk
        intake = _enter(
            actor=arrival.actor,
            delivery_id=delivery_id,
            door=arrival.door,
            file_name=arrival.file_name,
            key=key,
            digests=digests,
            declared=descriptions.to_json(arrival.declared),
        )
        if held is not None:
            _settle_upload(held, intake)
    return _receipt(intake, digests, arrival.actor)


def receive_upload(upload_id: UUID, *, actor: Actor) -> Receipt:
    """Take in bytes that a browser put straight into the store: read once here for the digests, then entered.

    Safe to repeat: an upload that was received already gives its receipt again.
    """
    upload = Upload.objects.select_related("intake").get(pk=upload_id)
    if upload.intake is not None:
        return _receipt(upload.intake, _digests_of_row(upload.intake), actor)
    with objects.incoming().open(upload.key) as stream:
        digests = digests_of(stream)
    _check_against(digests, size=upload.size, claimed_sha256=upload.claimed_sha256 or None)
    with transaction.atomic():
        held = Upload.objects.select_for_update().get(pk=upload_id)
        if held.intake_id is not None:
            intake = Intake.objects.get(pk=held.intake_id)
        else:
            intake = _enter(
                actor=actor,
                delivery_id=upload.delivery_id,
                door=upload.delivery.door,
                file_name=upload.file_name,
                key=upload.key,
                digests=digests,
                declared=upload.declared,
            )
            _settle_upload(held, intake)
    return _receipt(intake, digests, actor)


def _settle_upload(upload: Upload, intake: Intake) -> None:
    """In the transaction that enters the intake, so that no kill can part the two."""
    upload.intake = intake
    upload.state = "RECEIVED"
    upload.touched_at = datetime.now(UTC)
    upload.save(update_fields=["intake", "state", "touched_at"])


def open_delivery(actor: Actor, door: str, title: str = "") -> Delivery:
    """Open one act of handing in."""
    account_id = actor.id if actor.kind != "system" else None
    with transaction.atomic():
        delivery = Delivery.objects.create(
            number=next_number("delivery", "J"),
            account_id=account_id,
            actor_name=actor.name,
            door=door,
            title=title[:300],
            created_at=datetime.now(UTC),
        )
        data = {"number": delivery.number, "door": door}
        custody.append("ingestion start", subject=("delivery", delivery.pk), actor=actor, data=data)
    return delivery


def close_delivery(delivery_id: UUID, *, actor: Actor) -> None:
    """Nothing more comes with this delivery. Closing twice is fine."""
    with transaction.atomic():
        if Delivery.objects.filter(pk=delivery_id, closed_at=None).update(closed_at=datetime.now(UTC)):
            custody.append("ingestion end", subject=("delivery", delivery_id), actor=actor)


def incoming_key() -> str:
    """A new key in the incoming bucket. Names from outside never become part of a key."""
    return f"{datetime.now(UTC):%Y%m%d}/{new_id()}"


def _check_against(digests: Digests, *, size: int | None, claimed_sha256: str | None) -> None:
    if size is not None and size != digests.size:
        raise SizeDiffers(declared=size, found=digests.size)
    if claimed_sha256 and claimed_sha256.lower() != digests.sha256:
        raise DigestDiffers(claimed=claimed_sha256, found=digests.sha256)


def _enter(
    *,
    actor: Actor,
    delivery_id: UUID,
    door: str,
    file_name: str,
    key: str,
    digests: Digests,
    declared: dict[str, Any],
) -> Intake:
    """Row, custody and job in one transaction: from here on the file is received."""
    intake = Intake.objects.create(
        delivery_id=delivery_id,
        number=next_number("receipt", "R"),
        record_id=new_id(),
        file_name=clean_name(file_name),
        door=door,
        account_id=actor.id if actor.kind != "system" else None,
        actor_name=actor.name,
        key=key,
        size=digests.size,
        sha512=digests.sha512,
        sm3=digests.sm3,
        sha256=digests.sha256,
        declared=declared,
        options={"ocr_engine": declared["ocr_engine"]} if declared.get("ocr_engine") else {},
        owed=list(STAGE_NAMES),
        received_at=datetime.now(UTC),
    )
    data = {
        "number": intake.number,
        "file_name": intake.file_name,
        "door": door,
        "size": digests.size,
        "sha512": digests.sha512,
        "sm3": digests.sm3,
        "sha256": digests.sha256,
        "declared": declared,
    }
    custody.append("capture", subject=("record", intake.record_id), actor=actor, data=data)
    jobs.defer_advance(intake.pk, "quick")
    return intake


def clean_name(name: str) -> str:
    """The name as a person reads it: the last part of a path, without control characters. Metadata only."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(char for char in last if char.isprintable())
    return kept[:1000] or "—"


def _receipt(intake: Intake, digests: Digests, actor: Actor) -> Receipt:
    first = Original.objects.filter(sha512=digests.sha512).first() if digests.size else None
    if first is None or first.record_id == intake.record_id or not access.may_see(actor, "record", first.record_id):
        return Receipt(intake.pk, intake.number, digests)
    return Receipt(intake.pk, intake.number, digests, duplicate_of=first.record_id)


def _digests_of_row(intake: Intake) -> Digests:
    return Digests(size=intake.size, sha512=intake.sha512, sm3=intake.sm3, sha256=intake.sha256)
