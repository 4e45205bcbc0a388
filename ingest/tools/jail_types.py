"""Values and errors of the jail. Owns: what a tool is allowed, and how its failure is named."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from archive.errors import ArchiveError, Words


@dataclass(frozen=True)
class Limits:
    """What one tool may use. `memory_mib` counts resident memory of the whole process tree."""

    seconds: float = 60
    memory_mib: int = 2048
    file_mib: int = 4096
    processes: int = 64

    @property
    def address_mib(self) -> int:
        """Address space of one process: onnxruntime, LibreOffice and glibc's arenas reserve far more than they use."""
        return self.memory_mib * 2 + 2048


@dataclass(frozen=True)
class Completed:
    """A program that ended with exit status 0."""

    stdout: bytes
    stderr: bytes
    seconds: float


_WORDS: dict[str, tuple[Words, Words]] = {
    "tool-missing": (
        _("The program %(tool)s is not installed."),
        _("Ask the administrator to install it, then run this step again."),
    ),
    "tool-timeout": (
        _("%(tool)s did not finish within %(limit)s seconds and was stopped."),
        _(
            "The original is kept. Run this step again when the machine has less to do; "
            "a file that large may need a longer limit."
        ),
    ),
    "tool-memory": (
        _("%(tool)s needed more than %(limit)s MiB of memory and was stopped."),
        _("The original is kept. Look at it on a computer of your own; a raised memory limit may help."),
    ),
    "tool-crashed": (
        _("%(tool)s broke down on this file."),
        _(
            "The original is kept. The file is probably damaged: "
            "look at it with another program, or ask for a fresh copy."
        ),
    ),
    "tool-refused": (
        _("%(tool)s could not make sense of this file."),
        _(
            "The original is kept. The file is probably damaged: "
            "look at it with another program, or ask for a fresh copy."
        ),
    ),
    "tool-limit": (
        _("%(tool)s went beyond a limit of the sandbox and was stopped."),
        _("The original is kept. Treat the file with caution: it may have been made to do harm."),
    ),
}


_BEYOND: dict[str, Words] = {
    "processes": _("%(tool)s started too many processes and was stopped."),
    "file size": _("%(tool)s wrote a file beyond all measure and was stopped."),
    "disk": _("%(tool)s filled more disk than it may and was stopped."),
    "output": _("%(tool)s did not stop printing and was stopped."),
}
"""Words of tool-limit by `data["limit"]`."""


class ToolFailure(ArchiveError):
    """An outside tool did not do its work. `code` is one of the keys of `_WORDS`; `data` holds `tool` and `stderr`."""

    code = "tool-crashed"

    def __init__(self, code: str, tool: str, *, stderr: bytes | str = b"", **data: str | int | None) -> None:
        text = stderr.decode("utf-8", "replace") if isinstance(stderr, bytes) else stderr
        words, advice = _WORDS[code]
        if code == "tool-limit":
            words = _BEYOND.get(str(data.get("limit")), words)
        super().__init__(code, words=words, advice=advice, tool=tool, stderr=text[-2000:].strip(), **data)

    @property
    def tool(self) -> str:
        return str(self.data["tool"])
