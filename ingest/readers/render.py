"""PDF pages and pictures → upright pixels, bounded: for OCR at a given resolution, smaller for reading.

Runs in the jail. A page is drawn as a reader shows it: /Rotate of a PDF and the orientation of a photo are applied.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator

import pypdfium2 as pdfium
from PIL import Image, ImageOps

MAX_PIXELS = 40_000_000  # of one page as drawn: A4 at 600 dpi, A0 at 150
MAX_SIDE = 12_000
MAX_FRAMES = 500  # pages of one TIFF
READING_DPI = 150
READING_SIDE = 2600  # of a page image, longest side: A3 at 150 dpi
_PHOTO_DPI = 200  # taken for a picture that states none: only proportions depend on it
_WEBP = {"quality": 75, "method": 2}


class NotDrawable(Exception):
    """The page or picture cannot be drawn: its kind is not known here, or its bytes are broken."""


def page_count(path: str, mime: str) -> int:
    """Pages of a PDF, frames of a picture. Raises NotDrawable."""
    try:
        if mime == "application/pdf":
            with contextlib.closing(pdfium.PdfDocument(path)) as document:
                return len(document)
        with _opened(path) as image:
            return _frames(image)
    except NotDrawable:
        raise
    except Exception as error:  # Pillow's plugins raise whatever the bytes provoke
        raise NotDrawable(type(error).__name__) from error


def page(path: str, mime: str, number: int, dpi: int) -> Image.Image:
    """Page `number` (from 1) as RGB at `dpi`, less where it would pass MAX_PIXELS. Raises NotDrawable.

    A picture keeps its own pixels up to what a sheet of A4 would have at `dpi`.
    """
    try:
        if mime == "application/pdf":
            with contextlib.closing(pdfium.PdfDocument(path)) as document:
                return _pdf_page(document, number - 1, dpi)
        return _picture(path, number - 1, dpi)
    except Exception as error:  # see page_count
        raise NotDrawable(f"{type(error).__name__}: {error}"[:300]) from error


def for_reading(image: Image.Image, dpi: int) -> Image.Image:
    """The page at READING_DPI, never larger than it is."""
    scale = min(1.0, READING_DPI / dpi, READING_SIDE / max(image.size))
    return image if scale == 1.0 else _scaled(image, scale)


def fitted(image: Image.Image, side: int) -> Image.Image:
    """The picture with its longest side at most `side` pixels."""
    scale = side / max(image.size)
    return image if scale >= 1 else _scaled(image, scale)


def save_webp(image: Image.Image, path: str) -> None:
    """Write for the browser; grey pages without colour are written grey."""
    image.save(path, "WEBP", **_WEBP)


def is_grey(image: Image.Image) -> bool:
    """Whether the page holds no colour that a person would see (a stamp is seen)."""
    small = fitted(image, 400).convert("HSV")
    saturated = sum(small.getchannel("S").histogram()[80:])
    return saturated < small.width * small.height // 2000


def _scaled(image: Image.Image, scale: float) -> Image.Image:
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _pdf_page(document: pdfium.PdfDocument, index: int, dpi: int) -> Image.Image:
    with contextlib.closing(document[index]) as sheet:
        width, height = (max(1.0, side) for side in sheet.get_size())
        scale = min(dpi / 72, MAX_SIDE / max(width, height), (MAX_PIXELS / (width * height)) ** 0.5)
        bitmap = sheet.render(scale=scale, rev_byteorder=True, prefer_bgrx=False)
        drawn: Image.Image = bitmap.to_pil().convert("RGB")
        return drawn


def _picture(path: str, index: int, dpi: int) -> Image.Image:
    with _opened(path) as image:
        if image.width * image.height > 400_000_000:
            raise NotDrawable("too many pixels")
        if index:
            image.seek(index)
        if image.format == "JPEG":  # decoded at a fraction of its size where it is far too large
            side = round(11.7 * dpi * 1.3)
            image.draft("RGB", (side, side))
        frame = _flattened(ImageOps.exif_transpose(image))
    return fitted(frame, round(11.7 * dpi * max(1.0, dpi / 200)))


def _flattened(image: Image.Image) -> Image.Image:
    """RGB on white: transparent parts of a picture would else turn black; 16-bit grey is brought to 8."""
    if image.mode.startswith("I") or image.mode == "F":
        low, high = (float(edge) for edge in image.getextrema())  # type: ignore[arg-type]
        span = max(1.0, high - low)
        return image.point(lambda value: (value - low) * (255 / span)).convert("L").convert("RGB")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        clear = image.convert("RGBA")
        ground = Image.new("RGBA", clear.size, "white")
        ground.alpha_composite(clear)
        return ground.convert("RGB")
    return image.convert("RGB")


@contextlib.contextmanager
def _opened(path: str) -> Iterator[Image.Image]:
    with contextlib.suppress(ImportError):
        import pillow_heif

        pillow_heif.register_heif_opener()
    Image.MAX_IMAGE_PIXELS = None  # bounded above, before anything is decoded
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(path) as image:
            yield image


def _frames(image: Image.Image) -> int:
    """Pages of a TIFF; other formats' frames are an animation or a burst, of which the first one counts."""
    return min(getattr(image, "n_frames", 1), MAX_FRAMES) if image.format == "TIFF" else 1
