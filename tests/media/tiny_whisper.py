"""A Whisper model of random numbers in CTranslate2's format: real to load and to run, useless to read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import tokenizers
from ctranslate2.specs import WhisperSpec

SIZE, HEADS, VOCABULARY = 32, 2, 51865
_LANGUAGES = 99


def make(folder: Path) -> Path:
    """Write the model, its vocabulary and tokenizer into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(3)

    def weights(*shape: int) -> Any:
        return (chance.standard_normal(shape) * 0.05).astype(np.float32)

    spec = WhisperSpec(1, HEADS, 1, HEADS)
    spec.encoder.conv1.weight, spec.encoder.conv1.bias = weights(SIZE, 80, 3), weights(SIZE)
    spec.encoder.conv2.weight, spec.encoder.conv2.bias = weights(SIZE, SIZE, 3), weights(SIZE)
    spec.encoder.position_encodings.encodings = weights(1500, SIZE)
    spec.decoder.position_encodings.encodings = weights(448, SIZE)
    spec.decoder.embeddings.weight = weights(VOCABULARY, SIZE)
    spec.decoder.projection.weight = spec.decoder.embeddings.weight
    _fill(spec.encoder.layer[0], weights, cross=False)
    _fill(spec.decoder.layer[0], weights, cross=True)
    for norm in (spec.encoder.layer_norm, spec.decoder.layer_norm):
        _norm(norm)
    tokens = _tokens()
    spec.register_vocabulary(tokens)
    spec.config.lang_ids = list(range(50259, 50259 + _LANGUAGES))
    spec.config.suppress_ids, spec.config.suppress_ids_begin = [], []
    spec.config.alignment_heads = [(0, 0)]
    spec.validate()
    spec.save(str(folder))
    model = tokenizers.models.WordLevel({token: number for number, token in enumerate(tokens)}, unk_token="t0")
    tokenizer = tokenizers.Tokenizer(model)
    tokenizer.add_special_tokens([token for token in tokens if token.startswith("<|")])
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def _fill(layer: Any, weights: Any, *, cross: bool) -> None:
    own, feed = layer.self_attention, layer.ffn
    _linear(own.linear[0], weights, 3 * SIZE, SIZE)
    _linear(own.linear[1], weights, SIZE, SIZE)
    _norm(own.layer_norm)
    if cross:
        _linear(layer.attention.linear[0], weights, SIZE, SIZE)
        _linear(layer.attention.linear[1], weights, 2 * SIZE, SIZE)
        _linear(layer.attention.linear[2], weights, SIZE, SIZE)
        _norm(layer.attention.layer_norm)
    _linear(feed.linear_0, weights, 4 * SIZE, SIZE)
    _linear(feed.linear_1, weights, SIZE, 4 * SIZE)
    _norm(feed.layer_norm)


def _linear(linear: Any, weights: Any, out: int, into: int) -> None:
    linear.weight, linear.bias = weights(out, into), weights(out)


def _norm(norm: Any) -> None:
    norm.gamma, norm.beta = np.ones(SIZE, np.float32), np.zeros(SIZE, np.float32)


def _tokens() -> list[str]:
    """As in the multilingual model: words, end, start, languages, tasks, marks, times of 20 ms."""
    from faster_whisper.tokenizer import _LANGUAGE_CODES

    words = [f"t{number}" for number in range(50257)]
    marks = ["<|endoftext|>", "<|startoftranscript|>", *(f"<|{code}|>" for code in _LANGUAGE_CODES[:_LANGUAGES])]
    tasks = ["translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps"]
    times = [f"<|{number * 0.02:.2f}|>" for number in range(1501)]
    return [*words, *marks, *(f"<|{task}|>" for task in tasks), *times]
