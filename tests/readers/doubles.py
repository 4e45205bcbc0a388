"""Misbehaving readers and what they try, run inside the jail by test_jail."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any


def greet(name: str) -> str:
    return f"你好 {name}"


def process_id() -> int:
    return os.getpid()


def marker(value: str = "") -> str:
    """Remembers the first value it was given, to show that a child stays."""
    state: dict[str, str] = sys.__dict__.setdefault("_marker", {})
    return state.setdefault("value", value)


def fork_many(count: int) -> int:
    for _ in range(count):
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
    time.sleep(60)
    return count


def eat_memory(mib: int) -> int:
    kept = []
    for _ in range(mib // 8):
        kept.append(os.urandom(1 << 20) * 8)
        time.sleep(0.005)
    return len(kept)


def sleep(seconds: float) -> None:
    time.sleep(seconds)


def write_much(path: str, gib: int) -> None:
    piece = bytes(1 << 20)
    with open(path, "wb") as stream:
        for _ in range(gib << 10):
            stream.write(piece)


def open_network(host: str, port: int) -> str:
    try:
        socket.create_connection((host, port), timeout=2).close()
    except OSError as error:
        return type(error).__name__
    return "connected"


def read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError as error:
        return type(error).__name__


def die(number: int) -> None:
    os.kill(os.getpid(), number)


def read_slowly(path: str) -> int:
    time.sleep(1.5)
    return len(Path(path).read_bytes())


def segfault() -> None:
    import ctypes

    ctypes.string_at(0)


def print_bad_bytes() -> str:
    os.write(1, b"\xff\xfe\x80 not a line of JSON\n")
    print("loud library")
    return "still here"


def complain_then_fail() -> None:
    os.write(2, "坏 ".encode() + b"\xff\xfe")
    raise ValueError("bad 耒阳 file")


def variables() -> dict[str, str]:
    return dict(os.environ)


def visible(path: str) -> list[str]:
    return sorted(os.listdir(path))


def copy_upper(source: str, target: str) -> dict[str, Any]:
    text = Path(source).read_text()
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    Path(target).write_text(text.upper())
    return {"made": target, "length": len(text)}


def leave_link(target: str, aim: str) -> None:
    os.symlink(aim, target)


def start_program(argv: list[str]) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()


def answer_much() -> str:
    return "x" * (70 << 20)
