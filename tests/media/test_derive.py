"""Views of pages: thumbnails and the searchable copy of a scan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pikepdf
import pypdfium2 as pdfium
from PIL import Image

from ingest.readers import pdfa
from ingest.stages import derive, ocr
from ingest.types import Done, TextUnit, Word, Work
from tests.media import samples


def searchable(work: Work) -> Path:
    outcome = derive.run(work)
    assert isinstance(outcome, Done)
    assert {item.kind for item in outcome.derived} == {"thumbnail", "pdfa"}
    return next(item.path for item in outcome.derived if item.kind == "pdfa")


def test_a_scan_gets_a_copy_in_which_its_words_are_found_where_they_stand(tmp_path: Path) -> None:
    upright = samples.worn(samples.page(), tilt=0.5)
    work = samples.order(
        tmp_path,
        samples.scan(tmp_path, [upright, upright.rotate(90, expand=True)]),
        "document",
        "application/pdf",
        textless_pages=(1, 2),
        page_count=2,
    )
    read = ocr.run(work)
    assert isinstance(read, Done)
    facts = replace(work.facts, technical=read.facts["technical"])
    copy = searchable(replace(work, facts=facts, units=read.units))
    with pdfium.PdfDocument(copy) as document:
        assert len(document) == 2
        for page in document:
            width, height = page.get_size()
            assert width > height  # the second lay on its side
            text = page.get_textpage()
            found = text.search("危险品中转库超量储存").get_next()
            assert found is not None
            left, _bottom, _right, top = text.get_charbox(found[0])
            assert 0.09 < left / width < 0.12 and 0.5 < top / height < 0.7
            assert samples.error_rate("".join(samples.MINUTES), text.get_text_range()) < 0.02


def test_the_copy_declares_pdf_a_2b_and_carries_what_that_asks_for(tmp_path: Path) -> None:
    words = (
        Word("𠮷", (0.1, 0.1, 0.13, 0.14), 1.0),
        Word("某", (0.13, 0.1, 0.16, 0.14), 1.0),
        Word("A1", (0.5, 0.5, 0.6, 0.54), 1.0),
    )
    unit = TextUnit(kind="page", number=1, text="𠮷某 A1", source="ocr", words=words)
    work = samples.order(
        tmp_path, samples.scan(tmp_path, [samples.page(dpi=100)]), "document", "application/pdf", page_count=1
    )
    copy = searchable(replace(work, units=(unit,)))
    with pikepdf.open(copy) as pdf:
        xmp = pdf.open_metadata()
        assert (xmp["pdfaid:part"], xmp["pdfaid:conformance"]) == ("2", "B")
        assert pdf.Root.OutputIntents[0].S == "/GTS_PDFA1"
        font = pdf.pages[0].Resources.Font.F1
        assert "/FontFile2" in font.DescendantFonts[0].FontDescriptor
        assert not pdf.is_encrypted and "/ID" in pdf.trailer
        assert b" Tr" in pdf.pages[0].Contents.read_bytes()
    with pdfium.PdfDocument(copy) as document:
        assert document[0].get_textpage().get_text_range().split() == ["𠮷某", "A1"]


def test_the_blank_font_is_sound_for_strict_readers() -> None:
    import io

    from PIL import ImageFont

    face = ImageFont.truetype(io.BytesIO(pdfa.blank_font()), 20)
    assert face.getlength("某") >= 0


def test_a_photo_with_a_few_words_stays_a_photo(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    samples.page(("禁止烟火",), dpi=60).save(path)
    unit = TextUnit(
        kind="page", number=1, text="禁止烟火", source="ocr", words=(Word("禁", (0.1, 0.1, 0.2, 0.2), 0.9),)
    )
    outcome = derive.run(replace(samples.order(tmp_path, path, "image", "image/png"), units=(unit,)))
    assert isinstance(outcome, Done)
    assert [item.kind for item in outcome.derived] == ["thumbnail"]
    with Image.open(outcome.derived[0].path) as image:
        assert max(image.size) <= 480


def test_a_picture_that_cannot_be_drawn_is_told_and_nothing_is_made_up(tmp_path: Path) -> None:
    path = tmp_path / "broken.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0" + b"\0" * 300)
    outcome = derive.run(samples.order(tmp_path, path, "image", "image/jpeg"))
    assert isinstance(outcome, Done)
    assert outcome.derived == ()
    assert [notice.code for notice in outcome.notices] == ["derive-part-failed"]
