"""Whether a picture is whole. Dimensions are read before anything is decoded."""

from __future__ import annotations

import struct
import warnings
from pathlib import Path

from PIL import Image, ImageFile, UnidentifiedImageError

from ingest.readers.containers import Look

MAX_PIXELS = 400_000_000  # of one picture: 20,000 by 20,000
_DECODED_PIXELS = 50_000_000  # pictures up to this are decoded to see whether they are whole
_TAIL = 64 << 10
_ENDS = {"image/jpeg": b"\xff\xd9", "image/png": b"IEND", "image/gif": b"\x3b"}
_CUT_WORDS = ("truncated", "end of", "not enough", "broken data", "eof", "incomplete")


def picture(path: str, look: Look) -> None:
    """A picture of honest size is decoded, as only that shows that it is whole."""
    Image.MAX_IMAGE_PIXELS = None
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    if look.mime in ("image/heic", "image/avif"):
        import pillow_heif

        pillow_heif.register_heif_opener()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _decode(path, look)
    except Exception as error:  # Pillow's plugins raise whatever the bytes provoke
        _judge(path, look, error)


def _decode(path: str, look: Look) -> None:
    with Image.open(path) as image:
        width, height = image.size
        pixels = width * height * getattr(image, "n_frames", 1)
        if width * height > MAX_PIXELS or (pixels > MAX_PIXELS and pixels / max(1, Path(path).stat().st_size) > 1000):
            look.fault("bomb", "image-huge", width=width, height=height)
            return
        if width * height <= _DECODED_PIXELS:
            image.draft("RGB", (max(1, width // 8), max(1, height // 8)))  # JPEG only: less work, yet all the bytes
            image.load()


def _judge(path: str, look: Look, error: Exception) -> None:
    """Cut short, damaged, or of a kind that is not decoded here (camera raw, rare compressions)."""
    with Path(path).open("rb") as stream:
        stream.seek(max(0, stream.seek(0, 2) - _TAIL))
        tail = stream.read()
    said = str(error).lower()
    end = _ENDS.get(look.mime)
    if (end and end not in tail) or any(words in said for words in _CUT_WORDS):
        look.fault("truncated", "image-cut")
    elif look.mime == "image/tiff" and (state := _tiff_state(path)) != "damaged":
        if state == "cut":
            look.fault("truncated", "image-cut")
        else:
            look.notices.append(("image-not-shown", {}))
    elif look.mime in ("image/vnd.adobe.photoshop", "image/jp2") and isinstance(
        error, UnidentifiedImageError | ValueError
    ):
        look.notices.append(("image-not-shown", {}))
    else:
        look.fault("damaged", "image-damaged")


def _tiff_state(path: str) -> str:
    """`whole`, `cut` or `damaged`, from the directories and the places of the strips they name."""
    size = Path(path).stat().st_size
    with Path(path).open("rb") as stream:
        data = stream.read(64 << 20)
    order = "<" if data[:2] == b"II" else ">"
    try:
        at, seen = struct.unpack_from(order + "I", data, 4)[0], 0
        while at and seen < 100:
            seen += 1
            if at >= size:
                return "cut"
            count = struct.unpack_from(order + "H", data, at)[0]
            entries = [struct.unpack_from(order + "HHII", data, at + 2 + 12 * n) for n in range(count)]
            tags = {tag: value for tag, _kind, amount, value in entries if amount == 1}
            for offset, length in ((273, 279), (324, 325)):  # strips, tiles: offsets and byte counts
                if tags.get(offset, 0) + tags.get(length, 0) > size:
                    return "cut"
            at = struct.unpack_from(order + "I", data, at + 2 + 12 * count)[0]
    except struct.error:
        return "cut" if len(data) == size else "whole"
    return "whole" if seen else "damaged"
