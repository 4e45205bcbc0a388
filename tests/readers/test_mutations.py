"""Three hundred spoiled files: our process lives, nothing hangs, and each file ends in an outcome."""

from __future__ import annotations

import dataclasses
import random
import uuid
from pathlib import Path

import pytest

from ingest.stages import extract, identify
from ingest.tools import jail
from ingest.types import Done, Facts, Refused, Retry, Skipped, Work

from . import samples

SAMPLES = {
    "记录.pdf": samples.pdf(3, attach=True),
    "扫描.pdf": samples.scanned_pdf("hidden"),
    "通报.ofd": samples.ofd(),
    "通报.eml": samples.mail(),
    "现场.jpg": samples.photo(),
    "图.png": samples.picture("PNG"),
    "扫描.tif": samples.picture("TIFF"),
    "图.webp": samples.picture("WEBP"),
    "证据.zip": samples.zipped_in_gbk(["证据照片.jpg", "座谈会记录.doc"]),
    "证据.tar": samples.tar(),
    "笔记.txt": samples.LINE.encode("gb18030"),
    "台账.csv": samples.csv_with_bad_row(),
    "录音.wav": samples.recording(),
    "现场.mp4": samples.video(),
    "页.html": ("<html><body><p>" + samples.LINE + "</p></body></html>").encode(),
}
OFFICE = {
    "记录.docx": samples.word(),
    "台账.xlsx": samples.excel(),
    "汇报.pptx": samples.slides(),
    "记录.odt": samples.odt(),
}
# LibreOffice takes seconds a file: office mutants go to the readers, a few of them through LibreOffice too


def spoiled(data: bytes, dice: random.Random) -> bytes:
    """One to five of: flipped bytes, a cut, a doubled or a lost block, a block of zeros."""
    mutant = bytearray(data)
    for _ in range(dice.randint(1, 5)):
        at = dice.randrange(max(1, len(mutant)))
        size = dice.randint(1, max(1, len(mutant) // 4))
        match dice.randrange(5):
            case 0:
                for place in (dice.randrange(max(1, len(mutant))) for _ in range(dice.randint(1, 40))):
                    mutant[place : place + 1] = bytes([dice.randrange(256)])
            case 1:
                del mutant[at:]
            case 2:
                mutant[at:at] = mutant[at : at + size]
            case 3:
                del mutant[at : at + size]
            case _:
                mutant[at : at + size] = bytes(size)
    return bytes(mutant)


def work_on(data: bytes, name: str, space: Path) -> Work:
    folder = space / str(uuid.uuid4())
    (folder / "work").mkdir(parents=True)
    (folder / "original").write_bytes(data)
    return Work(uuid.uuid4(), uuid.uuid4(), name, len(data), folder / "original", folder / "work", Facts())


def identified(work: Work) -> Work:
    outcome = identify.run(work)
    assert isinstance(outcome, Done), outcome
    assert outcome.facts["condition"] in identify.CONDITIONS
    return dataclasses.replace(work, facts=Facts(**outcome.facts))


@pytest.mark.parametrize("name", SAMPLES)
def test_sixteen_mutants_of_a_file_each_end_in_an_outcome(name: str, tmp_path: Path) -> None:
    dice = random.Random(f"anjuan {name}")
    for _ in range(16):
        work = identified(work_on(spoiled(SAMPLES[name], dice), name, tmp_path))
        if extract.applies(work) and not identify_as_office(work):
            assert isinstance(extract.run(work), Done | Refused | Skipped | Retry)


@pytest.mark.parametrize("name", OFFICE)
def test_fifteen_mutants_of_an_office_file_each_end_in_an_outcome(name: str, tmp_path: Path) -> None:
    dice = random.Random(f"anjuan {name}")
    for number in range(15):
        work = identified(work_on(spoiled(OFFICE[name], dice), name, tmp_path))
        if number < 2:
            assert isinstance(extract.run(work), Done | Refused | Skipped)
            continue
        assert read_in_jail(work) in {"read", "tool-refused", "tool-crashed"}


def read_in_jail(work: Work) -> str:
    path, mime = str(work.original), work.facts.mime
    try:
        jail.call("ingest.readers.document:read", work=work.folder, readable=(work.original,), path=path, mime=mime)
    except jail.ToolFailure as failure:
        return failure.code
    return "read"


def identify_as_office(work: Work) -> bool:
    return "office" in work.facts.mime or "opendocument" in work.facts.mime
