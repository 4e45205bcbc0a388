"""Bytes of an original over HTTP. Owns: ranges, headers, and the custody event of a download."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from urllib.parse import quote

from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from archive import custody, objects
from archive.models import Record
from archive.types import Actor

PIECE = 256 * 1024
_RANGE = re.compile(r"^bytes=(\d*)-(\d*)$")


def wanted_range(header: str, size: int) -> tuple[int, int] | None:
    """First byte and length that a `Range` header asks for; None for all of it (also when it is of another form).

    Raises:
        ValueError: the range lies outside the file.
    """
    match = _RANGE.match(header.strip())
    if match is None or match[0] == "bytes=-":
        return None
    first, last = match[1], match[2]
    if len(first) > 18 or len(last) > 18:
        raise ValueError(header)
    if not first:
        length = min(int(last), size)
        start, end = size - length, size - 1
    else:
        start, end = int(first), min(int(last) if last else size - 1, size - 1)
    if start >= size or end < start:
        raise ValueError(header)
    return start, end - start + 1


def original_response(request: HttpRequest, record: Record, actor: Actor) -> HttpResponseBase:
    """The original as a download. The custody event is written before the first byte leaves."""
    held = record.original
    try:
        part = wanted_range(request.headers.get("Range", ""), held.size)
    except ValueError:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{held.size}"})
    start, length = part or (0, held.size)
    stream = objects.records().open(held.key, start, length) if held.size else None
    with transaction.atomic():
        data = {"first": start, "length": length, "size": held.size, "door": "api"}
        custody.append("dissemination", subject=("record", record.pk), actor=actor, data=data)
    response = StreamingHttpResponse(_pieces(stream), status=206 if part else 200, content_type=record.mime)
    response["Content-Length"] = str(length)
    if part:
        response["Content-Range"] = f"bytes {start}-{start + length - 1}/{held.size}"
    return _with_headers(response, record)


def _with_headers(response: StreamingHttpResponse, record: Record) -> StreamingHttpResponse:
    held = record.original
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = f'"{held.sha256}"'
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(held.file_name, safe='')}"
    response["Repr-Digest"] = f"sha-512=:{_b64(held.sha512)}:, sha-256=:{_b64(held.sha256)}:"  # RFC 9530
    response["X-Digest-SM3"] = held.sm3
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def _b64(digest: str) -> str:
    return base64.b64encode(bytes.fromhex(digest)).decode()


def _pieces(stream: objects.ObjectStream | None) -> Iterator[bytes]:
    if stream is None:
        return
    with stream:
        yield from objects.read_pieces(stream, PIECE)
