"""A real Elasticsearch 8.19 for the tests, from Maven Central: fetched once, unpacked once, started on loopback."""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import re
import shutil
import subprocess
import urllib.request
import zipfile
from pathlib import Path

from config.stack import ports, process

VERSION = "8.19.21"
GROUP = "org.elasticsearch.distribution.integ-test-zip"
JAVA_AT_LEAST = 17


def begin(folder: Path) -> tuple[process.Child, str]:
    """Start a server with data in `folder`; gives it and its address. `await_ready` follows."""
    user = process.service_user()
    home = _unpacked(user)
    port, transport = ports.free_ports(2)
    config = folder / "config"
    shutil.copytree(home / "config", config)
    for name in ("data", "logs", "tmp"):
        (folder / name).mkdir()
    _give(folder, user)
    env = {"ES_JAVA_HOME": str(_java_home()), "ES_PATH_CONF": str(config), "ES_JAVA_OPTS": "-Xms512m -Xmx512m"}
    env |= {"ES_TMPDIR": str(folder / "tmp"), "PATH": os.environ["PATH"], "HOME": str(folder)}
    choices = {
        "discovery.type": "single-node",
        "xpack.security.enabled": "false",
        "http.host": ports.LOOPBACK,
        "http.port": port,
        "transport.host": ports.LOOPBACK,
        "transport.port": transport,
        "path.data": folder / "data",
        "path.logs": folder / "logs",
        "cluster.routing.allocation.disk.threshold_enabled": "false",
    }
    argv: list[str | Path] = [home / "bin" / "elasticsearch"]
    for name, value in choices.items():
        argv += ["-E", f"{name}={value}"]
    child = process.spawn("elasticsearch", argv, log=folder / "console.log", env=env, user=user, cwd=folder)
    return child, f"http://{ports.LOOPBACK}:{port}"


def await_ready(child: process.Child, address: str, folder: Path) -> None:
    """Wait until it answers. Raises `RuntimeError` with the end of its log."""
    log = folder / "console.log"
    if not ports.wait_until(lambda: not child.is_running() or _healthy(address), 120, step=0.2):
        child.stop(5)
    if not child.is_running():
        raise RuntimeError("Elasticsearch does not start:\n" + log.read_text(errors="replace")[-3000:])


def _healthy(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/_cluster/health", timeout=2) as answer:
            return bool(json.load(answer)["status"] in ("green", "yellow"))
    except (OSError, ValueError):
        return False


def _unpacked(user: str | None) -> Path:
    """The unpacked distribution in a folder that its user owns; unpacked once for all runs on this machine."""
    default = Path("/var/tmp/anjuan-tests") if user else Path.home() / ".cache" / "anjuan-tests"
    cache = Path(os.environ.get("ANJUAN_TEST_CACHE", default))
    cache.mkdir(mode=0o755, parents=True, exist_ok=True)
    home = cache / f"elasticsearch-{VERSION}"
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (home / ".unpacked").is_file():
            return home
        shutil.rmtree(home, ignore_errors=True)
        with zipfile.ZipFile(_fetched()) as archive:
            archive.extractall(cache)
        if not home.is_dir():  # the folder may carry a suffix of its own
            next(path for path in cache.glob("elasticsearch-*") if path.is_dir()).rename(home)
        for program in [*(home / "bin").iterdir(), *(home / "modules").rglob("bin/*")]:
            program.chmod(0o755)
        (home / ".unpacked").touch()
        _give(home, user)
    return home


def _fetched() -> Path:
    """The zip in the local Maven repository; asks Maven for it when it is not there."""
    place = Path.home() / ".m2/repository" / GROUP.replace(".", "/") / "elasticsearch" / VERSION
    found = place / f"elasticsearch-{VERSION}.zip"
    if not found.is_file():
        maven = shutil.which("mvn")
        if maven is None:
            raise RuntimeError("Elasticsearch for the tests is fetched by Maven; install the package maven")
        artifact = f"-Dartifact={GROUP}:elasticsearch:{VERSION}:zip"
        subprocess.run([maven, "-q", "-B", "dependency:get", artifact, "-Dtransitive=false"], check=True, timeout=900)
    return found


def _java_home() -> Path:
    """A JDK that is new enough: JAVA_HOME, the `java` on the path, or one of the system's."""
    candidates = [Path(os.environ["JAVA_HOME"])] if os.environ.get("JAVA_HOME") else []
    on_path = shutil.which("java")
    candidates += [Path(on_path).resolve().parent.parent] if on_path else []
    candidates += sorted(Path("/usr/lib/jvm").glob("*"), reverse=True) if Path("/usr/lib/jvm").is_dir() else []
    for home in candidates:
        if not (home / "bin" / "java").is_file():
            continue
        told = subprocess.run([home / "bin" / "java", "-version"], capture_output=True, text=True, check=False).stderr
        version = re.search(r'version "(\d+)', told)
        if version and int(version[1]) >= JAVA_AT_LEAST:
            return home
    raise RuntimeError(f"Elasticsearch for the tests needs Java {JAVA_AT_LEAST} or newer (openjdk-17-jre-headless)")


def _give(folder: Path, user: str | None) -> None:
    if user is None:
        return
    entry = pwd.getpwnam(user)
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, entry.pw_uid, entry.pw_gid, follow_symlinks=False)
