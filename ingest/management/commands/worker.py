"""`python -m config worker --lane quick|all`: one worker process."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from django.core.management.base import BaseCommand, CommandParser
from procrastinate import App
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector


class Command(BaseCommand):
    help = "Work on what was received. A worker for the quick lane is never held up by OCR or video."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--lane", choices=["quick", "all"], default="all")
        parser.add_argument("--once", action="store_true", help="stop when nothing is left to do")
        parser.add_argument("--name", default="")

    def handle(self, *args: Any, lane: str, once: bool, name: str, **options: Any) -> None:
        queues = ["quick"] if lane == "quick" else ["quick", "slow"]
        connector = cast(DjangoConnector, app.connector).get_worker_connector()
        with app.replace_connector(connector) as worker_app:
            asyncio.run(_work(worker_app, queues, name or f"worker-{lane}", once))


async def _work(worker_app: App, queues: list[str], name: str, once: bool) -> None:
    """Run until SIGTERM, then finish the job at hand within ten seconds; another worker takes what is left."""
    async with worker_app.open_async():
        await worker_app.run_worker_async(
            queues=queues,
            name=name,
            concurrency=1,
            wait=not once,
            fetch_job_polling_interval=1.0,
            listen_notify=True,
            delete_jobs="successful",
            shutdown_graceful_timeout=10,
            update_heartbeat_interval=10,
            stalled_worker_timeout=60,
        )
