"""Uploads: files that travel in parts, straight into the store, and survive a lost connection or a closed browser.

What the store holds (ListParts) is the truth about progress, not what the browser believes. Small files go through
`put_content` in one request; both end in `ingest.receive`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from archive import access, errors, objects
from archive.types import Actor
from archive.words import both
from ingest import descriptions, jobs
from ingest.models import Delivery, Intake, Upload
from ingest.receive import clean_name, incoming_key, open_delivery, receive, receive_upload
from ingest.types import Arrival, Description, Readable, Receipt

MIB = 2**20
SMALLEST_PART = 8 * MIB
MOST_PARTS = 9000  # S3 allows 10,000
PRESIGN_SECONDS = 3600
LOST_AFTER_SECONDS = 120  # a request that reads a small upload is over by then
CHECK_AT_ONCE = 64 * MIB  # larger uploads are read for their digests by a worker, while the page waits


class PartsMissing(errors.Conflict):
    code = "parts-missing"
    words = _("%(missing)s parts of this file are not in the store yet.")
    advice = _("Send the missing parts, then complete the upload again.")


def part_size_for(size: int) -> int:
    """Bytes of a part, so that a file of `size` bytes needs no more parts than the store allows."""
    return max(SMALLEST_PART, -(-size // MOST_PARTS))


def begin(
    actor: Actor,
    *,
    file_name: str,
    size: int,
    fingerprint: str,
    declared: Description,
    delivery_id: UUID | None = None,
    claimed_sha256: str = "",
    door: str = "page",
) -> Upload:
    """Begin an upload, or find the unfinished one of the same person for the same file (by fingerprint and size).

    Raises `NotPermitted`, `BadInput` (codes, size), `NotFound` (a case or delivery that the actor may not see).
    """
    access.require(actor, "record.upload")
    descriptions.check(declared, actor=actor)
    if not 0 <= size <= settings.UPLOAD_LARGEST:
        raise errors.BadInput("size-not-allowed", words=_("A file of %(size)s bytes cannot be taken in."), size=size)
    known = _unfinished(actor, fingerprint, size)
    if known is not None and is_alive(known):
        return known
    delivery = delivery_for(actor, delivery_id) if delivery_id else open_delivery(actor, door)
    key = incoming_key()
    direct = size >= settings.UPLOAD_DIRECT_FROM
    now = datetime.now(UTC)
    return Upload.objects.create(
        delivery=delivery,
        account_id=actor.id,
        file_name=clean_name(file_name),
        size=size,
        fingerprint=fingerprint[:200],
        key=key,
        store_id=objects.incoming().create_multipart(key) if direct else "",
        part_size=part_size_for(size),
        declared=descriptions.to_json(declared),
        claimed_sha256=claimed_sha256[:64],
        created_at=now,
        touched_at=now,
    )


def _unfinished(actor: Actor, fingerprint: str, size: int) -> Upload | None:
    if not fingerprint:
        return None
    mine = Upload.objects.filter(account=actor.id, fingerprint=fingerprint[:200], size=size)
    return mine.filter(state__in=["OPEN", "CHECKING"]).order_by("-created_at").first()


def delivery_for(actor: Actor, delivery_id: UUID) -> Delivery:
    """A delivery of the actor's own. Raises `NotFound`."""
    delivery = Delivery.objects.filter(pk=delivery_id, account=actor.id).first()
    if delivery is None:
        raise errors.NotFound()
    return delivery


def upload_for(actor: Actor, upload_id: UUID) -> Upload:
    """An upload of the actor's own. Raises `NotFound`."""
    upload = Upload.objects.select_related("intake").filter(pk=upload_id, account=actor.id).first()
    if upload is None:
        raise errors.NotFound()
    return upload


def parts_held(upload: Upload) -> dict[int, int]:
    """Parts that the store holds: number → bytes; all of them when they are one object already.

    Raises `NotFound` when the store knows nothing of this upload any more.
    """
    if not upload.store_id or upload.state != "OPEN":
        return {}
    bucket = objects.incoming()
    try:
        return {number: size for number, (_etag, size) in bucket.list_parts(upload.key, upload.store_id).items()}
    except errors.NotFound:
        joined = bucket.stat(upload.key)
        if joined is None or joined.size != upload.size:
            raise
    sizes = [min(upload.part_size, upload.size - start) for start in range(0, upload.size, upload.part_size)]
    return dict(enumerate(sizes, start=1))


def is_alive(upload: Upload) -> bool:
    """Whether an unfinished upload can go on; one that the store has dropped is given up, so that a new one begins."""
    try:
        parts_held(upload)
    except errors.NotFound:
        Upload.objects.filter(pk=upload.pk, state="OPEN").update(state="ABANDONED", touched_at=datetime.now(UTC))
        return False
    return True


def presign_parts(upload: Upload, numbers: Iterable[int]) -> dict[int, str]:
    """Short-lived addresses to PUT parts at."""
    last = max(1, -(-upload.size // upload.part_size))
    _require_open(upload)
    told = {}
    for number in numbers:
        if not 1 <= number <= last or not upload.store_id:
            raise errors.BadInput("no-such-part", words=_("This upload has no part %(number)s."), number=number)
        query = {"partNumber": str(number), "uploadId": upload.store_id}
        told[number] = objects.incoming().presign("PUT", upload.key, seconds=PRESIGN_SECONDS, query=query)
    Upload.objects.filter(pk=upload.pk).update(touched_at=datetime.now(UTC))
    return told


def complete(upload: Upload, *, actor: Actor) -> Receipt | None:
    """Join the parts and receive the file. None when it is large: a worker reads it, the page asks `state`.

    Raises `PartsMissing` when the store does not hold every byte.
    """
    if upload.intake is not None:
        return receive_upload(upload.pk, actor=actor)
    if upload.state != "CHECKING":
        _require_open(upload)
        _join(upload)
    if upload.size > CHECK_AT_ONCE:
        return None
    check(upload.pk)
    upload.refresh_from_db()
    return receive_upload(upload.pk, actor=actor) if upload.intake is not None else None


def _join(upload: Upload) -> None:
    """Make one object of the parts. A kill after the join and before the row is found by the object's presence.

    The worker is asked in any case: for a small upload it only finds out whether the request was killed.
    """
    bucket = objects.incoming()
    try:
        held = bucket.list_parts(upload.key, upload.store_id)
    except errors.NotFound:
        joined = bucket.stat(upload.key)
        if joined is None or joined.size != upload.size:
            raise
        held = None
    if held is not None:
        _require_all(upload, held)
        parts = [(number, etag) for number, (etag, _size) in held.items()]
        bucket.complete_multipart(upload.key, upload.store_id, parts)
    with transaction.atomic():
        Upload.objects.filter(pk=upload.pk, state="OPEN").update(state="CHECKING", touched_at=datetime.now(UTC))
        jobs.defer_upload(upload.pk, after_seconds=0 if upload.size > CHECK_AT_ONCE else LOST_AFTER_SECONDS)


def _require_all(upload: Upload, held: dict[int, tuple[str, int]]) -> None:
    wanted = max(1, -(-upload.size // upload.part_size))
    missing = wanted - len([number for number in held if number <= wanted])
    if missing or sum(size for _etag, size in held.values()) != upload.size:
        raise PartsMissing(missing=missing or 1)


def put_content(upload: Upload, stream: Readable, *, actor: Actor) -> Receipt:
    """Receive a small file in one request through the application."""
    if upload.intake is not None:
        return receive_upload(upload.pk, actor=actor)
    _require_open(upload)
    receipt = receive(
        Arrival(
            actor=actor,
            door=upload.delivery.door,
            file_name=upload.file_name,
            stream=stream,
            declared=descriptions.from_json(upload.declared),
            size=upload.size,
            delivery_id=upload.delivery_id,
            claimed_sha256=upload.claimed_sha256 or None,
            upload_id=upload.pk,
        )
    )
    if upload.store_id:
        objects.incoming().abort_multipart(upload.key, upload.store_id)
    return receipt


def abort(upload: Upload) -> None:
    """Give an upload up; its parts are dropped from the store."""
    _require_open(upload)
    if upload.store_id:
        objects.incoming().abort_multipart(upload.key, upload.store_id)
    Upload.objects.filter(pk=upload.pk, state="OPEN").update(state="ABANDONED", touched_at=datetime.now(UTC))


def _require_open(upload: Upload) -> None:
    if upload.state != "OPEN":
        raise errors.StateConflict(
            "upload-not-open", words=_("This upload is finished or was given up."), state=upload.state
        )


def check(upload_id: UUID) -> None:
    """A worker's part of `complete`: read the object, receive it, or say why it is refused."""
    upload = Upload.objects.select_related("account", "delivery").get(pk=upload_id)
    system = Actor.system(upload.delivery.actor_name)
    actor = access.actor_for(upload.account) if upload.account is not None else system
    try:
        receive_upload(upload_id, actor=actor)
    except errors.BadInput as exc:
        told = {"code": exc.code, "words": both(exc.words, exc.data), "advice": both(exc.advice, exc.data)}
        Upload.objects.filter(pk=upload_id, intake=None).update(state="REFUSED", error=told)
        objects.incoming().remove(upload.key)


def abandon_older_than(cut: datetime) -> int:
    """Give up uploads that nobody touched since `cut`; gives how many."""
    old = Upload.objects.filter(state="OPEN", touched_at__lt=cut)
    count = 0
    for upload in old[:1000]:
        abort(upload)
        count += 1
    return count


def intakes_of(actor: Actor) -> QuerySet[Intake]:
    """Arrivals that the actor may follow: their own; archivists follow all."""
    every = Intake.objects.select_related("delivery", "account")
    if access.may(actor, "record.release"):
        return every
    return every.filter(account=actor.id)
