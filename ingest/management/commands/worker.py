"""`python -m config worker --lane quick|all`: one worker process."""

from __future__ import annotations

import asyncio
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from procrastinate.contrib.django import app


class Command(BaseCommand):
    help = "Work on what was received. A worker for the quick lane is never held up by OCR or video."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--lane", choices=["quick", "all"], default="all")
        parser.add_argument("--once", action="store_true", help="stop when nothing is left to do")
        parser.add_argument("--name", default="")

    def handle(self, *args: Any, lane: str, once: bool, name: str, **options: Any) -> None:
        queues = ["quick"] if lane == "quick" else ["quick", "slow"]
        with app.replace_connector(app.connector.get_worker_connector()) as worker_app:
            asyncio.run(
                worker_app.run_worker_async(
                    queues=queues,
                    name=name or f"worker-{lane}",
                    concurrency=1,
                    wait=not once,
                    fetch_job_polling_interval=1.0,
                    listen_notify=True,
                    delete_jobs="successful",
                    shutdown_graceful_timeout=10,
                    update_heartbeat_interval=10,
                    stalled_worker_timeout=60,
                )
            )
