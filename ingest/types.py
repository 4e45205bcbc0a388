"""Values of the pipeline: what arrives, what a stage is given, what it hands back. Frozen, no ORM, no I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from archive.errors import Words
from archive.types import Actor, Digests


@dataclass(frozen=True)
class Description:
    """What the person who hands a file in says about it. Every field may be empty; nothing here is trusted."""

    inspection_id: UUID | None = None
    issue_id: UUID | None = None
    doc_type: str = ""  # D01–D33, `domain.md` A6
    title: str = ""
    date: date | None = None
    maker: str = ""
    place: str = ""
    methods: tuple[str, ...] = ()  # W1–W7
    contents: tuple[str, ...] = ()  # C1–C9
    secrecy: str = "INTERNAL"
    ocr_engine: str = ""  # "" is the configured default
    path: str = ""  # folder and name as handed in, where a folder was; tells files of one name apart


class Readable(Protocol):
    """Whatever gives bytes piece by piece: a file, an upload, the body of a request."""

    def read(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True)
class Arrival:
    """One file at one of the doors. `stream` is read once, in pieces, never whole."""

    actor: Actor
    door: str  # page | api | shell | folder | demo
    file_name: str  # as given; metadata only, never part of a path
    stream: Readable
    declared: Description = Description()
    size: int | None = None  # as declared; compared when known
    delivery_id: UUID | None = None
    claimed_sha256: str | None = None  # sent along by the client; compared (NDSA Integrity L1)
    upload_id: UUID | None = None  # idempotency key: an upload becomes one intake, however often it is sent


@dataclass(frozen=True)
class Receipt:
    """Given when bytes, digests and row are durable, never before."""

    intake_id: UUID
    number: str
    digests: Digests
    duplicate_of: UUID | None = None  # the record that holds the same bytes, only if the actor may see it


@dataclass(frozen=True)
class Facts:
    """What is known of a file so far, from its bytes. Stages add to it by handing back `facts`."""

    mime: str = "application/octet-stream"
    format_name: str = ""
    format_version: str = ""
    medium: str = "other"  # document | image | audio | video | mail | table | archive | other
    condition: str = (
        "sound"  # sound empty truncated encrypted mislabelled damaged bomb infected unreadable unknown-type
    )
    page_count: int | None = None
    duration_ms: int | None = None
    width: int | None = None
    height: int | None = None
    created: str | None = None  # time of making as the file declares it, ISO 8601
    textless_pages: tuple[int, ...] = ()  # pages that extract found no text on: OCR's work
    technical: Mapping[str, Any] = field(default_factory=dict)  # ffprobe, EXIF, PDF info … by tool


@dataclass(frozen=True)
class Work:
    """The order for one stage. `original` is a read-only local copy whose digest was verified."""

    intake_id: UUID
    record_id: UUID
    file_name: str
    size: int
    original: Path
    folder: Path  # scratch; outputs are left here; removed when the job ends
    facts: Facts
    units: tuple[TextUnit, ...] = ()  # text found by earlier stages
    options: Mapping[str, str] = field(default_factory=dict)  # ocr_engine, …
    attempt: int = 0  # the claim this work runs under; what it found is thrown away if a newer claim exists


@dataclass(frozen=True)
class Word:
    """A word on a page: `box` is (left, top, right, bottom) as fractions 0..1 of the upright page."""

    text: str
    box: tuple[float, float, float, float]
    confidence: float | None = None


@dataclass(frozen=True)
class TextUnit:
    """A piece of text with its place: the unit of search and of citation."""

    kind: str  # page | sheet | slide | part | segment
    number: int  # from 1 within its kind
    text: str
    source: str  # pdf-text ocr office mail html plain subtitle speech metadata
    label: str = ""  # sheet name, "attachment: x.doc", …
    start_ms: int | None = None
    end_ms: int | None = None
    width: float | None = None  # points or pixels, for the proportions of the page only
    height: float | None = None
    confidence: float | None = None  # mean of the words, 0..1
    engine: str = ""
    engine_version: str = ""
    words: tuple[Word, ...] = ()


@dataclass(frozen=True)
class DerivedFile:
    """A file made by a tool from the original, lying in `Work.folder`. A cache: it can be made again."""

    kind: str  # page-image thumbnail proxy-video proxy-audio waveform key-frame pdfa preview-pdf transcript text-boxes
    path: Path
    mime: str
    number: int = 0  # page number or milliseconds, 0 where it does not apply
    recipe: Mapping[str, Any] = field(default_factory=dict)  # the tool's arguments, to make it again


@dataclass(frozen=True)
class Notice:
    """Something a person should know of this file: why its condition is what it is, and what to do."""

    code: str  # machine code, e.g. "pdf-encrypted"
    words: Words
    advice: Words = ""
    level: str = "warning"  # info | warning | error
    data: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class Done:
    """The stage did its work. Fields of `facts` overwrite those of `Facts` with the same name."""

    tool: str
    tool_version: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    units: tuple[TextUnit, ...] = ()
    derived: tuple[DerivedFile, ...] = ()
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True)
class Skipped:
    """Nothing to do here, for this reason."""

    code: str
    words: Words


@dataclass(frozen=True)
class Refused:
    """The stage cannot do its work on this file, and trying again will not help. The file is kept all the same."""

    code: str
    words: Words
    advice: Words = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    tool: str = ""
    tool_version: str = ""
    data: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class Retry:
    """It may work later: a service was down, a limit of the machine was met."""

    code: str
    words: Words
    after_seconds: int = 30


Outcome = Done | Skipped | Refused | Retry


class StageFunction(Protocol):
    def __call__(self, work: Work) -> Outcome: ...


@dataclass(frozen=True)
class Stage:
    """One line of the pipeline. `seconds` and `memory_mib` bound the whole stage, not one tool call."""

    name: str
    run: StageFunction
    applies: Callable[[Work], bool]
    seconds: int
    memory_mib: int
    retries: int
    vital: bool  # the file goes no further while this fails
    lane: str = "quick"  # quick | slow: slow stages never hold up quick ones
