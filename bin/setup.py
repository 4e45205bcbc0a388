"""Makes `.venv`, installs the system's packages where it may, and the Python ones in the versions of constraints.txt.

Runs before anything is installed: standard library only. A second run with nothing changed costs nothing.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from config.stack import tools  # noqa: E402 - the tree is not installed yet

VENV = ROOT / ".venv"
LOG = ROOT / "build" / "setup.log"


class Stop(Exception):
    """Set-up cannot go on; both lines say why and what to do."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


def main() -> int:
    """Set up for running, or with the word `test` for testing too."""
    extra = "dev" if "test" in sys.argv[1:] else ""
    stamp = VENV / f".set-up-{extra or 'run'}"
    wanted = _digest()
    enough = [stamp, VENV / ".set-up-dev"]  # what is there for tests is more than what running needs
    if any(path.is_file() and path.read_text() == wanted for path in enough):
        return 0
    try:
        LOG.parent.mkdir(exist_ok=True)
        LOG.write_bytes(b"")
        _system_packages(tools.PACKAGES + (tools.TEST_PACKAGES if extra else ()))
        _environment()
        _python_packages(extra)
        stamp.write_text(wanted)
    except Stop as stop:
        sys.stderr.write(f"  ✗ {stop.zh}\n    {stop.en}\n")
        return 1
    except OSError as exc:
        place = exc.filename or ROOT
        sys.stderr.write(f"  ✗ 无法写入 {place}：{exc.strerror}\n    Cannot write {place}: {exc.strerror}\n")
        return 1
    return 0


def _digest() -> str:
    """What the installation depends on. Another Python or other versions set up anew."""
    total = hashlib.sha256(f"{sys.version}{ROOT}".encode())
    for name in ("pyproject.toml", "constraints.txt", "bin/setup.py", "config/stack/tools.py"):
        total.update((ROOT / name).read_bytes())
    return total.hexdigest()


def _system_packages(packages: tuple[str, ...]) -> None:
    lacking = [name for name in packages if not _has(name)]
    if not lacking:
        return
    may_install = os.geteuid() == 0 and shutil.which("apt-get")
    if not may_install:
        if not shutil.which("dpkg-query"):
            _say(
                f"本系统不是 Debian/Ubuntu，请自行安装：{' '.join(lacking)}",
                "not Debian or Ubuntu: install these yourself",
            )
            return
        line = f"sudo apt-get install -y --no-install-recommends {' '.join(lacking)}"
        raise Stop(f"缺少系统软件包，请先运行：{line}", f"System packages are missing; first run: {line}")
    _say(f"安装系统软件包：{' '.join(lacking)}", "installing system packages")
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    _run(["apt-get", "update", "-q"], quiet)
    _run(["apt-get", "install", "-q", "-y", "--no-install-recommends", *lacking], quiet)


def _has(package: str) -> bool:
    """Whether the package is there, or any program that it would bring."""
    program = tools.PROGRAM_OF.get(package)
    if program and shutil.which(program):
        return True
    if not shutil.which("dpkg-query"):
        return False
    names = [package, f"{package}t64"]  # newer Debian and Ubuntu rename libraries so
    told = subprocess.run(
        ["dpkg-query", "-W", "-f=${db:Status-Status}\n", *names], capture_output=True, text=True, check=False
    )
    return "installed" in told.stdout.splitlines()


def _environment() -> None:
    if (VENV / "bin" / "python").is_file() and (VENV / "bin" / "pip").is_file():
        same = subprocess.run(
            [VENV / "bin" / "python", "-c", "import sys; print(sys.version)"],
            capture_output=True,
            text=True,
            check=False,
        )
        if same.stdout.strip() == sys.version.strip():
            return
    _say("创建虚拟环境 .venv", "making .venv")
    shutil.rmtree(VENV, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, check=False)
    if made.returncode and os.geteuid() == 0 and shutil.which("apt-get"):
        _run(["apt-get", "install", "-q", "-y", "--no-install-recommends", "python3-venv"], dict(os.environ))
        made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], capture_output=True, check=False)
    if made.returncode:
        raise Stop(
            "无法创建虚拟环境；请先运行：sudo apt-get install -y python3-venv",
            "The virtual environment cannot be made; first run: sudo apt-get install -y python3-venv",
        )


def _python_packages(extra: str) -> None:
    _say("安装 Python 软件包（首次约 1–3 分钟）", "installing Python packages, 1–3 minutes the first time")
    target = f"{ROOT}[{extra}]" if extra else str(ROOT)
    argv = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--quiet", "-c", str(ROOT / "constraints.txt")]
    _run([*argv, "-e", target], os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"})


def _run(argv: list[str], environment: dict[str, str]) -> None:
    with LOG.open("ab") as log:
        done = subprocess.run(argv, env=environment, stdout=log, stderr=subprocess.STDOUT, cwd=ROOT, check=False)
    if done.returncode:
        words = " ".join(argv[:4])
        last = next((line for line in reversed(LOG.read_text(errors="replace").splitlines()) if line.strip()), "")
        raise Stop(f"失败：{words} … {last}（详见 build/setup.log）", f"Failed: {words} … (see build/setup.log)")


def _say(zh: str, en: str) -> None:
    sys.stdout.write(f"  • {zh}  {en}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
