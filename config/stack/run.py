"""The run itself, top to bottom: check, start the stores, prepare, serve, load the demonstration case, watch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from config import env
from config.stack import frontend, ports, postgres, process, seaweed, tools
from config.stack.console import Screen
from config.stack.folder import DataFolder, read_env
from config.stack.supervisor import Service, Supervisor
from config.stack.trouble import StackTrouble, from_os_error

BASE = Path(__file__).resolve().parents[2]
LARGEST_LOG = 20 << 20


@dataclass(frozen=True)
class Plan:
    """The settings of the supervisor itself; those of the product are read in `config/settings.py`."""

    data: Path
    port: int
    workers: int
    demo: bool

    @classmethod
    def from_environment(cls) -> Plan:
        """Read and check them. Raises `BadSetting`."""
        if env.choice("ANJUAN_MODE", "local", ["local", "production"]) == "production":
            raise env.BadSetting("ANJUAN_MODE", "make run is for one machine in local mode; see compose.yaml")
        return cls(
            data=env.folder("ANJUAN_DATA", BASE / "data"),
            port=env.integer("ANJUAN_PORT", 8000, least=1, most=65535),
            workers=env.integer("ANJUAN_WORKERS", max(1, (os.cpu_count() or 2) - 1), least=1, most=64),
            demo=env.boolean("ANJUAN_DEMO", True),
        )


def main() -> int:
    """Run until Ctrl-C or SIGTERM; gives the exit code: 0 after a stop that was asked for, 1 on trouble."""
    if "--with-parent" in sys.argv[1:]:
        process.die_with_parent()
    screen = Screen()
    screen.title()
    try:
        plan = Plan.from_environment()
        folder = DataFolder(plan.data)
        folder.open()
    except env.BadSetting as exc:
        screen.trouble(StackTrouble(f"设置有误：{exc}", f"Wrong setting: {exc}"))
        return 1
    except StackTrouble as trouble:
        screen.trouble(trouble)
        return trouble.exit_code
    supervisor = Supervisor(screen, folder)
    supervisor.catch_signals()
    try:
        Run(plan, folder, screen, supervisor).go()
    except KeyboardInterrupt:
        screen.say("\n  停止中… stopping…")
        return 0
    except StackTrouble as trouble:
        screen.trouble(trouble)
        return trouble.exit_code
    except OSError as exc:
        screen.trouble(from_os_error(exc, str(plan.data)))
        return 1
    finally:
        supervisor.stop()
        screen.say("  已停止 stopped")
    return 0


@dataclass
class Run:
    """One run with its plan and its children."""

    plan: Plan
    folder: DataFolder
    screen: Screen
    supervisor: Supervisor

    def go(self) -> None:
        """All steps, then watch. Raises `StackTrouble`; ends by `KeyboardInterrupt`."""
        if ended := self.folder.end_leftovers():
            self.screen.note(f"清理了上次遗留的 {ended} 个进程。", f"Ended {ended} processes of a run that was killed.")
        self._check_port()
        for tool in tools.missing():
            self.screen.note(
                f"缺少 {tool.program}（软件包 {tool.package}）：{tool.zh}。", f"{tool.program} is missing: {tool.en}."
            )
        self._build_pages()
        self._trim_logs()
        values = self._start_stores()
        self._start_site(os.environ | values)
        people = self._load_demonstration(os.environ | values)
        self.screen.ready(f"http://{ports.LOOPBACK}:{self.plan.port}", people)
        self.supervisor.watch()

    def _check_port(self) -> None:
        port = self.plan.port
        if not ports.is_free(port):
            raise StackTrouble(
                f"端口 {port} 已被占用；请停止占用它的程序，或用 ANJUAN_PORT=8001 make run 另选端口。",
                f"Port {port} is taken; stop what uses it, or choose another: ANJUAN_PORT=8001 make run",
            )

    def _build_pages(self) -> None:
        assets = BASE / "assets"
        if frontend.build_when_changed(assets, self.folder.logs / "frontend.log"):
            self.screen.done("前端已构建", "front end built")

    def _trim_logs(self) -> None:
        for log in self.folder.logs.glob("*.log"):
            if log.stat().st_size > LARGEST_LOG:
                log.replace(log.with_suffix(".log.1"))

    def _start_stores(self) -> dict[str, str]:
        """PostgreSQL and S3 side by side, then everything that needs them before the site is served."""
        server = postgres.Postgres.at(self.plan.data / "postgres", self.folder.logs / "postgres.log")
        server.make()
        values = self.folder.settle(server)
        store = self._store(values)
        storage = store.begin()
        self.supervisor.adopt(
            Service("seaweedfs", "对象存储", partial(_restart_store, store), store.stop, is_store=True), storage
        )
        self.supervisor.start(Service("postgres", "数据库", server.start, lambda child: child.stop(30), is_store=True))
        server.prepare("anjuan")
        self.screen.done("数据库就绪（PostgreSQL 18，每次提交落盘）", "database ready, every commit flushed")
        preparation = self._begin_preparation(values)
        store.await_ready(storage)
        self.supervisor.chores.append(store.flush_names)
        self.screen.done("对象存储就绪（SeaweedFS S3，写入落盘）", "object storage ready, writes flushed")
        self._finish_preparation(preparation)
        return values

    def _store(self, values: Mapping[str, str]) -> seaweed.Seaweed:
        chosen = map(int, values["ANJUAN_STACK_PORTS"].split(","))
        return seaweed.Seaweed(
            data=self.plan.data / "s3",
            log=self.folder.logs / "seaweedfs.log",
            key=values["ANJUAN_S3_KEY"],
            secret=values["ANJUAN_S3_SECRET"],
            ports=dict(zip(seaweed.PORTS, chosen, strict=True)),
        )

    def _begin_preparation(self, values: Mapping[str, str]) -> subprocess.Popen[str]:
        owner = read_env(self.folder.owner_file)["ANJUAN_OWNER_DATABASE_URL"]
        environment = os.environ | dict(values) | {"DATABASE_URL": owner, "DJANGO_SETTINGS_MODULE": "config.settings"}
        log = (self.folder.logs / "prepare.log").open("ab")
        argv = [sys.executable, "-m", "config.stack.prepare"]
        with log:
            return subprocess.Popen(
                argv, cwd=BASE, env=environment, stdout=subprocess.PIPE, stderr=log, text=True, encoding="utf-8"
            )

    def _finish_preparation(self, preparation: subprocess.Popen[str]) -> None:
        show: dict[str, Callable[[str, str], None]] = {"done": self.screen.done, "note": self.screen.note}
        last = None
        try:
            for line in preparation.stdout or ():
                event = json.loads(line)
                if event["kind"] == "trouble":
                    last = StackTrouble(event["zh"], event["en"])
                    self.screen.trouble(last)
                else:
                    show[event["kind"]](event["zh"], event["en"])
            code = preparation.wait()
        finally:
            preparation.kill()
        if code:
            raise StackTrouble(
                "启动准备失败；详见 data/logs/prepare.log。", "The preparation failed; see data/logs/prepare.log."
            )

    def _start_site(self, environment: Mapping[str, str]) -> None:
        environment = dict(environment) | {"DJANGO_SETTINGS_MODULE": "config.settings"}
        python = [sys.executable, "-m"]
        bind = f"{ports.LOOPBACK}:{self.plan.port}"
        web = [*python, "gunicorn", "config.wsgi:application", "--bind", bind, "--workers", "2", "--threads", "8"]
        web += ["--timeout", "120", "--graceful-timeout", "8", "--no-control-socket", "--name", "anjuan-web"]
        self._serve("web", "网站", web, environment, until=partial(_serves, f"http://{bind}/healthz"))
        command = [*python, "config", "worker", "--lane"]
        self._serve("worker-quick", "快速处理进程", [*command, "quick", "--name", "worker-quick"], environment)
        for number in range(1, self.plan.workers + 1):
            name = f"worker-{number}"
            self._serve(name, f"处理进程 {number}", [*command, "all", "--name", name], environment)
        self._serve("watch", "监视文件夹", [*python, "config", "watch"], environment)
        self.screen.done(
            f"网站与 {self.plan.workers + 1} 个处理进程就绪", f"site and {self.plan.workers + 1} workers run"
        )

    def _serve(
        self,
        name: str,
        zh: str,
        argv: list[str],
        environment: Mapping[str, str],
        *,
        until: Callable[[], bool] | None = None,
    ) -> None:
        log = self.folder.logs / f"{name}.log"

        def start() -> process.Child:
            child = process.spawn(name, argv, log=log, env=environment, cwd=BASE)
            if until is not None and not ports.wait_until(lambda: not child.is_running() or until(), 60):
                child.stop(5)
            if until is not None and not child.is_running():
                raise StackTrouble(f"{zh}无法启动；详见 {log}。", f"{name} does not start; its log: {log}")
            return child

        self.supervisor.start(Service(name, zh, start, lambda child: child.stop(15)))

    def _load_demonstration(self, environment: Mapping[str, str]) -> list[tuple[str, str, str]]:
        """Load the demonstration case once, while the site is served already; gives who may sign in."""
        if not self.plan.demo or not (BASE / "demo" / "__main__.py").is_file():
            return []
        stamp = self.plan.data / "run" / "demonstration-loaded"
        if not stamp.is_file():
            self.screen.note("正在载入演示案例…", "loading the demonstration case; its log: data/logs/demo.log")
            argv = [sys.executable, "-m", "demo", "load"]
            log = self.folder.logs / "demo.log"
            child = process.spawn("demo", argv, log=log, env=environment, cwd=BASE)
            while child.is_running():
                self.supervisor.pause()
            if child.process.returncode:
                self.screen.note(
                    "演示案例未能全部载入，下次启动时继续；详见 data/logs/demo.log。",
                    "The demonstration case was not loaded in full; the next start goes on. See data/logs/demo.log",
                )
            else:
                stamp.touch()
                self.screen.done("演示案例已载入", "demonstration case loaded")
        told = subprocess.run(
            [sys.executable, "-m", "demo", "people"], cwd=BASE, env=dict(environment), capture_output=True, check=False
        )
        return [tuple(row) for row in json.loads(told.stdout)] if told.returncode == 0 else []


def _restart_store(store: seaweed.Seaweed) -> process.Child:
    child = store.begin()
    store.await_ready(child)
    return child


def _serves(address: str) -> bool:
    try:
        urllib.request.urlopen(address, timeout=2).close()
    except OSError:
        return False
    return True
