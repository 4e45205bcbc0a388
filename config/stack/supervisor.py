"""Starts the children in order, watches them, starts them again with back-off, stops them in reverse order."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from config.stack.console import Screen
from config.stack.folder import DataFolder
from config.stack.process import Child
from config.stack.trouble import StackTrouble, from_os_error

CALM = 60.0  # seconds of life after which a failure counts as the first again
LONGEST_PAUSE = 30.0
LOOK_EVERY = 0.2


@dataclass
class Service:
    """One child and how to start and stop it. `start` waits until it is usable."""

    name: str
    zh: str
    start: Callable[[], Child]
    stop: Callable[[Child], object]
    is_store: bool = False  # stopped only after all who write to it
    child: Child | None = None
    began: float = 0.0
    failures: int = 0
    due: float = 0.0


@dataclass
class Supervisor:
    """Owns the children of one run."""

    screen: Screen
    folder: DataFolder
    services: list[Service] = field(default_factory=list)
    chores: list[Callable[[], None]] = field(default_factory=list)  # done every second
    _chores_due: float = 0.0
    _told: set[str] = field(default_factory=set)
    _stopping: bool = False

    def catch_signals(self) -> None:
        """Ctrl-C and SIGTERM end the run in order, from whichever step it has reached; a second one changes nothing."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)

    def _ask_to_stop(self, *_: object) -> None:
        if not self._stopping:
            self._stopping = True
            raise KeyboardInterrupt

    def start(self, service: Service) -> None:
        """Start one more service; it stops before those that were started earlier."""
        self.services.append(service)
        self._launch(service)

    def adopt(self, service: Service, child: Child) -> None:
        """Take over a child that somebody started already."""
        self.services.append(service)
        service.child, service.began = child, time.monotonic()
        self.folder.remember(self._children())

    def watch(self) -> None:
        """Until a signal comes: start again what ended."""
        while not self._stopping:
            self.pause()

    def pause(self) -> None:
        """Wait a moment, then look."""
        time.sleep(LOOK_EVERY)
        self.look()
        if time.monotonic() >= self._chores_due:
            self._chores_due = time.monotonic() + 1.0
            for chore in self.chores:
                self._do(chore)

    def _do(self, chore: Callable[[], None]) -> None:
        try:
            chore()
        except OSError as exc:
            told = from_os_error(exc, str(self.folder.path))
            if told.en not in self._told:
                self._told.add(told.en)
                self.screen.trouble(told)

    def look(self) -> None:
        """One round: notice who ended, start again those whose pause is over."""
        now = time.monotonic()
        for service in self.services:
            if service.child is not None and not service.child.is_running():
                self._ended(service, now)
            if service.child is None and now >= service.due:
                self._start_again(service)

    def stop(self) -> None:
        """Stop all, the newest first."""
        self._stopping = True
        for service in self.services:
            if service.child is not None and not service.is_store:
                service.child.ask_to_stop()  # all of them end side by side
        for service in reversed(self.services):
            if service.child is not None and service.child.is_running():
                service.stop(service.child)
        self.folder.children_file.unlink(missing_ok=True)

    def _launch(self, service: Service) -> None:
        service.child = service.start()
        service.began = time.monotonic()
        self.folder.remember(self._children())

    def _ended(self, service: Service, now: float) -> None:
        code = service.child.process.returncode if service.child else 0
        service.failures = 1 if now - service.began > CALM else service.failures + 1
        pause = min(2.0 ** (service.failures - 1), LONGEST_PAUSE)
        service.child, service.due = None, now + pause
        self.screen.note(
            f"{service.zh}已退出（{code}），{pause:.0f} 秒后重启。",
            f"{service.name} ended ({code}); starting again in {pause:.0f} s. Its log: data/logs/{service.name}.log",
        )

    def _start_again(self, service: Service) -> None:
        try:
            self._launch(service)
        except StackTrouble as trouble:
            service.failures += 1
            service.due = time.monotonic() + min(2.0**service.failures, LONGEST_PAUSE)
            self.screen.trouble(trouble)
        else:
            self.screen.done(f"{service.zh}已重启", f"{service.name} runs again")

    def _children(self) -> list[Child]:
        return [service.child for service in self.services if service.child is not None]
