"""Start-up checks that look at this machine and the settings only; each has a number that does not change.

Those that ask services are in `config/checks_services.py`. `anjuan check --deploy` runs all of both.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Warning
from django.utils.translation import gettext as _

from config.stack import tools
from ingest.tools import jail_box

BUILT_IN_KEY = "local-only-not-a-secret"
SHORTEST_KEY = 50


def secret_key_is_secret(**_options: Any) -> list[CheckMessage]:
    """anjuan.E001, in production."""
    if settings.LOCAL or (settings.SECRET_KEY != BUILT_IN_KEY and len(settings.SECRET_KEY) >= SHORTEST_KEY):
        return []
    hint = _("Set ANJUAN_SECRET_KEY to at least 50 random characters.")
    return [Error(_("The secret key is not secret."), hint=hint, id="anjuan.E001")]


def sm3_is_there(**_options: Any) -> list[CheckMessage]:
    """anjuan.E002: every file gets an SM3 digest when it arrives."""
    try:
        hashlib.new("sm3")
    except ValueError:
        hint = _("Use a Python that is built with OpenSSL 1.1.1 or newer.")
        return [Error(_("The digest SM3 is not available."), hint=hint, id="anjuan.E002")]
    return []


def hosts_are_named(**_options: Any) -> list[CheckMessage]:
    """anjuan.E003."""
    if settings.ALLOWED_HOSTS and "*" not in settings.ALLOWED_HOSTS:
        return []
    hint = _("Set ANJUAN_HOSTS to the names under which people reach this site.")
    return [Error(_("The site answers to any host name, or to none."), hint=hint, id="anjuan.E003")]


def inside_is_utc(**_options: Any) -> list[CheckMessage]:
    """anjuan.E004: times are kept with their zone; only pages show local time."""
    if settings.USE_TZ and settings.DATABASES["default"].get("TIME_ZONE") in (None, "UTC"):
        return []
    hint = _("Leave the database connection in UTC; TIME_ZONE is for pages only.")
    return [Error(_("Times would be kept without their zone."), hint=hint, id="anjuan.E004")]


def tools_can_be_shut_in(**_options: Any) -> list[CheckMessage]:
    """anjuan.E005 where the sandbox is required (production), otherwise anjuan.W005."""
    kind = jail_box.kind()
    if kind == "bubblewrap":
        return []
    hint = _("Install bubblewrap and allow user namespaces; ANJUAN_SANDBOX_REQUIRED decides whether this refuses.")
    words = _("Outside tools cannot be shut in fully here (found: %(kind)s).") % {"kind": kind}
    if settings.SANDBOX_REQUIRED:
        return [Error(words, hint=hint, id="anjuan.E005")]
    return [Warning(words, hint=hint, id="anjuan.W005")]


def tools_are_there(**_options: Any) -> list[CheckMessage]:
    """anjuan.W006, once for each that is missing: what it would do is left undone, and each record says so."""
    found: list[CheckMessage] = []
    for tool in tools.missing():
        words = _("The program %(program)s is missing.") % {"program": tool.program}
        values = {"package": tool.package, "loss": _(tool.en)}
        hint = _("Install the package %(package)s. Without it: %(loss)s.") % values
        found.append(Warning(words, hint=hint, id="anjuan.W006"))
    return found


def speech_model_is_there(**_options: Any) -> list[CheckMessage]:
    """anjuan.W007: a model folder that is set must exist; nothing is fetched while running."""
    if not settings.SPEECH_MODEL or Path(settings.SPEECH_MODEL).is_dir():
        return []
    hint = _("Put the model of faster-whisper there, or leave ANJUAN_SPEECH_MODEL empty.")
    return [Warning(_("The folder of the speech model does not exist."), hint=hint, id="anjuan.W007")]


def register() -> None:
    """Called once, by the app registry."""
    for check in (
        secret_key_is_secret,
        sm3_is_there,
        hosts_are_named,
        inside_is_utc,
        tools_can_be_shut_in,
        tools_are_there,
        speech_model_is_there,
    ):
        checks.register(check, "anjuan", deploy=True)
