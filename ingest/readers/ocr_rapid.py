"""RapidOCR (PP-OCR models on onnxruntime). Its models lie in the installed package; a missing one is an error here,
for the library itself would fetch it from the network.
"""

from __future__ import annotations

import functools
import os
from collections import Counter
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ingest.readers.ocr_layout import Line, Token, is_han

Pixels = NDArray[np.uint8]
Points = NDArray[np.float32]

DETECTION_SIDE = 1600  # longest side on which lines are looked for; they are read from the full picture
_TURNED = 0.6  # share of the writing that must say so before a page is turned
_READABLE = 0.65  # mean confidence from which on a sample counts as read
_LEAST = 0.5  # lines below are noise: RapidOCR's own default
_MODELS = {
    "Det": "PP-OCRv6_det_small.onnx",
    "Cls": "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
    "Rec": "PP-OCRv6_rec_small.onnx",
}


class ModelsMissing(Exception):
    """The models that belong to the installed package are not there."""


class RapidEngine:
    """`ingest.readers.ocr.Engine` with RapidOCR."""

    name = "rapidocr"
    dpi = 200

    def __init__(self, threads: int) -> None:
        self._ocr = _library(threads)
        self.version = f"{metadata.version('rapidocr')} PP-OCRv6"

    def read(self, image: Image.Image) -> tuple[list[Line], int]:
        """Lines of a page and the clockwise turn in degrees that makes it upright; boxes are on the upright page."""
        pixels = np.ascontiguousarray(np.asarray(image.convert("RGB"))[:, :, ::-1])
        boxes, crops = self._detect(pixels)
        if not crops:
            return [], 0
        turn = self._turn(boxes, crops)
        if turn:
            pixels = np.ascontiguousarray(np.rot90(pixels, k=-turn // 90))
            boxes, crops = self._detect(pixels)
            if not crops:
                return [], turn
        return self._recognised(pixels, boxes, crops), turn

    def _detect(self, pixels: Pixels) -> tuple[list[Points], list[Pixels]]:
        """Quadrilaterals of lines, and their pixels set level."""
        import cv2
        from rapidocr.main import RapidOCRError

        height, width = pixels.shape[:2]
        scale = min(1.0, DETECTION_SIDE / max(height, width))
        small = pixels
        if scale < 1.0:
            size = (max(32, round(width * scale)), max(32, round(height * scale)))
            small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
        record: dict[str, Any] = {}
        try:
            found = self._ocr.detect_and_crop(small, record)[1]
        except RapidOCRError:
            return [], []
        padding = record.get("padding_1", {})
        offset = np.array([padding.get("left", 0), padding.get("top", 0)], dtype=np.float32)
        back = np.array([width / small.shape[1], height / small.shape[0]], dtype=np.float32)
        limit = np.array([width, height], dtype=np.float32)
        boxes = [np.clip((box - offset) * back, 0, limit).astype(np.float32) for box in np.asarray(found.boxes)]
        boxes = [box for box in boxes if min(_sides(box)) >= 3]
        return boxes, self._ocr.crop_text_regions(pixels, np.array(boxes)) if boxes else []

    def _turn(self, boxes: list[Points], crops: list[Pixels]) -> int:
        """How far the page must be turned clockwise. Tall boxes may also be vertical writing: a sample decides."""
        longest = sorted(range(len(crops)), key=lambda n: -max(_sides(boxes[n])))[:24]
        chosen = [n for n in longest if max(_sides(boxes[n])) > 2 * min(_sides(boxes[n]))]
        if len(chosen) < 2:
            return 0
        sample = [crops[n] for n in chosen]
        weight: Counter[tuple[bool, bool]] = Counter()
        labels = self._ocr.cls_and_rotate(sample)[1].cls_res
        for n, (label, score) in zip(chosen, labels, strict=True):
            across, down = _sides(boxes[n])
            weight[down > across * 1.5, "180" in label and score > 0.7] += round(max(across, down))
        tall, reversed_ = max(weight, key=lambda key: weight[key])
        if (tall, reversed_) == (False, False) or weight[tall, reversed_] < _TURNED * weight.total():
            return 0
        if not self._reads_better(sample[:6], reversed_, tall):
            return 0
        # crops of tall boxes were turned counter-clockwise before they were looked at
        return {(False, True): 180, (True, False): 270, (True, True): 90}[tall, reversed_]

    def _reads_better(self, sample: list[Pixels], reversed_: bool, tall: bool) -> bool:
        turned = [np.ascontiguousarray(np.rot90(crop, 2)) if reversed_ else crop for crop in sample]
        upside_down = [np.ascontiguousarray(np.rot90(crop, 2)) for crop in turned]
        confident = self._confidence(turned)
        return confident > _READABLE and (tall or confident > self._confidence(upside_down))

    def _confidence(self, crops: list[Pixels]) -> float:
        return float(np.mean(self._ocr.recognize_txt(crops).scores))

    def _recognised(self, pixels: Pixels, boxes: list[Points], crops: list[Pixels]) -> list[Line]:
        result = self._ocr.recognize_txt(crops)
        angle = _skew(boxes)
        lines = []
        for box, text, score, info in zip(boxes, result.txts, result.scores, result.word_results, strict=True):
            if score < _LEAST or not text.strip():
                continue
            tokens = _tokens(text, info, box, pixels.shape[1], pixels.shape[0])
            if tokens:
                lines.append(Line(tuple(tokens), _level(box, angle)))
        return lines


@functools.cache
def engine(threads: int) -> RapidEngine:
    """One engine per process: loading the models takes a second."""
    return RapidEngine(threads)


def _library(threads: int) -> Any:
    import rapidocr

    folder = Path(rapidocr.__file__).parent / "models"
    missing = [name for name in _MODELS.values() if not (folder / name).is_file()]
    if missing:
        raise ModelsMissing(f"not in {folder}: {', '.join(missing)}")
    threads = max(1, min(threads, os.cpu_count() or 1))
    settings: dict[str, Any] = {f"{part}.model_path": str(folder / name) for part, name in _MODELS.items()}
    settings |= {
        "Global.log_level": "error",
        "Global.return_word_box": True,
        "EngineConfig.onnxruntime.intra_op_num_threads": threads,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    }
    return rapidocr.RapidOCR(params=settings)


def _sides(box: Points) -> tuple[float, float]:
    return float(np.linalg.norm(box[1] - box[0])), float(np.linalg.norm(box[3] - box[0]))


def _skew(boxes: list[Points]) -> float:
    """Median slope of the lines in radians, of those long enough to tell."""
    slopes = [
        float(np.arctan2(box[1][1] - box[0][1], box[1][0] - box[0][0]))
        for box in boxes
        if _sides(box)[0] > 4 * _sides(box)[1]
    ]
    return float(np.median(slopes)) if slopes else 0.0


def _level(box: Points, angle: float) -> tuple[float, float, float, float]:
    """The box around a quadrilateral after the page was turned back by its skew."""
    cosine, sine = np.cos(-angle), np.sin(-angle)
    xs = box[:, 0] * cosine - box[:, 1] * sine
    ys = box[:, 0] * sine + box[:, 1] * cosine
    return float(xs.min()), float(ys.min()), float(xs.max()), float(ys.max())


def _tokens(text: str, info: Any, box: Points, width: int, height: int) -> list[Token]:
    """Characters with boxes: the recogniser says in which column of the line it saw each one."""
    characters = [char for char in text if not char.isspace()]
    columns = [column for word in info.word_cols for column in word]
    if not characters or len(columns) != len(characters) or info.line_txt_len <= 0:
        return [Token(text.strip(), _around(box, 0.0, 1.0), float(np.mean(info.confs or [0.5])))]
    confidences = [float(c) for char, c in zip(text, info.confs, strict=False) if not char.isspace()]
    centres = [min(1.0, (column + 0.5) / info.line_txt_len) for column in columns]
    across, down = _sides(box)
    reach = 0.55 * min(across, down) / max(across, down)  # half a square character
    tokens: list[Token] = []
    spaces = _spaces(text)
    for start, end in _runs(characters, spaces):
        left = max(0.0, centres[start] - reach * (1.0 if is_han(characters[start]) else 0.6))
        right = min(1.0, centres[end - 1] + reach * (1.0 if is_han(characters[end - 1]) else 0.6))
        if start:
            left = max(left, (centres[start - 1] + centres[start]) / 2)
        if end < len(centres):
            right = min(right, (centres[end - 1] + centres[end]) / 2)
        sure = sum(confidences[start:end]) / (end - start) if len(confidences) == len(characters) else 0.5
        run = "".join(characters[start:end])
        tokens.append(Token(run, _around(box, left, max(left, right)), sure, start in spaces))
    return tokens


def _spaces(text: str) -> set[int]:
    """Numbers of the characters, spaces not counted, before which a space stands."""
    found, count = set(), 0
    for char in text:
        if char.isspace():
            found.add(count)
        else:
            count += 1
    return found


def _runs(characters: list[str], spaces: set[int]) -> list[tuple[int, int]]:
    """Each Han character by itself, other characters up to a space."""
    runs: list[tuple[int, int]] = []
    start = 0
    for n in range(1, len(characters) + 1):
        if n == len(characters) or n in spaces or is_han(characters[n]) or is_han(characters[n - 1]):
            runs.append((start, n))
            start = n
    return runs


def _around(box: Points, left: float, right: float) -> tuple[float, float, float, float]:
    """The upright box around a stretch of a line, `left` and `right` as shares of its length."""
    if _sides(box)[1] >= 1.5 * _sides(box)[0]:  # a tall line: its characters run down
        a, b = box[0] + (box[3] - box[0]) * left, box[1] + (box[2] - box[1]) * left
        c, d = box[0] + (box[3] - box[0]) * right, box[1] + (box[2] - box[1]) * right
    else:
        a, b = box[0] + (box[1] - box[0]) * left, box[3] + (box[2] - box[3]) * left
        c, d = box[0] + (box[1] - box[0]) * right, box[3] + (box[2] - box[3]) * right
    xs, ys = [float(p[0]) for p in (a, b, c, d)], [float(p[1]) for p in (a, b, c, d)]
    return min(xs), min(ys), max(xs), max(ys)
