"""`python -m config rescue`: give the jobs of dead workers back to the queue now, without waiting for a live one."""

from __future__ import annotations

import asyncio
from typing import Any

from django.core.management.base import BaseCommand
from procrastinate.contrib.django import app

from ingest.tasks import give_back


class Command(BaseCommand):
    help = "Give the jobs of dead workers back to the queue."

    def handle(self, *args: Any, **options: Any) -> None:
        count = asyncio.run(_rescue())
        self.stdout.write(str(count))


async def _rescue() -> int:
    with app.replace_connector(app.connector.get_worker_connector()) as worker_app:
        async with worker_app.open_async():
            return await give_back(worker_app.job_manager)
