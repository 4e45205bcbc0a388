"""The project itself as an app: it brings the start-up checks."""

from __future__ import annotations

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config import checks, checks_services

        checks.register()
        checks_services.register()
