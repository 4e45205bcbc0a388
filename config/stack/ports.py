"""Loopback ports: free ones, and whether one is taken."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Callable

from config.stack.trouble import StackTrouble

LOOPBACK = "127.0.0.1"


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """Different free ports below the range that the kernel gives to outgoing connections."""
    found: list[int] = []
    for port in random.sample(range(11000, 32000), 4000):
        if is_free(port):
            found.append(port)
        if len(found) == count:
            return found
    raise StackTrouble("没有空闲的本机端口。", "There are no free ports on this machine.")


def answers(port: int) -> bool:
    """Whether something accepts connections there."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((LOOPBACK, port)) == 0


def wait_until(ready: Callable[[], bool], seconds: float, *, step: float = 0.05) -> bool:
    """Ask again and again until it is so; False when the time is over."""
    until = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > until:
            return False
        time.sleep(step)
    return True
