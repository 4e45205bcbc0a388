"""A worker that dies: `python -m tests.pipeline.dying_worker STAGE before|after`.

It works like the real one until it comes to STAGE; there it kills itself with -9, before the stage's work or after it
and before anything of it is written down.
"""

from __future__ import annotations

import dataclasses
import os
import signal
import sys

import django
from django.core.management import call_command


def main(stage_name: str, when: str) -> None:
    django.setup()
    from ingest import pipeline
    from ingest.types import Outcome, Stage, Work

    def dying(stage: Stage) -> Stage:
        def run(work: Work) -> Outcome:
            if when == "after":
                stage.run(work)
            os.kill(os.getpid(), signal.SIGKILL)
            raise AssertionError("unreachable")

        return dataclasses.replace(stage, run=run, applies=lambda work: True)

    pipeline.STAGES = tuple(dying(stage) if stage.name == stage_name else stage for stage in pipeline.STAGES)
    call_command("worker", lane="all", once=True)


if __name__ == "__main__":
    main(*sys.argv[1:3])
