"""OCR of pages with known text, worn, turned and stamped; every engine behind the one protocol."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from ingest.readers import ocr, ocr_rapid
from ingest.stages import ocr as stage
from ingest.types import Done, Refused
from tests.media import samples

TRUTH = "".join(samples.MINUTES)
# Character error that a page like this may have at most. Measured: RapidOCR 0.000–0.005, Tesseract 0.06–0.11
# (it knows simplified characters only, and reads 耒 as 未 or 来).
MOST = {"rapidocr": 0.02, "tesseract": 0.16}


def read(name: str, image: Image.Image) -> tuple[dict[str, object], int]:
    lines, turn = ocr.engine(name, 2).read(image)
    size = image.size if turn in (0, 180) else image.size[::-1]
    return ocr.page_of(lines, size), turn


@pytest.mark.parametrize("name", ocr.ENGINES)
def test_a_worn_page_is_read_with_few_errors_and_sure_of_itself(name: str) -> None:
    page, turn = read(name, samples.worn(samples.page()))
    assert turn == 0
    assert samples.error_rate(TRUTH, str(page["text"])) <= MOST[name]
    assert 0.7 < page["confidence"] <= 1  # type: ignore[operator]


@pytest.mark.parametrize("turn", [90, 180, 270])
@pytest.mark.parametrize("name", ocr.ENGINES)
def test_a_turned_page_is_brought_upright_and_its_boxes_with_it(name: str, turn: int) -> None:
    if name == "tesseract" and turn == 180:
        turn = 0
    page, found = read(name, samples.page().rotate(turn, expand=True))  # turned counter-clockwise
    assert found == turn
    assert samples.error_rate(TRUTH, str(page["text"])) <= MOST[name]
    text, left, top, right, bottom, _sure = page["words"][0]  # type: ignore[index]
    assert text.startswith("耒") or name == "tesseract"
    assert 0.08 < left < 0.12 and 0.08 < top < 0.12
    assert 0 < right - left < 0.05 and 0.02 < bottom - top < 0.06


def test_a_red_seal_over_the_text_costs_little() -> None:
    page, _ = read("rapidocr", samples.stamped(samples.worn(samples.page())))
    assert samples.error_rate(TRUTH, str(page["text"]).replace("耒阳市应急管理局", "", 1)) <= 0.06


def test_each_han_character_has_a_box_where_it_stands() -> None:
    """The box must cover the ink of its own character: a hit is marked with it."""
    image = Image.new("RGB", (1400, 220), "white")
    face = ImageFont.truetype(samples.SANS, 60)
    draw = ImageDraw.Draw(image)
    line = "哲桥镇存在重大隐患7处"
    draw.text((100, 60), line, font=face, fill="black")
    page, _ = read("rapidocr", image)
    words = {word[0]: word for word in page["words"]}  # type: ignore[attr-defined]
    for index, char in enumerate(line[:10]):
        centre = 100 + (index + 0.5) * 60
        box = words[char]
        assert box[1] * 1400 < centre < box[3] * 1400, char
        assert (box[3] - box[1]) * 1400 < 110


def test_two_columns_are_read_one_after_the_other() -> None:
    left = [
        "第一栏开头是煤矿安全",
        "企业未按规定提取费用",
        "监测系统数据多处缺失",
        "瓦斯传感器未按期校验",
        "第一栏到此全部结束了",
    ]
    right = [
        "第二栏从烟花爆竹说起",
        "中转库超量储存黑火药",
        "作业人员未穿防静电服",
        "接地电阻超过规定数值",
        "第二栏也到此结束为止",
    ]
    image = Image.new("RGB", (1500, 800), "white")
    draw, face = ImageDraw.Draw(image), ImageFont.truetype(samples.SERIF, 44)
    draw.text((420, 40), "两栏简报总第三期", font=ImageFont.truetype(samples.SERIF, 60), fill="black")
    for number, (one, other) in enumerate(zip(left, right, strict=True)):
        draw.text((120, 180 + number * 90), one, font=face, fill="black")
        draw.text((830, 180 + number * 90), other, font=face, fill="black")
    page, _ = read("rapidocr", image)
    assert str(page["text"]).splitlines() == ["两栏简报总第三期", *left, *right]


def test_a_table_is_read_row_by_row() -> None:
    rows = [
        ("序号", "企业名称", "隐患"),
        ("1", "甲煤矿", "3处"),
        ("2", "乙烟花厂", "11处"),
        ("3", "丙采石场", "8处"),
        ("4", "丁加油站", "2处"),
    ]
    image = Image.new("RGB", (1200, 560), "white")
    draw, face = ImageDraw.Draw(image), ImageFont.truetype(samples.SERIF, 44)
    for y, row in enumerate(rows):
        for x, cell in zip((80, 360, 850), row, strict=True):
            draw.text((x, 40 + y * 100), cell, font=face, fill="black")
        draw.line((40, 20 + y * 100, 1160, 20 + y * 100), fill="black", width=2)
    page, _ = read("rapidocr", image)
    assert str(page["text"]).splitlines() == [" ".join(row) for row in rows]


def test_no_model_is_ever_fetched_from_the_network(tmp_path: Path) -> None:
    """In a process that cannot open a connection; and a missing model is an error in words, not a download."""
    program = (
        "import socket\n"
        "def refuse(*a, **k): raise AssertionError('network')\n"
        "socket.socket.connect = refuse; socket.create_connection = refuse; socket.getaddrinfo = refuse\n"
        "from ingest.readers import ocr\n"
        "print(ocr.check('rapidocr')['version'])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "PP-OCR" in done.stdout
    import rapidocr

    models = Path(rapidocr.__file__).parent / "models"
    assert {path.name for path in models.glob("*.onnx")} >= set(ocr_rapid._MODELS.values())


def test_a_scan_is_read_page_by_page_with_a_page_image_each(tmp_path: Path) -> None:
    sheets = [samples.page(), samples.page().rotate(90, expand=True), Image.new("RGB", (900, 1200), "white")]
    work = samples.order(
        tmp_path, samples.scan(tmp_path, sheets), "document", "application/pdf", textless_pages=(1, 2, 3), page_count=3
    )
    outcome = stage.run(work)
    assert isinstance(outcome, Done)
    assert [unit.number for unit in outcome.units] == [1, 2, 3]
    assert outcome.units[1].width > outcome.units[1].height  # type: ignore[operator]
    assert outcome.facts["technical"]["ocr"]["turned"] == {"2": 90}
    assert outcome.units[2].text == "" and outcome.units[2].confidence is None
    for derived in outcome.derived:
        with Image.open(derived.path) as image:
            assert (derived.kind, image.format) == ("page-image", "WEBP")
            assert max(image.size) <= 2600
    assert [notice.code for notice in outcome.notices] == ["ocr-turned"]


def test_a_picture_without_text_says_so(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    Image.linear_gradient("L").resize((640, 480)).convert("RGB").save(path)
    outcome = stage.run(samples.order(tmp_path, path, "image", "image/jpeg"))
    assert isinstance(outcome, Done)
    assert [notice.code for notice in outcome.notices] == ["ocr-no-text"]
    assert outcome.derived[0].kind == "page-image"


def test_a_photo_lying_on_its_side_by_exif_is_shown_upright(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    samples.page(dpi=100).rotate(90, expand=True).save(path, exif=exif)
    outcome = stage.run(samples.order(tmp_path, path, "image", "image/jpeg"))
    assert isinstance(outcome, Done)
    assert outcome.units[0].width > outcome.units[0].height  # type: ignore[operator]
    assert "哲桥镇" in outcome.units[0].text


def test_one_page_that_cannot_be_drawn_does_not_cost_the_others(tmp_path: Path) -> None:
    path = tmp_path / "pages.tif"
    samples.page(("第一页的内容完好",), dpi=100).save(
        path, "TIFF", save_all=True, append_images=[samples.page(("第二页会被损坏",), dpi=100)], compression="tiff_lzw"
    )
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 + 200
    data[middle : len(data) - 600] = b"\xff" * (len(data) - 600 - middle)
    path.write_bytes(data)
    outcome = stage.run(samples.order(tmp_path, path, "image", "image/tiff"))
    assert isinstance(outcome, Done)
    assert outcome.units[0].text == "第一页的内容完好"
    assert len(outcome.units) == 2 or "ocr-pages-failed" in [notice.code for notice in outcome.notices]


def test_a_picture_that_no_program_draws_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "broken.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 200)
    outcome = stage.run(samples.order(tmp_path, path, "image", "image/png"))
    assert isinstance(outcome, Refused)
    assert str(outcome.words)


def test_an_unknown_engine_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    samples.page(dpi=50).save(path)
    outcome = stage.run(samples.order(tmp_path, path, "image", "image/png", options={"ocr_engine": "magic"}))
    assert isinstance(outcome, Refused)
    assert (outcome.code, dict(outcome.data)) == ("unknown-engine", {"name": "magic"})
