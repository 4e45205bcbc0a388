"""Bytes to text. Chinese files come in UTF-8, GB18030 (holds GBK and GB2312), Big5 and UTF-16, seldom declared."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_SURE = 0.5  # share of common characters that outweighs the look of Western text
SAMPLE = 1 << 20  # bytes looked at to choose a charset

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (b"\x84\x31\x95\x33", "gb18030"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# The commonest characters of modern Chinese, simplified and traditional, and Chinese punctuation: a wrong decoding
# of Chinese bytes yields rare characters, the right one yields these.
_COMMON = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里"
    "用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实"
    "日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政"
    "美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解"
    "水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市"
    "直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南"
    "品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运查监督检隐患整改巡企责县镇乡"
    "這個們來為國說時會對過發後裡種經麼學現當沒動還進樣開從實軍無與長機關點業將兩間問應戰頭體見產給萬員論處義"
    "認條係氣題變總電數報結務場計資領統區隊書則聽達強難權設記類據邊張該規術確傳師觀讓識帶導爭運檢監隱縣鎮鄉"
    "，。、；：？！“”‘’（）《》〈〉【】「」『』—…　０１２３４５６７８９"
)


@dataclass(frozen=True)
class Decoded:
    """Text with the charset it was read by; `bad` counts places that could not be read and stand as U+FFFD."""

    text: str
    charset: str
    bad: int = 0


def decode(data: bytes, declared: str = "") -> Decoded:
    """Text of any bytes; never fails. A declared charset is believed when the bytes agree with it."""
    charset = guess(data[:SAMPLE], declared, whole=len(data) <= SAMPLE)
    try:
        return Decoded(data.decode(charset), _plain_name(charset))
    except UnicodeDecodeError:
        text = data.decode(charset, "replace")
        return Decoded(text, _plain_name(charset), text.count("\ufffd"))


def guess(sample: bytes, declared: str = "", *, whole: bool = True) -> str:
    """Name of the Python codec that reads the sample best. `whole` says that the sample does not stop in mid-file."""
    for mark, charset in _BOMS:
        if sample.startswith(mark):
            return charset
    if wide := _utf16_without_mark(sample):
        return wide
    sample = sample if whole else sample[: sample.rfind(b"\n") + 1] or sample[:-4]
    if _reads(sample, "utf-8"):
        return "utf-8"
    if (codec := _known(declared)) and _reads(sample, codec):
        return codec
    if wide := _chinese_utf16(sample):
        return wide
    return _best_multibyte(sample)


def looks_like_text(sample: bytes) -> bool:
    """Whether bytes can be text at all: hardly any control characters, or UTF-16."""
    if not sample:
        return False
    if any(sample.startswith(mark) for mark, _ in _BOMS) or _utf16_without_mark(sample):
        return True
    if not _reads(sample[:-4], "utf-8") and _chinese_utf16(sample):
        return True
    controls = sum(sample.count(bytes([code])) for code in range(32) if code not in (9, 10, 12, 13, 27))
    if controls * 200 > len(sample) or sample.count(b"\0"):
        return False
    if _reads(sample[:-4], "utf-8") or _reads(sample, "utf-8"):
        return True
    if sample.isascii():
        return True
    codec = _best_multibyte(sample)
    text = sample.decode(codec, "replace")
    odd = text.count("\ufffd") + sum(1 for char in text if "\ue000" <= char <= "\uf8ff" or "\x80" <= char <= "\x9f")
    return odd * 20 < len(text)


def _utf16_without_mark(sample: bytes) -> str:
    even, odd = sample[0:4096:2], sample[1:4096:2]
    if len(odd) < 4:
        return ""
    for charset, high, low in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if high.count(0) * 10 > len(high) * 3 and low.count(0) * 20 < len(low):
            text = sample[:4096].decode(charset, "replace")
            if sum(char.isprintable() or char.isspace() for char in text) > len(text) * 0.95:
                return charset
    return ""


def _chinese_utf16(sample: bytes) -> str:
    """UTF-16 without a mark whose high bytes are not zero, because it is Chinese; told by its common characters."""
    even = sample[: min(len(sample), 8192) & ~1]
    for charset in ("utf-16-le", "utf-16-be"):
        text = even.decode(charset, "replace").rstrip("\ufffd")
        if len(text) < 8 or not all(char >= " " or char in "\t\n\r" for char in text):
            continue
        if sum(char in _COMMON for char in text) > len(text) * 0.25 and "\ufffd" not in text:
            return charset
    return ""


def _best_multibyte(sample: bytes) -> str:
    """The candidate whose reading looks most like Chinese; Western single-byte text only when none does.

    A few bad bytes do not disqualify: files with one broken row are common.
    """
    scores: dict[str, float] = {}
    for codec in ("gb18030", "big5hkscs"):
        text = sample.decode(codec, "replace")
        foreign = [char for char in text if char > "\x7f"]
        bad = text.count("\ufffd")
        common = sum(char in _COMMON for char in foreign)
        scores[codec] = (common - 3 * bad) / len(foreign) if foreign else 0.0
    best = max(scores, key=lambda codec: scores[codec])
    if scores[best] > (_SURE if _looks_western(sample) else 0):
        return best
    bad_utf8 = sample.decode("utf-8", "replace").count("\ufffd")
    high = sum(byte > 0x7F for byte in sample)
    if bad_utf8 * 10 < high:  # UTF-8 with a few broken places
        return "utf-8"
    if _reads(sample, "gb18030") and not _looks_western(sample):
        return "gb18030"
    return "cp1252" if _reads(sample, "cp1252") else "latin-1"


def _looks_western(sample: bytes) -> bool:
    """Letters with accents stand alone between ASCII letters; Chinese bytes come in pairs and runs."""
    runs = re.findall(rb"[\x80-\xff]+", sample)
    return sum(len(run) == 1 for run in runs) * 2 > len(runs)


def _reads(data: bytes, codec: str) -> bool:
    try:
        data.decode(codec)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def _known(declared: str) -> str:
    """Python's codec for a declared charset; GB names mean the superset, as every browser reads them."""
    name = declared.strip().strip("\"'").lower()
    if name in {"gb2312", "gbk", "gb_2312-80", "x-gbk", "cp936", "chinese", "hz-gb-2312"}:
        return "gb18030"
    try:
        return codecs.lookup(name).name if name else ""
    except LookupError:
        return ""


def _plain_name(codec: str) -> str:
    return {"utf-8-sig": "utf-8", "big5hkscs": "big5"}.get(codec, codec)
