"""How a process is shut in: the command line of bubblewrap or unshare, limits and environment.

Owns: what is visible inside. Must not: start anything but the probes of `kind()`.
"""

from __future__ import annotations

import functools
import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from ingest.tools.jail_types import Limits

PACKAGE_ROOT = Path(__file__).resolve().parents[2]
SEARCH_PATH = "/usr/local/bin:/usr/bin:/bin"
CODE = "/code"  # where our reader modules lie inside
SLOT = "/slot"  # where a resident child finds the files of a call

# Of /etc only what programs need to find libraries, fonts and their own configuration: no accounts, hosts or keys.
_ETC = (
    "alternatives",
    "fonts",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "libreoffice",
    "localtime",
    "magic",
    "magic.mime",
    "mime.types",
    "papersize",
)
_FIRST_UID = 1 << 30  # far from any account; below 2³¹, which some programs take for negative
_uids = itertools.count()
_ALSO = ("/var/cache/fontconfig", "/var/lib/libreoffice", "/sys/devices/system/cpu")


@functools.cache
def kind() -> str:
    """How far tools are shut in on this machine: `bubblewrap`, `unshare` (no own file tree) or `rlimits` (neither)."""
    for name in ("bubblewrap", "unshare"):
        if shutil.which({"bubblewrap": "bwrap"}.get(name, name)) and _succeeds([*_shell(name, _own_uid()), "true"]):
            return name
    return "rlimits"


def take_uid() -> int | None:
    """A user id for one jail, used by nobody else; None where we cannot give one.

    The kernel does not enforce limits on root's processes, in a user namespace neither (there root of the namespace
    is root outside): under true root each jail gets an id of its own, so that its processes are counted.
    """
    return _own_uid() if _can_drop() else None


def wrap(
    argv: Sequence[str],
    *,
    uid: int | None,
    limits: Limits,
    writable: Iterable[tuple[Path, str]],
    readable: Iterable[tuple[Path, str]] = (),
    cpu_seconds: int | None = None,
) -> list[str]:
    """The command line that runs `argv` shut in. Pairs are (path outside, path inside); the inside path counts for
    bubblewrap only, the weaker kinds see the real tree."""
    binds = [*_binds("--bind", writable), *_binds("--ro-bind", readable)]
    return [*_shell(kind(), uid, binds, limits.memory_mib), *_limit_arguments(limits, uid, cpu_seconds), *argv]


def hand_over(folder: Path, uid: int | None) -> None:
    """Make the jail's user the owner of a folder and all in it, links not followed."""
    if uid is None:
        return
    os.chown(folder, uid, uid)
    for _, folders, names, directory in os.fwalk(folder):
        for name in (*folders, *names):
            os.chown(name, uid, uid, dir_fd=directory, follow_symlinks=False)


def environment(scratch: str, python_path: str = "") -> dict[str, str]:
    """All the variables a tool gets: nothing of our own environment passes."""
    values = {
        "PATH": SEARCH_PATH,
        "HOME": scratch,
        "TMPDIR": scratch,
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "MALLOC_ARENA_MAX": "2",
        "OMP_THREAD_LIMIT": str(os.cpu_count() or 1),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
    }
    return values | ({"PYTHONPATH": python_path} if python_path else {})


def python_trees() -> list[tuple[Path, str]]:
    """The interpreter and the installed packages, where they do not lie under /usr."""
    trees = {Path(sys.prefix), Path(sys.base_prefix), Path(os.path.realpath(sys.executable)).parents[1]}
    return [(tree, str(tree)) for tree in sorted(trees) if not tree.is_relative_to("/usr") or tree == Path("/usr")]


def _limit_arguments(limits: Limits, uid: int | None, cpu_seconds: int | None) -> list[str]:
    arguments = [
        "prlimit",
        "--core=0",
        f"--as={limits.address_mib << 20}",
        f"--fsize={limits.file_mib << 20}",
        "--nofile=1024",
    ]
    if cpu_seconds is not None:
        arguments.append(f"--cpu={cpu_seconds}")
    if uid is not None or kind() == "bubblewrap":  # counted by itself; elsewhere the whole user's processes count
        arguments.append(f"--nproc={limits.processes}")
    return [*arguments, "--"]


def _shell(name: str, uid: int | None, binds: Sequence[str] = (), memory_mib: int = 64) -> list[str]:
    drop = _drop(uid) if uid is not None else []
    match name:
        case "bubblewrap":
            return [*_bubblewrap(uid is not None, binds, memory_mib), "--", *drop]
        case "unshare":
            own = [] if os.geteuid() == 0 else ["--user", "--map-current-user"]
            spaces = ["--pid", "--fork", "--kill-child", "--net", "--ipc", "--uts", "--mount", "--mount-proc"]
            return ["unshare", *own, *spaces, "--", *drop]
        case _:
            return drop


def _bubblewrap(drops: bool, binds: Sequence[str], memory_mib: int) -> list[str]:
    argv = ["bwrap", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    argv += ["--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    if drops:  # root gives up its id inside, see take_uid
        argv += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"]
    else:
        argv += ["--unshare-user", "--uid", "65534", "--gid", "65534"]
    size = ["--perms", "1777", "--size", str(memory_mib << 20), "--tmpfs"]
    argv += ["--ro-bind", "/usr", "/usr", "--proc", "/proc", "--dev", "/dev"]
    argv += [*size, "/tmp", *size, "/dev/shm"]
    for folder in ("bin", "sbin", "lib", "lib32", "lib64"):
        top = Path("/", folder)
        if top.is_symlink():
            argv += ["--symlink", f"usr/{folder}", f"/{folder}"]
        elif top.is_dir():
            argv += ["--ro-bind", str(top), str(top)]
    system = [(Path(path), path) for path in (*(f"/etc/{entry}" for entry in _ETC), *_ALSO)]
    return [*argv, *_binds("--ro-bind-try", system), *binds]


def _drop(uid: int) -> list[str]:
    identity = [f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
    return ["setpriv", *identity, "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"]


def _own_uid() -> int | None:
    if os.geteuid() != 0 or Path("/proc/self/uid_map").read_text().split() != ["0", "0", "4294967295"]:
        return None
    return _FIRST_UID + os.getpid() % 32768 * 1024 + next(_uids) % 1024


@functools.cache
def _can_drop() -> bool:
    """Outside bubblewrap the interpreter may lie where only root gets to."""
    if _own_uid() is None:
        return False
    shell = _shell(kind(), _own_uid(), _python_binds())
    return _succeeds([*shell, "prlimit", "--core=0", "--", sys.executable, "-c", "import json"])


def _python_binds() -> list[str]:
    return _binds("--ro-bind", python_trees())


def _binds(option: str, pairs: Iterable[tuple[Path, str]]) -> list[str]:
    """bubblewrap makes missing parents for root only, so they are made first, passable for all."""
    argv: list[str] = []
    made = {Path("/usr"), Path("/usr/share"), Path("/tmp")}
    for outside, inside in pairs:
        for parent in reversed(Path(inside).parents[:-1]):
            argv += [] if parent in made else ["--perms", "0755", "--dir", str(parent)]
            made.add(parent)
        argv += [option, str(outside), inside]
    return argv


def _succeeds(argv: list[str]) -> bool:
    try:
        return subprocess.run(argv, capture_output=True, timeout=10, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
