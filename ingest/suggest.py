"""Suggestions for a description. Owns: what file names, folders and declared metadata hint at; decides nothing.

A suggestion is shown with its source and counts only when a person (or a list) lets it stand.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import PurePosixPath
from typing import Any

EARLIEST_YEAR = 1949

_TYPE_WORDS: tuple[tuple[str, str], ...] = (
    ("年度巡查工作方案", "D01"), ("年度方案", "D01"), ("巡查工作方案", "D01"),
    ("组建方案", "D02"),
    ("告知书", "D03"), ("告知函", "D03"),
    ("进驻通报", "D04"), ("进驻动员", "D04"),
    ("公示", "D05"), ("联系方式", "D05"),
    ("汇报材料", "D06"), ("汇报", "D06"),
    ("列席", "D07"), ("会议记录", "D07"), ("会议纪要", "D07"),
    ("调阅", "D08"), ("复制资料", "D08"), ("复印件", "D08"),
    ("来信", "D09"), ("来电", "D09"), ("来访", "D09"), ("举报", "D09"), ("信访", "D09"),
    ("座谈", "D10"),
    ("个别谈话", "D11"), ("谈话记录", "D11"), ("谈话笔录", "D11"),
    ("暗查", "D12"), ("暗访", "D12"), ("抽查", "D12"),
    ("现场检查", "D13"), ("检查记录", "D13"), ("现场记录", "D13"), ("现场笔录", "D13"),
    ("问卷", "D14"),
    ("录像", "D15"), ("视频", "D15"), ("执法记录仪", "D15"),
    ("录音", "D16"), ("音频", "D16"),
    ("照片", "D17"), ("相片", "D17"), ("拍照", "D17"),
    ("通报", "D18"),
    ("交办", "D19"), ("整改意见", "D19"),
    ("问题清单", "D20"), ("问题台账", "D20"), ("台账", "D20"),
    ("诊断分析", "D21"), ("诊断", "D21"),
    ("分类处置", "D22"), ("处置意见", "D22"),
    ("线索移交", "D23"), ("移交函", "D23"), ("问题线索", "D23"),
    ("查处结果", "D24"), ("处理结果", "D24"),
    ("约谈", "D25"),
    ("巡查工作报告", "D26"), ("巡查报告", "D26"), ("工作报告", "D26"),
    ("批示", "D27"), ("报送审定", "D27"), ("呈批", "D27"),
    ("反馈意见", "D28"), ("反馈", "D28"),
    ("整改和查处情况", "D29"), ("整改情况报告", "D29"), ("整改报告", "D29"), ("整改方案", "D29"),
    ("整改佐证", "D30"), ("佐证", "D30"), ("整改前", "D30"), ("整改后", "D30"),
    ("销号", "D31"),
    ("结果运用", "D32"),
    ("人员调整", "D33"),
    ("minutes", "D07"), ("symposium", "D10"), ("interview", "D11"), ("site check", "D13"),
    ("questionnaire", "D14"), ("work report", "D26"), ("feedback", "D28"), ("rectification", "D29"),
)  # fmt: skip
"""What people write in file names, with the type it stands for (`domain.md` A6). The longest match wins."""

_EXTENSION_TYPES: Mapping[str, str] = {
    **dict.fromkeys(("mp4", "mov", "avi", "mkv", "mts", "m2ts", "wmv", "webm", "3gp"), "D15"),
    **dict.fromkeys(("mp3", "wav", "m4a", "amr", "wma", "ogg", "flac", "aac", "opus"), "D16"),
    **dict.fromkeys(("heic", "heif", "dng", "nef", "cr2", "arw"), "D17"),
}
"""Types that the extension alone hints at. A JPEG may as well be a scan, so it is not here."""

_DIGIT = dict(zip("〇零○一二三四五六七八九", "000123456789", strict=True))
_DATES = (
    re.compile(r"(?<!\d)(?P<y>(?:19|20)\d\d)\s*[-./_年]\s*(?P<m>\d{1,2})\s*[-./_月]\s*(?P<d>\d{1,2})(?:日|号)?(?!\d)"),
    re.compile(r"(?<!\d)(?P<y>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d)(?:[_T-]?\d{6}(?:\d{3})?)?(?!\d)"),
    re.compile(
        r"(?P<y>[〇零○一二三四五六七八九]{4})年(?P<m>[一二三四五六七八九十]{1,2})月(?P<d>[一二三四五六七八九十]{1,3})日"
    ),
)
_DOCUMENT_NUMBER = re.compile(r"[㐀-鿿]{2,12}\s*[〔\[(【]\s*(?:19|20)\d\d\s*[〕\])】]\s*第?\s*\d{1,5}\s*号")
_PLACE = re.compile(r"(?:^|[^㐀-鿿]|[市县区于在对赴到])(?P<place>[㐀-鿿\U00020000-\U0003ffff]{2,5}?(?:街道|乡|镇))")
_CAMERA = re.compile(
    r"^(?:img|dsc|dscn|dscf|pict?|vid|video|mvi|mov|wx_camera|mmexport|screenshot|scan|rec)[-_ ]?[\d_-]*$",
    re.IGNORECASE,
)
_JUNK = " \t_-—–·.,，、;；:：+#()[]【】"


@dataclass(frozen=True)
class Hint:
    """One suggested value. `source`: name | folder | content | extension."""

    value: str
    source: str


@dataclass(frozen=True)
class Suggestions:
    """What may be filled in; None where nothing is hinted at."""

    doc_type: Hint | None = None
    date: Hint | None = None
    title: Hint | None = None
    place: Hint | None = None
    maker: Hint | None = None
    document_number: Hint | None = None  # 文号
    inspection: Hint | None = None  # the inspection's number

    def over(self, other: Suggestions) -> Suggestions:
        """These suggestions, with the gaps filled from `other`."""
        gaps = {f.name: getattr(other, f.name) for f in fields(self) if getattr(self, f.name) is None}
        return replace(self, **gaps)

    def as_dict(self) -> dict[str, dict[str, str]]:
        """The filled ones only, ready for JSON."""
        found = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: {"value": hint.value, "source": hint.source} for name, hint in found.items() if hint}


def fold(text: str) -> str:
    """`text` with full-width letters and digits made plain (NFKC), for looking things up, never for keeping."""
    return unicodedata.normalize("NFKC", text)


def find_date(text: str, *, today: date | None = None) -> date | None:
    """The first real day named in `text`, not before 1949 and not after `today`."""
    plain = fold(text)
    for pattern in _DATES:
        for match in pattern.finditer(plain):
            day = _day(match["y"], match["m"], match["d"])
            if day and day.year >= EARLIEST_YEAR and (today is None or day <= today):
                return day
    return None


def _day(year: str, month: str, day: str) -> date | None:
    try:
        return date(_number(year), _number(month), _number(day))
    except ValueError:
        return None


def _number(text: str) -> int:
    """12, 二〇二六 (digit by digit) or 二十三 (with tens)."""
    if text.isascii():
        return int(text)
    if "十" not in text:
        return int("".join(_DIGIT[char] for char in text))
    tens, _, ones = text.partition("十")
    return int(_DIGIT.get(tens, "1")) * 10 + int(_DIGIT.get(ones, "0"))


def find_doc_type(text: str) -> str | None:
    """The document type whose words stand in `text`; the longest words win, then the last ones in the text."""
    plain = fold(text).casefold()
    found = [(len(words), plain.rfind(words), code) for words, code in _TYPE_WORDS if words in plain]
    return max(found)[2] if found else None


def find_document_number(text: str) -> str | None:
    """文号 such as 耒安委办〔2026〕12号, in its proper brackets."""
    match = _DOCUMENT_NUMBER.search(fold(text))
    if match is None:
        return None
    return re.sub(r"\s+", "", re.sub(r"[\[(【]", "〔", re.sub(r"[\])】]", "〕", match[0])))


def find_place(text: str, known: Iterable[str] = ()) -> str | None:
    """The longest of the `known` names in `text`, else what looks like a township or sub-district."""
    plain = fold(text)
    named = [name for name in known if name and name in plain]
    if named:
        return max(named, key=len)
    match = _PLACE.search(plain)
    return match["place"] if match else None


def find_title(name: str) -> str | None:
    """The words of a file name without extension, dates and 文号; None when a camera or scanner made the name."""
    stem = PurePosixPath(fold(name)).stem if "." in name else fold(name)
    if _CAMERA.match(stem.strip()):
        return None
    for pattern in (*_DATES, _DOCUMENT_NUMBER):
        stem = pattern.sub(" ", stem)
    title = re.sub(r"[\s_]+", " ", stem).strip(_JUNK)
    return title if re.search(r"[^\W\d_]{2}", title) else None


def from_name(
    path: str, *, places: Sequence[str] = (), inspections: Iterable[str] = (), today: date | None = None
) -> Suggestions:
    """What a file's name and the folders above it hint at; the name counts more than the folder.

    `path` uses / or \\ ; `places` are the names of known units, `inspections` the numbers the actor may see.
    """
    *folders, name = path.replace("\\", "/").split("/")
    numbers = {fold(number).casefold(): number for number in inspections}
    own = _from_text(name, "name", places, numbers, today)
    title = find_title(name)
    result = replace(own, title=Hint(title, "name") if title else None)
    for folder in reversed(folders):
        result = result.over(_from_text(folder, "folder", places, numbers, today))
    extension = name.rpartition(".")[2].lower()
    if result.doc_type is None and extension in _EXTENSION_TYPES:
        result = replace(result, doc_type=Hint(_EXTENSION_TYPES[extension], "extension"))
    return result


def _from_text(
    text: str, source: str, places: Sequence[str], numbers: Mapping[str, str], today: date | None
) -> Suggestions:
    day = find_date(text, today=today)
    plain = fold(text).casefold()
    number = max((key for key in numbers if key and key in plain), key=len, default=None)
    values = {
        "doc_type": find_doc_type(text),
        "date": day.isoformat() if day else None,
        "place": find_place(text, places),
        "document_number": find_document_number(text),
        "inspection": numbers[number] if number else None,
    }
    return Suggestions(**{key: Hint(value, source) for key, value in values.items() if value})


_MAKER_KEYS = ("author", "artist", "creator", "/author")
_TITLE_KEYS = ("title", "/title")
_MEDIUM_TYPES = {"video": "D15", "audio": "D16"}


def from_content(
    *, medium: str, created: str | None, technical: Mapping[str, Any], today: date | None = None
) -> Suggestions:
    """What the file's own declared metadata hints at (EXIF, ffprobe, PDF or Office properties)."""
    flat = dict(_flatten(technical))
    taken = bool(flat.keys() & {"make", "model"}) and medium == "image"
    day = find_date(created or "", today=today)
    values = {
        "doc_type": _MEDIUM_TYPES.get(medium) or ("D17" if taken else None),
        "date": day.isoformat() if day else None,
        "maker": _first(flat, _MAKER_KEYS),
        "title": _first(flat, _TITLE_KEYS),
    }
    return Suggestions(**{key: Hint(value, "content") for key, value in values.items() if value})


def _flatten(tree: Mapping[str, Any], depth: int = 0) -> Iterable[tuple[str, str]]:
    """Leaf texts by lower-case key; nested at most three deep, as readers' results are."""
    for key, value in tree.items():
        if isinstance(value, Mapping) and depth < 3:
            yield from _flatten(value, depth + 1)
        elif isinstance(value, str) and value.strip():
            yield key.lower(), value.strip()[:255]


def _first(flat: Mapping[str, str], keys: Iterable[str]) -> str | None:
    return next((flat[key] for key in keys if key in flat), None)
