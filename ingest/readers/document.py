"""One call that reads any file whose text can be had without another program. Runs in the jail."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ingest.readers import archives, dbf, html, identify, mail, metadata, ofd, office, pdf, text
from ingest.readers import formats as f

Reader = Callable[[str], dict[str, Any]]

_OFFICE = (f.DOCX, f.XLSX, f.PPTX, f.ODT, f.ODS, f.ODP, f.XLS)
_READERS: dict[str, Reader] = {
    "application/pdf": pdf.extract,
    "text/plain": text.extract,
    "text/csv": text.extract_csv,
    "application/json": text.extract,
    "text/vtt": text.extract,
    "application/x-subrip": text.extract,
    "text/html": html.extract,
    "text/xml": html.extract_xml,
    "image/svg+xml": html.extract_xml,
    "application/epub+zip": html.extract_epub,
    "application/x-dbf": dbf.extract,
    f.OFD: ofd.extract,
}
_MAIL = (f.EML, f.MBOX, f.MSG)


def read(path: str, mime: str = "", *, deep: bool = True, into: str = "") -> dict[str, Any]:
    """`units`, `facts`, `technical`, `notices`, `textless_pages`, `page_count`; without a type it is told first.

    `deep` reads what is attached to mail. With `into` the answer goes to that file as JSON, for it may be large.
    """
    mime = mime or identify.identify(path, "")["mime"]
    answer: dict[str, Any] = {"units": [], "facts": {}, "technical": {}, "notices": []}
    if mime in _MAIL:
        answer |= mail.extract(path, mime) if deep else {}
    elif f.named(mime).medium == "archive":
        answer |= archives.extract(path, mime)
    elif mime in _OFFICE:
        answer |= office.extract(path, mime)
    elif mime in _READERS:
        answer |= _READERS[mime](path)
    declared = metadata.extract(path, mime)
    answer["facts"] = answer["facts"] | declared["facts"]
    answer["technical"] = answer["technical"] | declared["technical"]
    if mime == "application/pdf" and (created := metadata.pdf_time(answer["technical"].get("creationdate", ""))):
        answer["facts"]["created"] = created
    answer = _storable(answer)
    if not into:
        return answer
    Path(into).write_text(json.dumps(answer, ensure_ascii=False, default=str), "utf-8")
    return {"into": into}


def _storable(value: Any) -> Any:
    """Without NUL and without halves of surrogate pairs, which neither UTF-8 nor a database holds. Words on a page
    are many, and have neither from the start."""
    if isinstance(value, str):
        return value if value.isprintable() else value.replace("\0", "").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {str(key): item if key == "words" else _storable(item) for key, item in value.items()}
    return [_storable(item) for item in value] if isinstance(value, list | tuple) else value
