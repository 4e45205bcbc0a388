"""A searchable copy of a scan: PDF/A-2b of page images with the words that OCR read, invisible, over them.

Runs in the jail. The words use a font without outlines whose characters are numbered anew for each document, so that
any character of Unicode can be found and copied, 𠮷 too. Structure after ISO 19005-2 and ISO 32000-1 §9.
"""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream
from PIL import Image, ImageCms

from ingest.readers import render

DPI = 200
MAX_PAGES = 1000
_JPEG = {"quality": 72, "optimize": True}
_UNITS = 1000  # of the font, per em: each character is one em wide


def build(path: str, mime: str, pages_file: str, into: str, title: str) -> dict[str, Any]:
    """Write the copy to `into`; gives its number of `pages`, and `broken` ones that could not be drawn.

    `pages_file`: JSON {"count", "turned": {"3": 90}, "words": {"3": [[text, l, t, r, b], …]}}. Pages come out upright.
    """
    order = json.loads(Path(pages_file).read_text("utf-8"))
    broken: list[int] = []
    with pikepdf.new() as pdf:
        font = _Font()
        holder = pdf.make_indirect(Dictionary())
        for number in range(1, min(order["count"], MAX_PAGES) + 1):
            try:
                image = render.page(path, mime, number, DPI)
            except render.NotDrawable:
                broken.append(number)
                image = Image.new("RGB", (DPI, DPI), "white")
            turn = int(order["turned"].get(str(number), 0))
            upright = image.rotate(-turn, expand=True) if turn else image
            _add_page(pdf, upright, order["words"].get(str(number), []), font, holder)
        font.write(pdf, holder)
        _declare(pdf, title)
        pdf.save(into, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate, min_version="1.7")
    return {"pages": min(order["count"], MAX_PAGES), "broken": broken}


class _Font:
    """Characters seen so far, numbered from 1."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def encode(self, text: str) -> str:
        """The text as a hexadecimal PDF string of character numbers."""
        numbers = (self._numbers.setdefault(char, len(self._numbers) + 1) for char in text)
        return "<" + "".join(f"{min(number, 0xFFFF):04x}" for number in numbers) + ">"

    def write(self, pdf: pikepdf.Pdf, holder: pikepdf.Object) -> None:
        """Fill `holder` with the font: Type 0 over CIDFontType2, all numbers shown by one empty glyph."""
        descriptor = Dictionary(
            Type=Name.FontDescriptor,
            FontName=Name.AnjuanBlank,
            Flags=4,
            FontBBox=Array([0, 0, _UNITS, _UNITS]),
            ItalicAngle=0,
            Ascent=_UNITS,
            Descent=0,
            CapHeight=_UNITS,
            StemV=80,
            FontFile2=pdf.make_indirect(Stream(pdf, blank_font(), Length1=len(blank_font()))),
        )
        count = min(len(self._numbers), 0xFFFF)
        descendant = Dictionary(
            Type=Name.Font,
            Subtype=Name.CIDFontType2,
            BaseFont=Name.AnjuanBlank,
            CIDSystemInfo=Dictionary(Registry=b"Adobe", Ordering=b"Identity", Supplement=0),
            FontDescriptor=pdf.make_indirect(descriptor),
            DW=_UNITS,
            CIDToGIDMap=pdf.make_indirect(Stream(pdf, b"\0\1" * (count + 1))),
        )
        holder.Type, holder.Subtype, holder.BaseFont = Name.Font, Name.Type0, Name.AnjuanBlank
        holder.Encoding = Name("/Identity-H")
        holder.DescendantFonts = Array([pdf.make_indirect(descendant)])
        holder.ToUnicode = pdf.make_indirect(Stream(pdf, self._to_unicode()))

    def _to_unicode(self) -> bytes:
        entries = [
            f"<{number:04x}> <{char.encode('utf-16-be', 'replace').hex()}>"
            for char, number in self._numbers.items()
            if number <= 0xFFFF
        ]
        blocks = [entries[start : start + 100] for start in range(0, len(entries), 100)]
        body = "\n".join(f"{len(b)} beginbfchar\n" + "\n".join(b) + "\nendbfchar" for b in blocks)
        return (
            "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
            "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
            "1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n"
            f"{body}\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
        ).encode("ascii")


def runs(words: list[list[Any]]) -> Iterator[tuple[str, tuple[float, float, float, float]]]:
    """Neighbours on one line joined, so that a phrase is found as a whole; a space ends words that need one."""
    text, box = "", (0.0, 0.0, 0.0, 0.0)
    for word, left, top, right, bottom, *_ in words:
        height = bottom - top
        level = min(bottom, box[3]) - max(top, box[1]) > 0.5 * min(height, box[3] - box[1])
        near = -0.5 * height < left - box[2] < 0.8 * height
        if text and level and near and not (word.isascii() and text[-1].isascii()):
            text, box = text + word, (box[0], min(top, box[1]), max(right, box[2]), max(bottom, box[3]))
            continue
        if text:
            yield text + (" " if level and word.isascii() and text[-1].isascii() else ""), box
        text, box = word, (left, top, right, bottom)
    if text:
        yield text, box


def blank_font() -> bytes:
    """A TrueType font of an empty glyph and one that fills its em with an outline without area: readers take the
    extent of a character from it, so that a found word can be marked."""
    line = struct.pack(
        ">hhhhhHH3B6hx", 1, 0, 0, _UNITS, _UNITS, 2, 0, 1, 1, 1, 0, _UNITS, -_UNITS // 2, 0, _UNITS, -500
    )
    tables = {
        b"glyf": line,
        b"head": struct.pack(
            ">IIIIHHQQhhhhHHhhh", 0x10000, 0x10000, 0, 0x5F0F3CF5, 0, _UNITS, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0
        ),
        b"hhea": struct.pack(">IhhhHhhhhhhhhhhhH", 0x10000, _UNITS, 0, 0, _UNITS, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2),
        b"hmtx": struct.pack(">HhHh", _UNITS, 0, _UNITS, 0),
        b"loca": struct.pack(">HHH", 0, 0, len(line) // 2),
        b"maxp": struct.pack(">IHHHHHHHHHHHHHH", 0x10000, 2, 3, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0),
    }
    tables[b"cmap"] = (
        struct.pack(">HHHHIHHH", 0, 1, 3, 0, 12, 4, 24, 0)
        + struct.pack(">HHHHHHHh", 2, 2, 0, 0, 0xFFFF, 0, 0xFFFF, 1)
        + b"\0\0"
    )
    count = len(tables)
    font = struct.pack(">IHHHH", 0x10000, count, 64, 2, count * 16 - 64)
    offset, directory, body = 12 + 16 * count, b"", b""
    for tag in sorted(tables):
        data = tables[tag]
        padded = data + b"\0" * (-len(data) % 4)
        checksum = sum(struct.unpack(f">{len(padded) // 4}I", padded)) & 0xFFFFFFFF
        directory += tag + struct.pack(">III", checksum, offset + len(body), len(data))
        body += padded
    return font + directory + body


def _add_page(
    pdf: pikepdf.Pdf, image: Image.Image, words: list[list[Any]], font: _Font, holder: pikepdf.Object
) -> None:
    width, height = (round(side * 72 / DPI, 2) for side in image.size)
    grey = render.is_grey(image)
    buffer = io.BytesIO()
    (image.convert("L") if grey else image).save(buffer, "JPEG", **_JPEG)
    picture = Stream(
        pdf,
        buffer.getvalue(),
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=image.width,
        Height=image.height,
        ColorSpace=Name.DeviceGray if grey else Name.DeviceRGB,
        BitsPerComponent=8,
        Filter=Name.DCTDecode,
    )
    page = pdf.add_blank_page(page_size=(max(3, min(14400, width)), max(3, min(14400, height))))
    page.obj.Resources = Dictionary(
        XObject=Dictionary(Im0=pdf.make_indirect(picture)), Font=Dictionary(F1=holder), ProcSet=Array([])
    )
    del page.obj.Resources.ProcSet
    shown = f"q {width} 0 0 {height} 0 0 cm /Im0 Do Q\n"
    text = "\n".join(_shown(run, box, width, height, font) for run, box in runs(words))
    page.obj.Contents = pdf.make_indirect(Stream(pdf, (shown + f"BT 3 Tr\n{text}\nET" if text else shown).encode()))


def _shown(text: str, box: tuple[float, ...], width: float, height: float, font: _Font) -> str:
    """A run stretched over its box. The size follows the height, the horizontal scale the width."""
    left, top, right, bottom = box[0] * width, box[1] * height, box[2] * width, box[3] * height
    size = max(1.0, bottom - top)
    stretch = max(1.0, min(1000.0, 100 * (right - left) / (size * max(1, len(text.rstrip())))))
    return f"/F1 {size:.2f} Tf {stretch:.2f} Tz 1 0 0 1 {left:.2f} {height - bottom:.2f} Tm {font.encode(text)} Tj"


def _declare(pdf: pikepdf.Pdf, title: str) -> None:
    """Output intent and XMP of PDF/A-2b; the document information says the same as the XMP."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    pdf.Root.OutputIntents = Array(
        [
            Dictionary(
                Type=Name.OutputIntent,
                S=Name.GTS_PDFA1,
                OutputConditionIdentifier=b"sRGB IEC61966-2.1",
                Info=b"sRGB IEC61966-2.1",
                DestOutputProfile=pdf.make_indirect(Stream(pdf, profile, N=3)),
            )
        ]
    )
    now = datetime.now(UTC).replace(microsecond=0)
    with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=True) as xmp:
        xmp["pdfaid:part"] = "2"
        xmp["pdfaid:conformance"] = "B"
        xmp["dc:title"] = title
        xmp["xmp:CreatorTool"] = "Anjuan"
        xmp["pdf:Producer"] = f"pikepdf {pikepdf.__version__}"
        xmp["xmp:CreateDate"] = xmp["xmp:ModifyDate"] = now.isoformat()
