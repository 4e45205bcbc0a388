"""E-mail: headers, body and what is attached; attachments that hold text are read one level deep."""

from __future__ import annotations

import email
import email.header
import email.policy
import email.utils
import mailbox
import os
import tempfile
from collections.abc import Iterator
from email.message import Message
from typing import Any

from ingest.readers import formats as f
from ingest.readers.charset import decode
from ingest.readers.html import visible
from ingest.readers.text import pieces

MAX_BYTES = 128 << 20  # of a message that is read for search
MAX_ATTACHMENTS = 100
MAX_ATTACHMENT_BYTES = 32 << 20
MAX_MESSAGES = 2000  # of a mailbox
_SHOWN = ("From", "To", "Cc", "Subject", "Date")


def extract(path: str, mime: str) -> dict[str, Any]:
    """`units` (body first, then attachments), `technical` with headers, `facts.created`, `notices`."""
    if mime == f.MSG:
        return _outlook(path)
    if mime == f.MBOX:
        return _mailbox(path)
    with open(path, "rb") as stream:
        message = email.message_from_bytes(stream.read(MAX_BYTES), policy=email.policy.compat32)
    return _answer(_headers(message), _body(message), list(_attachments(message)))


def _answer(headers: dict[str, str], body: str, attached: list[tuple[str, bytes]]) -> dict[str, Any]:
    head = "\n".join(f"{name}: {value}" for name, value in headers.items())
    texts = [(piece, "") for piece in pieces(f"{head}\n\n{body}")]
    for name, data in attached:
        texts.append((name, f"attachment: {name}"))
        texts += [(text, f"attachment: {name}") for text in _text_within(data)]
    units = [_unit(number, text, label) for number, (text, label) in enumerate(texts, 1)]
    technical: dict[str, Any] = {name.lower(): value[:500] for name, value in headers.items()}
    technical["attachments"] = [name for name, _ in attached]
    notices = [{"code": "mail-attachments", "data": {"count": len(attached)}}] if attached else []
    created = _moment(headers.get("Date", ""))
    return {
        "units": units,
        "technical": technical,
        "facts": {"created": created} if created else {},
        "notices": notices,
    }


def _headers(message: Message) -> dict[str, str]:
    return {name: text for name in _SHOWN if (text := _header(message.get(name)))}


def _header(value: Any) -> str:
    """A header as text: encoded words, or raw bytes in whatever charset the sender's program used."""
    if value is None:
        return ""
    found = []
    if isinstance(value, str) and not value.isascii():
        try:  # raw bytes, that the parser keeps as lone surrogates
            value = decode(value.encode("ascii", "surrogateescape")).text
        except UnicodeEncodeError:
            value = value.encode("utf-8", "replace").decode()
        return " ".join(value.split())
    try:
        parts = email.header.decode_header(value)
    except (email.errors.HeaderParseError, ValueError):
        return str(value)
    for part, charset in parts:
        known = charset if charset not in (None, "unknown-8bit") else ""
        found.append(decode(part, known or "").text if isinstance(part, bytes) else part)
    return " ".join("".join(found).split())


def _body(message: Message) -> str:
    """The plain parts, else the HTML parts as they read."""
    plain, marked = [], []
    for part in _leaves(message):
        if part.get_filename() or part.get_content_disposition() == "attachment":
            continue
        kind = part.get_content_type()
        if kind == "text/plain":
            plain.append(decode(_payload(part), part.get_content_charset("") or "").text)
        elif kind == "text/html":
            marked.append(visible(_payload(part), part.get_content_charset("") or "")[1])
    return "\n".join(plain if any(text.strip() for text in plain) else marked).replace("\0", "")


def _attachments(message: Message) -> Iterator[tuple[str, bytes]]:
    count = 0
    for part in _leaves(message):
        name = _file_name(part)
        textual = part.get_content_type() in ("text/plain", "text/html")
        if (name or part.get_content_disposition() == "attachment" or not textual) and count < MAX_ATTACHMENTS:
            count += 1
            yield name or part.get_content_type(), _payload(part)


def _file_name(part: Message) -> str:
    value = part.get_param("filename", None, "content-disposition") or part.get_param("name")
    text = email.utils.collapse_rfc2231_value(value) if value else ""
    return _header(text)[:255]


def _leaves(message: Message) -> Iterator[Message]:
    """All parts that are not themselves of parts; an attached message counts as one, its text is read within."""
    stack, seen = [message], 0
    while stack and seen < 1000:
        current = stack.pop()
        seen += 1
        if current.is_multipart():
            payload = current.get_payload()
            stack += reversed(payload if isinstance(payload, list) else [])  # type: ignore[arg-type]
        else:
            yield current


def _payload(part: Message) -> bytes:
    try:
        data = part.get_payload(decode=True)
    except (ValueError, AssertionError, LookupError):
        data = None
    return data if isinstance(data, bytes) else b""


def _text_within(data: bytes) -> list[str]:
    """Text of an attachment, read by our own readers; empty when it has none they can read."""
    if not data or len(data) > MAX_ATTACHMENT_BYTES:
        return []
    from ingest.readers import document

    descriptor, path = tempfile.mkstemp()
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
        return [unit["text"] for unit in document.read(path, deep=False)["units"]]
    except Exception:  # a broken attachment must not hide the message
        return []
    finally:
        os.unlink(path)


def _mailbox(path: str) -> dict[str, Any]:
    units: list[dict[str, Any]] = []
    notices: list[dict[str, Any]] = []
    box = mailbox.mbox(path, create=False)
    for number, message in enumerate(box, 1):
        if number > MAX_MESSAGES:
            notices.append({"code": "messages-cut", "data": {"limit": MAX_MESSAGES}})
            break
        answer = _answer(_headers(message), _body(message), list(_attachments(message)))
        units += [unit | {"number": number, "label": _header(message.get("Subject"))[:200]} for unit in answer["units"]]
    return {"units": units, "technical": {"messages": len(box)}, "facts": {}, "notices": notices}


def _outlook(path: str) -> dict[str, Any]:
    import extract_msg  # a fifth of a second that other files need not pay

    opened: Any = extract_msg.openMsg(path, delayAttachments=False, strict=False)
    with opened as message:
        wanted = {"From": "sender", "To": "to", "Cc": "cc", "Subject": "subject", "Date": "date"}
        headers = {name: str(value) for name, key in wanted.items() if (value := getattr(message, key, None))}
        body = message.body or visible(message.htmlBody or b"")[1]
        attached = [found for item in list(message.attachments)[:MAX_ATTACHMENTS] if (found := _outlook_file(item))]
        return _answer(headers, str(body).replace("\0", ""), attached)


def _outlook_file(item: Any) -> tuple[str, bytes] | None:
    """Name and bytes of an attachment; links, contacts and messages within have none."""
    try:
        data = item.data
        name = item.getFilename() if hasattr(item, "getFilename") else item.name
    except Exception:  # each kind of attachment fails in its own way
        return None
    return (str(name)[:255], data) if isinstance(data, bytes) else None


def _moment(date: str) -> str:
    try:
        return email.utils.parsedate_to_datetime(date).isoformat()
    except (ValueError, TypeError, IndexError):
        return ""


def _unit(number: int, text: str, label: str) -> dict[str, Any]:
    return {"kind": "part", "number": number, "text": text, "source": "mail", "label": label}
