"""Bytes out of the store as HTTP answers: single ranges, entity tags, and no type that a browser would run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from archive import objects

_RANGE = re.compile(r"bytes=(\d*)-(\d*)$")
PIECE = 256 * 1024

INLINE = frozenset(
    {
        "application/pdf",
        "image/jpeg",
        "image/png",
        "image/gif",
        "image/webp",
        "image/bmp",
        "image/avif",
        "video/mp4",
        "video/webm",
        "audio/mpeg",
        "audio/mp4",
        "audio/aac",
        "audio/ogg",
        "audio/wav",
        "audio/x-wav",
        "audio/flac",
        "audio/webm",
        "text/vtt",
        "application/json",
    }
)
"""Types that may be shown in the page. Everything else (HTML, SVG, scripts, XML …) is only ever a download."""

Opener = Callable[[int, int], objects.ObjectStream]


@dataclass(frozen=True)
class Body:
    """What is to be sent. `open(offset, length)` gives the stream; `tag` is a digest of the whole."""

    size: int
    mime: str
    tag: str
    name: str
    open: Opener


@dataclass(frozen=True)
class Span:
    """A run of bytes: the first one and how many."""

    start: int
    length: int


def span_of(request: HttpRequest, body: Body) -> Span | bool | None:
    """The range asked for; None for the whole; False when it cannot be satisfied (RFC 9110 §14)."""
    header = request.headers.get("Range", "")
    condition = request.headers.get("If-Range", "")
    found = _RANGE.match(header.strip())
    if not found or (condition and condition != f'"{body.tag}"'):
        return None
    first, last = found.groups()
    if not first and not last:
        return None
    if not first:
        length = min(int(last), body.size)
        return Span(body.size - length, length) if length else False
    start = int(first)
    end = min(int(last), body.size - 1) if last else body.size - 1
    if start >= body.size or end < start:
        return False
    return Span(start, end - start + 1)


def begins(request: HttpRequest) -> bool:
    """Whether this request is the first of a run: a player asks for hundreds of ranges, one event tells them."""
    header = request.headers.get("Range", "")
    return not header or header.strip().startswith("bytes=0-")


def answer(request: HttpRequest, body: Body, *, inline: bool, seconds: int = 0) -> HttpResponseBase:
    """The answer to a GET or HEAD. `seconds` is how long the person's own browser may keep it."""
    span = span_of(request, body)
    made: HttpResponseBase
    if request.headers.get("If-None-Match") == f'"{body.tag}"':
        made = HttpResponse(status=304)
    elif span is False:
        made = HttpResponse(status=416, headers={"Content-Range": f"bytes */{body.size}"})
    else:
        made = _send(request, body, span if isinstance(span, Span) else None)
    shown = inline and body.mime in INLINE
    made["Content-Type"] = body.mime if shown else "application/octet-stream"
    made["Content-Disposition"] = f"{'inline' if shown else 'attachment'}; filename*=UTF-8''{quote(body.name)}"
    made["Accept-Ranges"] = "bytes"
    made["ETag"] = f'"{body.tag}"'
    made["X-Content-Type-Options"] = "nosniff"
    made["Cache-Control"] = f"private, max-age={seconds}" if seconds else "private, no-cache"
    made["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return made


def _send(request: HttpRequest, body: Body, span: Span | None) -> HttpResponseBase:
    start, length = (span.start, span.length) if span else (0, body.size)
    headers = {"Content-Length": str(length)}
    if span:
        headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{body.size}"
    status = 206 if span else 200
    if request.method == "HEAD" or length == 0:
        return HttpResponse(status=status, headers=headers)
    return StreamingHttpResponse(_pieces(body.open(start, length), length), status=status, headers=headers)


def _pieces(stream: objects.ObjectStream, length: int) -> Iterator[bytes]:
    left = length
    with stream:
        while left > 0 and (piece := stream.read(min(PIECE, left))):
            left -= len(piece)
            yield piece
