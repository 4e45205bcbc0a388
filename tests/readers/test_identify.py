"""Type and condition from the bytes: each format, each way to be bad, under names that lie."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.readers.identify import identify
from ingest.stages import words

from . import samples

Identify = Callable[[bytes, str], dict[str, Any]]
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def told(tmp_path: Path) -> Identify:
    def identify_bytes(data: bytes, name: str) -> dict[str, Any]:
        path = tmp_path / "original"
        path.write_bytes(data)
        answer = identify(str(path), name)
        words.notices(answer["notices"])  # every code has words
        return answer

    return identify_bytes


@pytest.mark.parametrize(
    ("data", "name", "mime", "medium"),
    [
        (samples.pdf(), "记录.pdf", "application/pdf", "document"),
        (samples.word(), "记录.docx", DOCX, "document"),
        (samples.word(), "记录.wps", DOCX, "document"),
        (samples.excel(), "台账.xlsx", XLSX, "table"),
        (samples.excel(), "台账.et", XLSX, "table"),
        (samples.slides(), "汇报.pptx", PPTX, "document"),
        (samples.odt(), "记录.odt", "application/vnd.oasis.opendocument.text", "document"),
        (samples.ofd(), "通报.ofd", "application/ofd", "document"),
        (samples.rtf(), "记录.rtf", "application/rtf", "document"),
        (samples.mail(), "通报.eml", "message/rfc822", "mail"),
        (samples.mail_in_gbk(), "通知.eml", "message/rfc822", "mail"),
        (b"From a@b Thu Mar 12 09:00:00 2026\n" + samples.mail(), "箱.mbox", "application/mbox", "mail"),
        (samples.csv_with_bad_row(), "台账.csv", "text/csv", "table"),
        (samples.LINE.encode("gb18030") * 3, "笔记.txt", "text/plain", "document"),
        (samples.RARE.encode("utf-16"), "笔记.txt", "text/plain", "document"),
        (samples.LINE.encode("utf-16-le"), "没有标记.log", "text/plain", "document"),
        ("<!DOCTYPE html><p>巡查".encode(), "页.html", "text/html", "document"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "图.svg", "image/svg+xml", "image"),
        (b'{"a": 1}', "a.json", "application/json", "document"),
        (samples.photo(), "现场.jpg", "image/jpeg", "image"),
        (samples.picture("PNG"), "a.png", "image/png", "image"),
        (samples.picture("TIFF"), "扫描.tif", "image/tiff", "image"),
        (samples.picture("WEBP"), "a.webp", "image/webp", "image"),
        (samples.picture("BMP"), "a.bmp", "image/bmp", "image"),
        (samples.picture("GIF"), "a.gif", "image/gif", "image"),
        (samples.recording(), "录音.wav", "audio/wav", "audio"),
        (b"#!AMR\n" + bytes(32), "录音.amr", "audio/amr", "audio"),
        (samples.video(), "现场.mp4", "video/mp4", "video"),
        (b"\0\0\0\x14ftyp3gp5\0\0\0\0" + samples.video()[20:], "现场.3gp", "video/3gpp", "video"),
        (samples.zipped({"证据/1.txt": b"x"}), "证据.zip", "application/zip", "archive"),
        (samples.tar(), "证据.tar", "application/x-tar", "archive"),
    ],
)  # fmt: skip
def test_tells_the_type_from_the_bytes(told: Identify, data: bytes, name: str, mime: str, medium: str) -> None:
    answer = told(data, name)
    assert (answer["mime"], answer["medium"], answer["condition"]) == (mime, medium, "sound"), answer


@pytest.mark.parametrize(
    ("data", "name", "condition", "code"),
    [
        (b"", "空.pdf", "empty", "empty"),
        (bytes(5000), "复制失败.docx", "damaged", "zero-filled"),
        (b"\x01\x02\x03\x9f" * 400, "神秘.xyz", "unknown-type", "unknown-type"),
        (b"".join(n.to_bytes(4, "little") for n in range(900)), "数字.bin", "unknown-type", "unknown-type"),
        (b"\x01\x02\x03\x9f" * 400, "并非.pdf", "unknown-type", "not-as-named"),
        (samples.picture("PNG"), "其实是图片.pdf", "mislabelled", "mislabelled"),
        (samples.pdf(), "其实是PDF.docx", "mislabelled", "mislabelled"),
        (samples.pdf()[:-400], "半份.pdf", "truncated", "pdf-cut"),
        (samples.pdf(encrypt="密码"), "加密.pdf", "encrypted", "pdf-encrypted"),
        (samples.pdf_claiming(1_000_000), "百万页.pdf", "bomb", "pdf-many-pages"),
        (b"%PDF-1.7\n" + b"garbage " * 99 + b"\nstartxref\n0\n%%EOF", "坏.pdf", "damaged", "pdf-damaged"),
        (samples.picture("JPEG")[:1500], "半张.jpg", "truncated", "image-cut"),
        (samples.photo()[:-900], "半张照片.jpg", "truncated", "image-cut"),
        (samples.picture("PNG")[:-300], "半张.png", "truncated", "image-cut"),
        (samples.picture("TIFF")[:-9000], "半张.tif", "truncated", "image-cut"),
        (samples.word()[:-600], "半份.docx", "truncated", "zip-cut"),
        (samples.word().replace(b"word/document.xml", b"word/documenT.xml", 1), "坏.docx", "damaged", "zip-damaged"),
        (samples.encrypted_zip(), "密.zip", "encrypted", "zip-encrypted"),
        (samples.nested_zip(8), "套娃.zip", "bomb", "zip-nested"),
        (samples.laughing_xml(), "笑.xml", "bomb", "xml-entities"),
        (samples.recording()[:4000], "半段.wav", "truncated", "media-cut"),
        (samples.video()[:300], "半段.mp4", "truncated", "media-cut"),
        (samples.video(finished=False), "没电.mp4", "truncated", "media-no-index"),
        (samples.rtf()[:-2], "半份.rtf", "truncated", "document-cut"),
        (samples.tar()[:600], "半份.tar", "truncated", "archive-cut"),
    ],
)
def test_tells_what_is_wrong(told: Identify, data: bytes, name: str, condition: str, code: str) -> None:
    answer = told(data, name)
    assert answer["condition"] == condition, answer
    assert code in [notice["code"] for notice in answer["notices"]]


def test_a_gigabyte_in_a_megabyte_is_a_bomb(told: Identify) -> None:
    assert told(samples.zip_bomb(), "炸弹.zip")["condition"] == "bomb"


def test_a_picture_of_absurd_size_is_a_bomb_and_not_decoded(told: Identify) -> None:
    data = bytearray(samples.picture("PNG"))
    data[16:24] = (200_000).to_bytes(4, "big") * 2
    import zlib

    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    assert told(bytes(data), "巨图.png")["condition"] == "bomb"


def test_an_entity_in_an_office_file_is_a_bomb(told: Identify) -> None:
    data = samples.zipped({"[Content_Types].xml": samples.laughing_xml(), "word/document.xml": b"<x/>"})
    assert told(data, "笑.docx")["condition"] == "bomb"


def test_a_pdf_restricted_by_its_author_is_sound(told: Identify) -> None:
    answer = told(samples.pdf(owner="所有者"), "限制.pdf")
    assert answer["condition"] == "sound"
    assert [notice["code"] for notice in answer["notices"]] == ["pdf-restricted"]


def test_a_name_of_255_han_characters_and_one_that_climbs_change_nothing(told: Identify) -> None:
    for name in ("巡" * 251 + ".pdf", "../../etc/passwd.pdf", "没有后缀", ".pdf", "𠮷.PDF"):
        assert told(samples.pdf(), name)["condition"] == "sound", name


def test_several_faults_are_all_told_and_the_gravest_is_the_condition(told: Identify) -> None:
    answer = told(samples.picture("PNG")[:-300], "其实是图片.pdf")
    assert answer["condition"] == "truncated"
    assert {notice["code"] for notice in answer["notices"]} == {"image-cut", "mislabelled"}


def test_an_archive_claiming_millions_of_files_is_a_bomb_before_its_directory_is_read(told: Identify) -> None:
    data = bytearray(samples.zipped({"1.txt": b"x"}))
    end = data.rindex(b"PK\x05\x06")
    wide = b"PK\x06\x06" + (44).to_bytes(8, "little") + bytes(12) + (5_000_000).to_bytes(8, "little") * 2 + bytes(16)
    data[end:end] = wide
    answer = told(bytes(data), "百万.zip")
    assert (answer["condition"], answer["notices"][0]["code"]) == ("bomb", "zip-many-entries")


def test_overlapping_members_are_a_bomb(told: Identify) -> None:
    data = bytearray(samples.zipped({"aa.txt": b"x" * 99, "bb.txt": b"y" * 99}))
    second = data.rindex(b"PK\x01\x02")
    data[second + 42 : second + 46] = bytes(4)
    assert told(bytes(data), "重叠.zip")["condition"] == "bomb"


def test_a_large_archive_of_what_does_not_shrink_is_sound(told: Identify) -> None:
    data = samples.zipped({f"{number}.jpg": samples.picture() for number in range(20)})
    assert told(data, "照片.zip")["condition"] == "sound"
