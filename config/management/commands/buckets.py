"""`anjuan buckets`: make the buckets that are missing."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from archive import buckets


class Command(BaseCommand):
    help = "Make the buckets of this deployment where they are missing. Safe to repeat."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        buckets.ensure()
