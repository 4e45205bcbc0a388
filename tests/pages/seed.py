"""A small case with a record of every medium, by rows and real bytes: what pages need to be looked at."""

from __future__ import annotations

import gzip
import hashlib
import json
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from PIL import Image

from archive import access, files, objects
from archive.ids import new_id
from archive.models import Account, Derivative, Original, Record, RecordNotice, TextUnit
from archive.numbers import next_number
from archive.types import Actor, Role
from inspections import audience, cases, evidence
from inspections.models import Inspection, Issue
from tests.make import make_account
from tests.pages.draw import FILM, LINES, SIZE, SOUND, draw_page, encoded, make_media, pdf, webp

SAID = (
    (0, "现在开始个别谈话。"),
    (6000, "请说明动火作业的审批情况。"),
    (12000, "当时没有办理审批手续，也没有监护人。"),
)


@dataclass
class Case:
    """What `build` made."""

    accounts: dict[str, Account] = field(default_factory=dict)
    inspection: Inspection | None = None
    issue: Issue | None = None
    records: dict[str, Record] = field(default_factory=dict)
    suffix: str = ""


def put_record(title: str, body: bytes, mime: str, actor: Actor, account: Account, **fields: Any) -> Record:
    """A record with its bytes in the store."""
    now = datetime.now(UTC)
    record_id = new_id()
    name = fields.pop("file_name", title)
    record = Record.objects.create(
        id=record_id,
        number=next_number("receipt", "R", now.year, width=6),
        title=title,
        mime=mime,
        created_at=now,
        created_by=account,
        **({"state": "CAPTURED", "medium": "document"} | fields),
    )
    key = f"test/{record_id}"
    objects.records().put(key, body, mime)
    Original.objects.create(
        record=record,
        key=key,
        file_name=name,
        size=len(body),
        stored_at=now,
        sha512=hashlib.sha512(body).hexdigest(),
        sm3=hashlib.new("sm3", body).hexdigest(),
        sha256=hashlib.sha256(body).hexdigest(),
    )
    audience.refresh_record(record)
    return record


def add_file(record: Record, kind: str, body: bytes, mime: str, number: int = 0) -> Derivative:
    """A derivative with its bytes in the store."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(body)
        stored = files.put_file(record.pk, kind, number, path, mime)
    return files.add_row(
        record,
        stage="derive",
        kind=kind,
        number=number,
        stored=stored,
        mime=mime,
        tool="test",
        tool_version="1",
        recipe={"quality": 80},
    )


def add_pages(record: Record, *, source: str, pictures: bool) -> None:
    """Text, word boxes and, if wished, page pictures of the three pages."""
    words = {}
    for number, lines in enumerate(LINES, 1):
        _picture, words[str(number)] = draw_page(lines, number)
        if pictures:
            add_file(record, "page-image", webp(lines, number), "image/webp", number)
    add_file(record, "thumbnail", webp(LINES[0], 1, small=True), "image/webp")
    boxes = add_file(record, "text-boxes", gzip.compress(json.dumps({"pages": words}).encode()), "application/gzip", 1)
    for number, lines in enumerate(LINES, 1):
        TextUnit.objects.create(
            record=record,
            stage="ocr" if source == "ocr" else "extract",
            kind="page",
            number=number,
            text="\n".join(lines),
            source=source,
            engine="RapidOCR" if source == "ocr" else "pdfium",
            engine_version="1.4",
            confidence=(0.58 if number == 3 else 0.97) if source == "ocr" else None,
            width=SIZE[0],
            height=SIZE[1],
            words=boxes,
            created_at=datetime.now(UTC),
        )


def add_talk(record: Record) -> None:
    """A transcript in three segments."""
    for number, (start, text) in enumerate(SAID, 1):
        TextUnit.objects.create(
            record=record,
            stage="probe",
            kind="segment",
            number=number,
            text=text,
            source="subtitle",
            start_ms=start,
            end_ms=start + 6000,
            created_at=datetime.now(UTC),
        )


@transaction.atomic
def build_people(suffix: str) -> Case:
    """An account of every role; the password is that of `make_account`."""
    case = Case(suffix=suffix)
    told = {
        "archivist": (Role.ARCHIVIST, "刘敏"),
        "inspector": (Role.INSPECTOR, "陈志远"),
        "office": (Role.OFFICE, "王安"),
        "discipline": (Role.DISCIPLINE, "纪检三室"),
        "system": (Role.SYSTEM_ADMIN, "系统管理员"),
        "secrecy": (Role.SECRECY_ADMIN, "保密管理员"),
        "audit": (Role.AUDIT_ADMIN, "安全审计员"),
        "second": (Role.INSPECTOR, "谷雨"),
        "third": (Role.INSPECTOR, "𠮷田"),
    }
    for name, (role, called) in told.items():
        account, _actor = make_account(role, name=f"{name}{suffix}")
        Account.objects.filter(pk=account.pk).update(name=called)
        account.refresh_from_db()
        case.accounts[name] = account
    return case


def build_case(case: Case) -> None:
    """An inspection with a team and an issue."""
    actor = access.actor_for(case.accounts["archivist"])
    unit = cases.open_unit(f"耒阳市宏达烟花爆竹有限公司{case.suffix}", "enterprise", actor=actor)
    batch = cases.open_batch(2026, 1, "2026年第1批", actor=actor)
    people = case.accounts
    team = cases.open_team(
        batch, "第三巡查组", leader=people["inspector"], members=[people["second"], people["third"]], actor=actor
    )
    case.inspection = cases.open_inspection(
        unit,
        batch,
        team,
        actor=actor,
        starts=date(2026, 3, 16),
        ends=date(2026, 3, 27),
        purpose="年度安全生产巡查，重点检查动火作业和特种作业持证情况。",
    )
    case.issue = cases.raise_issue(
        case.inspection.pk,
        "动火作业未办理审批手续",
        actor=actor,
        level="IMPORTANT",
        description="三号工房外墙焊接，现场无人监护，未见作业票。",
        place="三号工房",
        contents=("C5", "C7"),
        methods=("W4", "W5"),
        found_on=date(2026, 3, 18),
    )


def _putter(case: Case) -> Any:
    """A function that makes a record and hangs it on the case's inspection or issue."""
    assert case.inspection and case.issue
    inspection, found = case.inspection, case.issue
    account = case.accounts["archivist"]
    actor = access.actor_for(account)

    def put(name: str, title: str, body: bytes, mime: str, *, issue: bool = False, **fields: Any) -> Record:
        record = put_record(title, body, mime, actor, account, **fields)
        case.records[name] = record
        kind, subject = ("issue", found.pk) if issue else ("inspection", inspection.pk)
        evidence.link(record.pk, kind, subject, actor=actor)
        return record

    return put


def build_paper(case: Case) -> None:
    """A scan with page pictures, and a PDF without."""
    put = _putter(case)
    pictures = [draw_page(lines, number)[0] for number, lines in enumerate(LINES, 1)]
    scan = put(
        "scan",
        "座谈会记录（扫描件）",
        pdf(pictures),
        "application/pdf",
        issue=True,
        doc_type="D10",
        page_count=3,
        date=date(2026, 3, 18),
        maker="第三巡查组",
        place="五里牌街道办事处",
        methods=["W4"],
        contents=["C5"],
        format_name="PDF",
        format_version="1.4",
        confidence=0.58,
        file_name="座谈会记录 0318 扫描.pdf",
    )
    add_pages(scan, source="ocr", pictures=True)
    plain = put(
        "pdf",
        "巡查工作报告",
        pdf(pictures),
        "application/pdf",
        doc_type="D26",
        page_count=3,
        date=date(2026, 4, 2),
        format_name="PDF",
        format_version="1.7",
        file_name="report.pdf",
    )
    add_pages(plain, source="pdf-text", pictures=False)


def build_records(case: Case) -> None:
    """Besides paper: a photo, a recording, a film, a mail, a table, and what cannot be read."""
    build_paper(case)
    put = _putter(case)
    photo = Image.effect_mandelbrot((1600, 1000), (-2.2, -1.2, 1, 1.2), 60).convert("RGB")
    photo.putpixel((0, 0), (len(case.suffix), hash(case.suffix) % 255, 7))
    shot = put(
        "photo",
        "三号工房外墙焊接现场",
        encoded(photo, "PNG"),
        "image/png",
        issue=True,
        medium="image",
        doc_type="D17",
        width=1600,
        height=1000,
        date=date(2026, 3, 18),
        made_at="2026-03-18T09:12:44+08:00",
        technical={"exif": {"Make": "HUAWEI", "GPSLatitude": "26.42"}},
        file_name="IMG_20260318.png",
    )
    add_file(shot, "thumbnail", encoded(photo.resize((320, 200)), "WEBP"), "image/webp")
    wave = {"peaks": [abs((n * 37) % 100 - 50) / 50 for n in range(400)]}
    talk = put(
        "sound",
        "个别谈话录音",
        make_media(SOUND, "m4a"),
        "audio/mp4",
        issue=True,
        medium="audio",
        doc_type="D16",
        duration_ms=20000,
        date=date(2026, 3, 19),
        file_name="talk.m4a",
    )
    add_file(talk, "waveform", json.dumps(wave).encode(), "application/json")
    add_talk(talk)
    film = put(
        "film",
        "现场检查录像",
        make_media(FILM, "mp4"),
        "video/mp4",
        medium="video",
        doc_type="D15",
        duration_ms=12000,
        width=640,
        height=360,
        file_name="scene.mp4",
    )
    for at in (0, 4000, 8000):
        frame = encoded(Image.new("RGB", (320, 180), (at // 40, 90, 120)), "WEBP")
        add_file(film, "key-frame", frame, "image/webp", at)
    add_talk(film)
    _texts(put, case)


def _texts(put: Any, case: Case) -> None:
    now = datetime.now(UTC)
    mail = put(
        "mail",
        "群众来信：动火作业",
        f"mail {new_id()}".encode(),
        "message/rfc822",
        medium="mail",
        doc_type="D09",
        file_name="letter.eml",
    )
    TextUnit.objects.create(
        record=mail,
        stage="extract",
        kind="part",
        number=1,
        label="正文",
        source="mail",
        text="反映宏达公司长期违规动火作业，\n未见审批。",
        created_at=now,
    )
    table = put(
        "table",
        "隐患排查台账",
        f"table {new_id()}".encode(),
        "text/csv",
        medium="table",
        doc_type="D20",
        file_name="台账.xlsx",
    )
    TextUnit.objects.create(
        record=table,
        stage="extract",
        kind="sheet",
        number=1,
        label="台账",
        source="office",
        text="序号\t隐患\t部位\n1\t动火作业未审批\t三号工房\n2\t消防通道堵塞\t仓库",
        created_at=now,
    )
    put(
        "unknown",
        "设备导出数据",
        f"?? {new_id()}".encode(),
        "application/octet-stream",
        medium="other",
        condition="unknown-type",
        file_name="dump.dat",
    )
    broken = put(
        "broken",
        "巡查通报（加密）",
        f"enc {new_id()}".encode(),
        "application/pdf",
        condition="encrypted",
        file_name="加密.pdf",
    )
    RecordNotice.objects.create(
        record=broken,
        stage="identify",
        code="pdf-encrypted",
        level="warning",
        words={
            "zh": "文件设有打开密码，内容无法读取。",
            "en": "The file needs a password; its content cannot be read.",
        },
        advice={"zh": "请向移交人索取密码或未加密版本，另行移交。", "en": "Ask for the password or an open copy."},
        created_at=now,
    )


def build(suffix: str = "") -> Case:
    """The whole case."""
    case = build_people(suffix)
    build_case(case)
    build_records(case)
    return case
