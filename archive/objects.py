"""Object storage: the only importer of `minio`. Puts once, copies inside the store, presigns, multiparts.

Four buckets: `records` (the archive: object lock and versioning, put-once) and `ledger` (its custody log, likewise),
`incoming` (bytes under way, dropped when stored), `derivatives` (caches; written through `archive.files`).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import urllib3
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from minio import Minio
from minio.commonconfig import GOVERNANCE
from minio.datatypes import Part
from minio.error import MinioException, S3Error
from minio.helpers import md5sum_hash
from minio.retention import Retention
from urllib3.exceptions import HTTPError

from archive import errors

MIB = 2**20
COPY_LIMIT = 5 * 2**30  # the largest single server-side copy that S3 allows


@dataclass(frozen=True)
class Stat:
    size: int
    etag: str
    version_id: str | None
    modified: datetime | None


class ObjectExists(errors.IntegrityFailure):
    """Put-once met other bytes under the same key."""

    code = "object-exists"
    words = _("Other bytes already lie under this key: %(key)s")


class StoreUnavailable(errors.Unavailable):
    code = "store-unavailable"
    words = _("The object storage does not answer.")


class StoreFull(errors.Unavailable):
    code = "store-full"
    words = _("The object storage has no room for this.")
    advice = _("Nothing of this file was kept. Ask the system administrator for room, then send it again.")


def _translate(exc: Exception, key: str) -> errors.ArchiveError:
    if isinstance(exc, S3Error) and exc.code in {"NoSuchKey", "NoSuchBucket", "NoSuchUpload"}:
        return errors.NotFound("object-missing", words=_("The object %(key)s is not in the store."), key=key)
    if isinstance(exc, S3Error) and exc.code in {"EntityTooLarge", "XMinioStorageFull", "InsufficientStorage"}:
        return StoreFull(key=key)
    return StoreUnavailable(key=key, reason=type(exc).__name__)


_FAULTS = (MinioException, HTTPError, OSError)


@dataclass(frozen=True)
class Bucket:
    """One bucket. Every method raises `StoreUnavailable` when the store does not answer."""

    name: str
    client: Minio
    lock_days: int = 0  # > 0: every put carries a GOVERNANCE retention of so many days

    def _lock_headers(self) -> dict[str, str | list[str] | tuple[str]]:
        if not self.lock_days:
            return {}
        until = datetime.now(UTC) + timedelta(days=self.lock_days)
        return {
            "x-amz-object-lock-mode": "GOVERNANCE",
            "x-amz-object-lock-retain-until-date": until.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }

    def put_once(self, key: str, body: bytes, content_type: str = "application/octet-stream") -> None:
        """Put small bytes under a new key. The same bytes again are fine; other bytes raise `ObjectExists`."""
        headers = self._headers(body, content_type) | {"If-None-Match": "*"}
        try:
            self.client._put_object(self.name, key, body, headers)
        except S3Error as exc:
            if exc.code != "PreconditionFailed":
                raise _translate(exc, key) from exc
            if self.read(key) != body:
                raise ObjectExists(key=key) from exc
        except _FAULTS as exc:
            raise _translate(exc, key) from exc

    def put(self, key: str, body: bytes, content_type: str = "application/octet-stream") -> None:
        """Put or replace small bytes; the bucket's versioning keeps what was there."""
        try:
            self.client._put_object(self.name, key, body, self._headers(body, content_type))
        except _FAULTS as exc:
            raise _translate(exc, key) from exc

    def _headers(self, body: bytes, content_type: str) -> dict[str, str | list[str] | tuple[str]]:
        digest = md5sum_hash(body)
        return {"Content-Type": content_type, "Content-MD5": digest or ""} | self._lock_headers()

    def read(self, key: str) -> bytes:
        """All bytes of a small object."""
        with self.open(key) as stream:
            return stream.read()

    def open(self, key: str, offset: int = 0, length: int = 0) -> ObjectStream:
        """A stream of the object, or of `length` bytes from `offset`. Raises `NotFound` when it is absent."""
        try:
            response = self.client.get_object(self.name, key, offset=offset, length=length)
        except _FAULTS as exc:
            raise _translate(exc, key) from exc
        return ObjectStream(response, key)

    def stat(self, key: str) -> Stat | None:
        """Size and version of the object, None when it is absent."""
        try:
            found = self.client.stat_object(self.name, key)
        except S3Error as exc:
            if exc.code in {"NoSuchKey", "NoSuchObject"}:
                return None
            raise _translate(exc, key) from exc
        except _FAULTS as exc:
            raise _translate(exc, key) from exc
        return Stat(found.size or 0, found.etag or "", found.version_id, found.last_modified)

    def copy_from(self, source: Bucket, source_key: str, key: str, size: int) -> None:
        """Copy inside the store, without the bytes passing through us. Replaces nothing: the caller asked `stat`."""
        try:
            if size <= COPY_LIMIT:
                headers = self._lock_headers() | {"x-amz-copy-source": f"/{source.name}/{source_key}"}
                self.client._execute("PUT", self.name, key, headers=headers)
            else:
                self._copy_in_parts(source, source_key, key, size)
            if self.lock_days:
                # SeaweedFS passes over the lock headers of a copy; said once more it holds on every store
                until = datetime.now(UTC) + timedelta(days=self.lock_days)
                self.client.set_object_retention(self.name, key, Retention(GOVERNANCE, until))
        except _FAULTS as exc:
            raise _translate(exc, key) from exc

    def _copy_in_parts(self, source: Bucket, source_key: str, key: str, size: int) -> None:
        upload = self.create_multipart(key)
        step = 512 * MIB
        parts = []
        for number, start in enumerate(range(0, size, step), start=1):
            end = min(start + step, size) - 1
            headers: dict[str, str | list[str] | tuple[str]] = {
                "x-amz-copy-source": f"/{source.name}/{source_key}",
                "x-amz-copy-source-range": f"bytes={start}-{end}",
            }
            etag, _when = self.client._upload_part_copy(self.name, key, upload, number, headers)
            parts.append((number, etag))
        self.complete_multipart(key, upload, parts)

    # -- multipart, for streams whose end is not known and for browsers that send straight to the store

    def create_multipart(self, key: str, content_type: str = "application/octet-stream") -> str:
        """Begin a multipart upload; gives its id."""
        try:
            headers: dict[str, Any] = {"Content-Type": content_type} | self._lock_headers()
            return self.client._create_multipart_upload(self.name, key, headers)
        except _FAULTS as exc:
            raise _translate(exc, key) from exc

    def put_part(self, key: str, upload: str, number: int, body: bytes) -> str:
        """Send one part; gives its ETag."""
        try:
            return self.client._upload_part(self.name, key, body, None, upload, number)
        except _FAULTS as exc:
            raise _translate(exc, key) from exc

    def list_parts(self, key: str, upload: str) -> dict[int, tuple[str, int]]:
        """Parts that the store holds: number → (ETag, size)."""
        found: dict[int, tuple[str, int]] = {}
        marker: str | None = None
        try:
            while True:
                page = self.client._list_parts(self.name, key, upload, part_number_marker=marker)
                found |= {part.part_number: (part.etag, part.size or 0) for part in page.parts}
                if not page.is_truncated:
                    return found
                marker = str(page.next_part_number_marker)
        except _FAULTS as exc:
            raise _translate(exc, key) from exc

    def complete_multipart(self, key: str, upload: str, parts: list[tuple[int, str]]) -> None:
        """Join the parts into the object."""
        try:
            joined = [Part(number, etag) for number, etag in sorted(parts)]
            self.client._complete_multipart_upload(self.name, key, upload, joined)
        except _FAULTS as exc:
            raise _translate(exc, key) from exc

    def abort_multipart(self, key: str, upload: str) -> None:
        """Drop an unfinished multipart upload; one that is gone already is fine."""
        try:
            self.client._abort_multipart_upload(self.name, key, upload)
        except S3Error as exc:
            if exc.code != "NoSuchUpload":
                raise _translate(exc, key) from exc
        except _FAULTS as exc:
            raise _translate(exc, key) from exc

    def presign(
        self, method: str, key: str, *, seconds: int, query: dict[str, str] | None = None, public: bool = True
    ) -> str:
        """An address that allows one `method` on one key for a short time."""
        client = public_client() if public else self.client
        extra: dict[str, str | list[str] | tuple[str]] = dict(query or {})
        try:
            return client.get_presigned_url(
                method, self.name, key, expires=timedelta(seconds=seconds), extra_query_params=extra or None
            )
        except _FAULTS as exc:
            raise _translate(exc, key) from exc

    def remove(self, key: str) -> None:
        """Remove an object of a bucket without lock; an absent one is fine."""
        try:
            self.client.remove_object(self.name, key)
        except _FAULTS as exc:
            raise _translate(exc, key) from exc

    def list_keys(self, prefix: str = "") -> Iterator[str]:
        """All keys below a prefix."""
        try:
            for item in self.client.list_objects(self.name, prefix=prefix, recursive=True):
                if item.object_name and not item.is_dir:
                    yield item.object_name
        except _FAULTS as exc:
            raise _translate(exc, prefix) from exc


class ObjectStream(io.RawIOBase):
    """A readable object; gives its connection back when closed. A cut stream raises instead of ending early."""

    def __init__(self, response: Any, key: str) -> None:
        super().__init__()
        self._response = response
        self._response.decode_content = False  # bytes as stored, also where the store says `Content-Encoding: gzip`
        self._key = key

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        try:
            body: bytes = self._response.read(None if size is None or size < 0 else size)
        except _FAULTS as exc:
            raise StoreUnavailable(key=self._key, reason=type(exc).__name__) from exc
        return body

    def readinto(self, buffer: Any) -> int:
        body = self.read(len(buffer))
        buffer[: len(body)] = body
        return len(body)

    def close(self) -> None:
        if not self.closed:
            self._response.close()
            self._response.release_conn()
        super().close()


def _connect(endpoint: str) -> Minio:
    parts = urlsplit(endpoint)
    pool = urllib3.PoolManager(
        maxsize=16,
        timeout=urllib3.Timeout(connect=5, read=120),
        retries=urllib3.Retry(total=2, connect=2, read=0, backoff_factor=0.2, status_forcelist=[502, 503, 504]),
    )
    return Minio(
        parts.netloc,
        access_key=settings.S3_KEY,
        secret_key=settings.S3_SECRET,
        secure=parts.scheme == "https",
        region=settings.S3_REGION,
        http_client=pool,
    )


@lru_cache(maxsize=1)
def client() -> Minio:
    """The client that our own processes use."""
    return _connect(settings.S3_ENDPOINT)


@lru_cache(maxsize=1)
def public_client() -> Minio:
    """The client that signs addresses for browsers, with the host name that they see."""
    return _connect(settings.S3_PUBLIC_ENDPOINT)


def records() -> Bucket:
    """The archive itself: object lock, versions, put-once."""
    return Bucket(f"{settings.BUCKET_PREFIX}-records", client(), lock_days=settings.ARRIVAL_LOCK_DAYS)


def ledger() -> Bucket:
    """Sealed segments of the custody ledger. A bucket of its own: the records bucket holds OCFL objects only."""
    return Bucket(f"{settings.BUCKET_PREFIX}-ledger", client(), lock_days=settings.ARRIVAL_LOCK_DAYS)


def incoming() -> Bucket:
    """Bytes under way: kept until they are stored and read back."""
    return Bucket(f"{settings.BUCKET_PREFIX}-incoming", client())


def derivatives() -> Bucket:
    """Caches: what tools made from originals."""
    return Bucket(f"{settings.BUCKET_PREFIX}-derivatives", client())


def read_pieces(stream: BinaryIO | ObjectStream, size: int = MIB) -> Iterator[bytes]:
    """The stream in pieces; memory stays flat whatever its length."""
    while piece := stream.read(size):
        yield piece
