"""Small real files, made by the libraries that make them in life; Chinese throughout."""

from __future__ import annotations

import datetime
import io
import struct
import tarfile
import wave
import zipfile
from email.message import EmailMessage

import docx
import openpyxl
import pikepdf
import pptx
from docx.shared import Emu
from PIL import Image, ImageDraw
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen import canvas

LINE = "耒阳市安全生产巡查第三组，灶市街道，隐患已整改"
RARE = "𠮷野家 繁體字巡查 ＡＢＣ１２３"


def pdf(pages: int = 2, *, rotation: int = 0, encrypt: str = "", attach: bool = False, owner: str = "") -> bytes:
    """A4 pages with a Chinese line near the top left."""
    made = io.BytesIO()
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    paper = canvas.Canvas(made, pagesize=(595, 842))
    paper.setTitle("巡查记录")
    paper.setAuthor("巡查三组")
    for number in range(pages):
        paper.setFont("STSong-Light", 14)
        paper.drawString(60, 780, f"{LINE} 第{number + 1}页")
        paper.showPage()
    paper.save()
    with pikepdf.open(io.BytesIO(made.getvalue())) as document:
        for page in document.pages:
            page.Rotate = rotation
        if attach:
            document.attachments["附件.txt"] = "附".encode()
        out = io.BytesIO()
        lock = pikepdf.Encryption(owner=owner or encrypt, user=encrypt) if encrypt or owner else False
        document.save(out, encryption=lock)
    return out.getvalue()


def scanned_pdf(hidden: str = "") -> bytes:
    """A page that is one picture, as scanners make them, with an optional invisible text layer."""
    made = io.BytesIO()
    paper = canvas.Canvas(made, pagesize=(595, 842))
    picture = Image.new("L", (400, 560), 235)
    ImageDraw.Draw(picture).rectangle((50, 50, 350, 120), fill=30)
    paper.drawInlineImage(picture, 0, 0, 595, 842)
    if hidden:
        layer = paper.beginText(60, 700)
        layer.setTextRenderMode(3)
        layer.textLine(hidden)
        paper.drawText(layer)
    paper.showPage()
    paper.save()
    return made.getvalue()


def pdf_claiming(pages: int) -> bytes:
    """A page tree that claims far more pages than it holds."""
    head = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    tree = b"2 0 obj<</Type/Pages/Count %d/Kids[3 0 R]>>endobj\n" % pages
    page = b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\n"
    return head + tree + page + b"trailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n"


def picture(kind: str = "JPEG", size: tuple[int, int] = (120, 80), **options: object) -> bytes:
    """A picture with some structure, so that cutting it shows."""
    image = Image.effect_noise(size, 80).convert("RGB")
    made = io.BytesIO()
    image.save(made, kind, **options)
    return made.getvalue()


def photo() -> bytes:
    """A JPEG as a phone makes it: camera, time with offset, place near Leiyang, turned by 90 degrees."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112] = "HUAWEI", "P60", 6
    exif.get_ifd(0x8769).update({0x9003: "2026:03:12 09:41:07", 0x9011: "+08:00"})
    exif.get_ifd(0x8825).update({1: "N", 2: (26.0, 25.0, 12.0), 3: "E", 4: (112.0, 51.0, 36.0), 5: b"\0", 6: 71.5})
    return picture("JPEG", (160, 90), exif=exif)


def word() -> bytes:
    """Heading, rare characters, a table, a comment."""
    document = docx.Document()
    document.add_heading("巡查记录")
    paragraph = document.add_paragraph(f"{LINE}。{RARE}")
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "隐患编号", "整改情况"
    document.add_comment(paragraph.runs, text="批注：请复查", author="组长", initials="组")
    document.core_properties.author = "巡查三组"
    document.core_properties.created = datetime.datetime(2026, 3, 12, 1, 0)
    return _saved(document)


def word_of_scans() -> bytes:
    """A scan pasted into a document, as offices send them."""
    document = docx.Document()
    section = document.sections[0]
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Emu(0)
    document.add_picture(io.BytesIO(picture("PNG", (400, 500))), width=section.page_width)
    return _saved(document)


def excel() -> bytes:
    """Two sheets, one hidden; a date, whole and broken numbers."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "台账"
    sheet.append(["编号", "单位", "日期", "金额"])
    sheet.append([1, "灶市街道", datetime.date(2026, 3, 12), 12.5])
    hidden = book.create_sheet("底稿")
    hidden.sheet_state = "hidden"
    hidden["A1"] = "𠮷"
    return _saved(book)


def slides() -> bytes:
    """A slide with speaker's notes."""
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[1])
    slide.shapes.title.text, slide.placeholders[1].text = "巡查汇报", "耒阳市"
    slide.notes_slide.notes_text_frame.text = "讲稿：先说隐患"
    return _saved(show)


def _saved(thing: object) -> bytes:
    made = io.BytesIO()
    thing.save(made)  # type: ignore[attr-defined]
    return made.getvalue()


def zipped(files: dict[str, bytes], *, compress: bool = True) -> bytes:
    """An ordinary archive; names as UTF-8."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


def zipped_in_gbk(names: list[str]) -> bytes:
    """What Chinese Windows makes: names in GBK, not marked as anything."""
    stand_ins = {name: bytes(0x41 + at % 26 for at in range(len(name.encode("gbk")))) for name in names}
    for number, name in enumerate(names):
        stand_ins[name] = b"%02d" % number + stand_ins[name][2:]
    data = zipped({mark.decode(): b"x" for mark in stand_ins.values()})
    for name, mark in stand_ins.items():
        data = data.replace(mark, name.encode("gbk"))
    return data


def encrypted_zip() -> bytes:
    """The flag that says a member is encrypted, in both places where it stands."""
    data = bytearray(zipped({"密.txt": b"secret"}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def zip_bomb() -> bytes:
    """One gigabyte of nothing."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("0.bin", "w") as member:
        for _ in range(1024):
            member.write(bytes(1 << 20))
    return made.getvalue()


def nested_zip(depth: int) -> bytes:
    """Archives in archives."""
    data = zipped({"末.txt": b"end"})
    for _ in range(depth):
        data = zipped({"inner.zip": data})
    return data


def tar() -> bytes:
    """An archive with a Chinese name."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        info = tarfile.TarInfo("证据/照片.txt")
        info.size = 4
        archive.addfile(info, io.BytesIO(b"1234"))
    return made.getvalue()


def mail() -> bytes:
    """A message with a body and two attachments."""
    message = EmailMessage()
    message["From"], message["To"] = "巡查组 <a@example.cn>", "b@example.cn"
    message["Subject"], message["Date"] = "关于耒阳隐患的通报", "Thu, 12 Mar 2026 09:00:00 +0800"
    message.set_content("正文：请于三日内整改。")
    message.add_attachment("附件里的文字：𠮷".encode(), maintype="text", subtype="plain", filename="清单.txt")
    message.add_attachment(excel(), maintype="application", subtype="octet-stream", filename="台账.xlsx")
    return message.as_bytes()


def mail_in_gbk() -> bytes:
    """What old Chinese programs sent: everything in GBK, the head not even encoded."""
    head = "From: 张三 <z@example.cn>\r\nTo: b@example.cn\r\nSubject: 安全检查通知\r\n"
    kind = "Content-Type: text/plain; charset=gb2312\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    return (head + kind + "各乡镇街道办事处：现将巡查情况通报如下。\r\n").encode("gbk")


def recording() -> bytes:
    """A second of silence."""
    made = io.BytesIO()
    with wave.open(made, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(bytes(16000))
    return made.getvalue()


def video(*, finished: bool = True) -> bytes:
    """The boxes of an MP4; without `moov` as a camera leaves it when its battery dies."""
    parts = [(b"ftyp", b"isom\0\0\2\0isomiso2"), (b"mdat", bytes(500))]
    if finished:
        parts.append((b"moov", bytes(100)))
    return b"".join(struct.pack(">I", 8 + len(body)) + kind + body for kind, body in parts)


def ofd() -> bytes:
    """The smallest OFD with two lines of text."""
    space = 'xmlns:ofd="http://www.ofdspec.org/2016"'
    page = (
        f"<ofd:Page {space}><ofd:Content><ofd:Layer>"
        '<ofd:TextObject Boundary="21 29.7 105 8"><ofd:TextCode>耒阳市安全生产</ofd:TextCode></ofd:TextObject>'
        '<ofd:TextObject Boundary="21 40 105 8"><ofd:TextCode>巡查通报</ofd:TextCode></ofd:TextObject>'
        "</ofd:Layer></ofd:Content></ofd:Page>"
    )
    document = (
        f"<ofd:Document {space}><ofd:CommonData><ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox>"
        '</ofd:PageArea></ofd:CommonData><ofd:Pages><ofd:Page ID="1" BaseLoc="Pages/P0/Content.xml"/></ofd:Pages>'
        "</ofd:Document>"
    )
    root = f"<ofd:OFD {space}><ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>"
    files = {"OFD.xml": root, "Doc_0/Document.xml": document, "Doc_0/Pages/P0/Content.xml": page}
    return zipped({name: text.encode() for name, text in files.items()})


def odt() -> bytes:
    """OpenDocument text by hand."""
    spaces = 'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    spaces += 'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    body = f"<office:body><office:text><text:p>{LINE}</text:p></office:text></office:body>"
    content = (
        f'<?xml version="1.0"?><office:document-content {spaces} office:version="1.2">{body}</office:document-content>'
    )
    kind = b"application/vnd.oasis.opendocument.text"
    return zipped({"mimetype": kind, "content.xml": content.encode()}, compress=False)


def rtf() -> bytes:
    """Rich text with Chinese as code points."""
    codes = "".join(f"\\u{ord(char)}?" for char in "耒阳巡查")
    return b"{\\rtf1\\ansi\\deff0{\\fonttbl{\\f0 Arial;}} " + codes.encode() + b"\\par}"


def csv_with_bad_row() -> bytes:
    """GBK as Excel in China saves it; the third row has a column too few and bytes that are no character."""
    rows = ["编号,单位,日期", "1,灶市街道,2026-03-12", "2,蔡子池街道,2026-03-13"]
    return "\r\n".join(rows).encode("gbk") + b"\r\n3,\xff\xff\r\n" + "4,水东江街道,2026-03-14\r\n".encode("gbk")


def laughing_xml() -> bytes:
    """Entities that grow tenfold, ten times."""
    lines = ['<!ENTITY l0 "哈哈哈哈哈哈哈哈哈哈">']
    lines += [f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10)]
    return f'<?xml version="1.0"?><!DOCTYPE x [{"".join(lines)}]><x>&l9;</x>'.encode()
