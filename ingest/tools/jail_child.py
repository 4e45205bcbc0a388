"""Inside the jail: reads one call per line, answers one line. Imports a reader module once, on its first call.

Standard library only, and nothing of ours but the readers: what runs here is under the hand of hostile files.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
import traceback
from typing import Any, BinaryIO


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer calls until the pipe closes."""
    for line in requests:
        order = json.loads(line)
        os.chdir(order["folder"])
        _allow_cpu(order["cpu"])
        try:
            answer = {"result": _call(order["function"], order["kwargs"])}
            text = json.dumps(answer, ensure_ascii=True)
        except MemoryError:
            text = json.dumps({"memory": True})
        except Exception as error:
            detail = "".join(traceback.format_exception(error))[-2000:]
            text = json.dumps({"error": type(error).__name__, "errno": getattr(error, "errno", None), "detail": detail})
        answers.write(text.encode() + b"\n")
        answers.flush()


def _call(function: str, kwargs: dict[str, Any]) -> Any:
    module, _, name = function.partition(":")
    return getattr(importlib.import_module(module), name)(**kwargs)


def _allow_cpu(seconds: int) -> None:
    """Move the soft limit ahead of what was used: it is the second line behind the parent's wall clock."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + seconds + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def main() -> None:
    """Keep the answer pipe to ourselves, so that a library that prints cannot spoil it."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    sys.stdout = sys.stderr
    serve(requests, answers)


if __name__ == "__main__":
    main()
