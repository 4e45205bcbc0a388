"""What `make run` shows: few calm lines, Chinese first, English beside it."""

from __future__ import annotations

import sys
import time

from rich.console import Console
from rich.table import Table

from config.stack.trouble import StackTrouble


class Screen:
    """The console of the supervisor. Everything longer goes to the logs."""

    def __init__(self) -> None:
        self._out = Console(highlight=False, soft_wrap=True)
        self._begin = time.monotonic()

    def title(self) -> None:
        self._out.print("\n[bold]安卷[/bold] Anjuan\n")

    def say(self, line: str) -> None:
        """A plain line."""
        self._out.print(f"[dim]{line}[/dim]")

    def done(self, zh: str, en: str) -> None:
        """A step that is finished, with the seconds since the start."""
        passed = time.monotonic() - self._begin
        self._out.print(f"  [green]✓[/green] {zh}  [dim]{en} · {passed:.1f} s[/dim]")

    def note(self, zh: str, en: str) -> None:
        """Something to know; all goes on."""
        self._out.print(f"  [yellow]•[/yellow] {zh}\n    [dim]{en}[/dim]")

    def trouble(self, trouble: StackTrouble) -> None:
        """Why it cannot go on, on the error output."""
        Console(stderr=True, highlight=False, soft_wrap=True).print(
            f"  [red]✗[/red] {trouble.zh}\n    {trouble.en}", markup=True
        )
        sys.stderr.flush()

    def ready(self, address: str, people: list[tuple[str, str, str]]) -> None:
        """The address, and who may sign in with what."""
        self._out.print(f"\n  [bold]{address}[/bold]\n")
        if people:
            table = Table(box=None, padding=(0, 2, 0, 2))
            for heading in ("角色 Role", "用户名 Name", "口令 Password"):
                table.add_column(heading, header_style="dim")
            for row in people:
                table.add_row(*row)
            self._out.print(table)
        self._out.print("\n  [dim]Ctrl-C 停止 · stops everything[/dim]\n")
