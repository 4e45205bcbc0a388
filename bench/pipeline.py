"""The pipeline against the bare tools on the same files: `python -m bench.pipeline [N]`.

The files come in through `receive()`; one real worker process does all stages; then one plain program calls the same
tools on the same files (`bench.bare`). Wall time and processor time of both are shown: on a machine that does other
things too, only the second can be compared.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench import services
from ingest.tools.jail_watch import descendants

ROOT = Path(__file__).resolve().parents[1]
WORKER = [sys.executable, "-m", "config", "worker", "--lane", "all", "--once"]


def main() -> None:
    """Run both and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=200)
    parser.add_argument("--corpus", default="bench.documents", help="module with make(folder, n) -> paths")
    given = parser.parse_args()
    with services.running() as folder:
        paths = importlib.import_module(given.corpus).make(folder / "documents", given.count)
        bare = _measured([sys.executable, "-m", "bench.bare", str(folder / "documents")])
        idle = _measured(WORKER)
        received = _receive(paths)
        worker = _measured(WORKER)
        print(json.dumps(_figures(bare, received, idle, worker, given.count), indent=2, ensure_ascii=False))


def _measured(argv: list[str]) -> dict[str, Any]:
    """Wall seconds of a program; processor seconds of itself (`own`) and of all that it started (`cpu`), by looking
    at the process table, for a killed child's time is charged to nobody."""
    began = time.monotonic()
    process = subprocess.Popen(argv, cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, text=True)
    seen: dict[tuple[int, str], int] = {}
    own = 0
    while process.poll() is None:
        for pid in descendants(process.pid):
            with contextlib.suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                seen[pid, fields[19]] = int(fields[11]) + int(fields[12])
                own = seen[pid, fields[19]] if pid == process.pid else own
        time.sleep(0.05)
    wall = time.monotonic() - began
    if process.returncode:
        raise SystemExit(f"{argv}: {process.returncode}")
    tick = os.sysconf("SC_CLK_TCK")
    answer = process.stdout.read() if process.stdout else ""
    return {"wall": round(wall, 2), "cpu": round(sum(seen.values()) / tick, 1), "own": own / tick, "out": answer}


def _receive(paths: list[Path]) -> dict[str, Any]:
    from archive.types import Actor
    from ingest.receive import receive
    from ingest.types import Arrival

    began = time.monotonic()
    for path in paths:
        with path.open("rb") as stream:
            receive(Arrival(Actor.system("bench"), "demo", path.name, stream, size=path.stat().st_size))
    return {
        "wall": round(time.monotonic() - began, 2),
        "ms_a_file": round((time.monotonic() - began) / len(paths) * 1000),
    }


def _figures(
    bare: dict[str, Any], received: dict[str, Any], idle: dict[str, Any], worker: dict[str, Any], count: int
) -> dict[str, Any]:
    from django.db.models import Count, Sum

    from ingest.models import Intake, StageRun

    rows = StageRun.objects.values("stage", "outcome").annotate(n=Count("id"), ms=Sum("milliseconds")).order_by("stage")
    stages = {f"{row['stage']} {row['outcome']}": [row["n"], row["ms"]] for row in rows}
    inside = sum(row["ms"] or 0 for row in rows)
    return {
        "documents": count,
        "owed": Intake.objects.exclude(owed=[]).count(),
        "bare": {"wall": bare["wall"], "cpu": bare["cpu"], **json.loads(bare["out"])},
        "receive": received,
        "worker": {name: worker[name] for name in ("wall", "cpu", "own")},
        "worker_without_work": {name: idle[name] for name in ("wall", "cpu", "own")},
        "ratio_wall": round(worker["wall"] / bare["wall"], 3),
        "ratio_cpu": round(worker["cpu"] / bare["cpu"], 3),
        "outside_stages_ms_a_document": round(((worker["wall"] - idle["wall"]) * 1000 - inside) / count, 1),
        "own_processor_ms_a_document": round((worker["own"] - idle["own"]) * 1000 / count, 1),
        "stages": stages,
    }


if __name__ == "__main__":
    main()
