"""`python -m config rescue`: give the jobs of dead workers back to the queue now, without waiting for a live one."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from django.core.management.base import BaseCommand
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

from ingest.tasks import give_back


class Command(BaseCommand):
    help = "Give the jobs of dead workers back to the queue."

    def handle(self, *args: Any, **options: Any) -> None:
        count = asyncio.run(_rescue())
        self.stdout.write(str(count))


async def _rescue() -> int:
    connector = cast(DjangoConnector, app.connector).get_worker_connector()
    with app.replace_connector(connector) as worker_app:
        async with worker_app.open_async():
            return await give_back(worker_app.job_manager)
