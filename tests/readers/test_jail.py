"""The jail against programs and readers that misbehave on purpose."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ingest.tools import jail

LIMITS = jail.Limits(seconds=60, memory_mib=256, file_mib=64, processes=32)
CODE = (Path(__file__).parent,)
Call = Callable[..., Any]


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def double(work: Path) -> Call:
    def call(function: str, limits: jail.Limits = LIMITS, readable: tuple[Path, ...] = (), **kwargs: Any) -> Any:
        return jail.call(
            f"readers.doubles:{function}", work=work, limits=limits, readable=readable, code=CODE, **kwargs
        )

    return call


def run(work: Path, script: str, limits: jail.Limits = LIMITS) -> jail.Completed:
    return jail.run(["sh", "-c", script], work=work, limits=limits)


def test_this_machine_shuts_tools_in_fully() -> None:
    assert jail.kind() == "bubblewrap"


def test_a_call_takes_and_gives_chinese(double: Call) -> None:
    assert double("greet", name="耒阳 𠮷") == "你好 耒阳 𠮷"


def test_calls_of_one_kind_share_a_child(double: Call) -> None:
    assert double("marker", value="first") == double("marker", value="second")


def test_a_child_is_replaced_after_a_fault(double: Call) -> None:
    double("marker", value="before")
    with pytest.raises(jail.ToolFailure):
        double("die", number=9)
    assert double("marker", value="after") == "after"


def test_named_files_go_in_and_written_files_come_out(work: Path, double: Call) -> None:
    (work / "来源.txt").write_text("abc 耒阳")
    made = double("copy_upper", source=str(work / "来源.txt"), target=str(work / "出" / "结果.txt"))
    assert made == {"made": str(work / "出" / "结果.txt"), "length": 6}
    assert (work / "出" / "结果.txt").read_text() == "ABC 耒阳"


def test_a_readable_file_of_another_folder_goes_in(tmp_path: Path, double: Call) -> None:
    private = tmp_path / "原件.txt"
    private.write_text("巡查")
    private.chmod(0o600)
    assert double("read", readable=(private,), path=str(private)) == "巡查"


def test_a_child_sees_only_the_files_of_its_call(work: Path, double: Call) -> None:
    (work / "secret.txt").write_text("案情")
    assert "secret.txt" not in str(double("visible", path="."))
    assert double("read", path=str(work.parent / "else.txt")) == "FileNotFoundError"


@pytest.mark.parametrize("path", ["/etc/shadow", "/etc/passwd", str(Path(__file__).parents[2] / "pyproject.toml")])
def test_files_of_ours_and_of_the_system_are_not_visible(work: Path, double: Call, path: str) -> None:
    assert double("read", path=path) == "FileNotFoundError"
    with pytest.raises(jail.ToolFailure):
        run(work, f"cat {path}")


def test_the_environment_does_not_pass(work: Path, double: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANJUAN_SECRET_KEY", "s3cret")
    assert b"s3cret" not in run(work, "env").stdout
    assert "ANJUAN_SECRET_KEY" not in double("variables")


def test_a_link_left_behind_is_not_taken_over(work: Path, double: Call) -> None:
    double("leave_link", target=str(work / "out.txt"), aim="/etc/shadow")
    assert not (work / "out.txt").is_symlink()


def test_the_network_is_out_of_reach(double: Call) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert double("open_network", host="127.0.0.1", port=port) == "ConnectionRefusedError"


def test_noise_on_the_output_does_not_spoil_the_answer(double: Call) -> None:
    assert double("print_bad_bytes") == "still here"


def test_the_complaint_of_a_reader_is_kept(double: Call) -> None:
    with pytest.raises(jail.ToolFailure) as caught:
        double("complain_then_fail")
    assert caught.value.code == "tool-refused"
    assert "bad 耒阳 file" in str(caught.value.data["stderr"])
    assert str(caught.value)


@pytest.mark.parametrize(
    ("function", "arguments", "codes"),
    [
        ("fork_many", {"count": 200}, {"tool-limit"}),
        ("eat_memory", {"mib": 4000}, {"tool-memory"}),
        ("sleep", {"seconds": 60}, {"tool-timeout"}),
        ("die", {"number": 15}, {"tool-crashed"}),
        ("segfault", {}, {"tool-crashed"}),
        ("answer_much", {}, {"tool-crashed", "tool-memory"}),
    ],
)
def test_a_misbehaving_reader_is_named(double: Call, function: str, arguments: dict[str, Any], codes: set[str]) -> None:
    seconds = 1 if codes == {"tool-timeout"} else 60  # a busy machine must not turn every failure into this one
    limits = jail.Limits(seconds=seconds, memory_mib=256, file_mib=64, processes=32)
    with pytest.raises(jail.ToolFailure) as caught:
        double(function, limits, **arguments)
    assert caught.value.code in codes


def test_a_reader_that_writes_ten_gigabytes_is_stopped(work: Path, double: Call) -> None:
    with pytest.raises(jail.ToolFailure) as caught:
        double("write_much", path=str(work / "big"), gib=10)
    assert caught.value.code == "tool-limit"
    assert not (work / "big").exists()


def test_what_a_tool_is_given_does_not_count_against_its_disk(work: Path, double: Call) -> None:
    (work / "large").write_bytes(os.urandom(3 << 20))
    limits = jail.Limits(memory_mib=256, file_mib=1)
    assert double("read_slowly", limits, path=str(work / "large")) == 3 << 20
    assert run(work, "sleep 1.5; wc -c < large", limits).stdout.strip() == b"3145728"


@pytest.mark.parametrize(
    ("script", "codes"),
    [
        ("exit 3", {"tool-refused"}),
        ("kill -9 $$", {"tool-crashed"}),
        ("sleep 60", {"tool-timeout"}),
        ("b() { b | b & }; b; sleep 60", {"tool-timeout", "tool-limit"}),
        ("for i in $(seq 200); do sleep 60 & done; wait", {"tool-limit"}),
        ("yes > big", {"tool-limit"}),
        ("yes", {"tool-limit"}),
        ("for i in 1 2 3 4 5 6 7 8; do head -c 60000000 /dev/zero > big$i; done; sleep 60", {"tool-limit"}),
    ],
)
def test_a_misbehaving_program_is_named(work: Path, script: str, codes: set[str]) -> None:
    seconds = 2 if "tool-timeout" in codes else 60  # a busy machine must not turn every failure into this one
    with pytest.raises(jail.ToolFailure) as caught:
        run(work, script, jail.Limits(seconds=seconds, memory_mib=256, file_mib=64, processes=32))
    assert caught.value.code in codes


def test_a_missing_program_is_named(work: Path) -> None:
    with pytest.raises(jail.ToolFailure) as caught:
        jail.run(["no-such-tool"], work=work, limits=LIMITS)
    assert caught.value.code == "tool-missing"


def test_a_program_writes_only_in_its_folder(work: Path) -> None:
    assert run(work, "echo 好 > here && cat here").stdout.decode() == "好\n"
    for place in ("/usr/x", "/etc/x", str(work.parent / "x")):
        with pytest.raises(jail.ToolFailure):
            run(work, f"echo x > {place}")


def test_nothing_is_left_running(work: Path, double: Call) -> None:
    run(work, "setsid sleep 4217 & exit 0")
    commands = [Path("/proc", pid, "cmdline") for pid in os.listdir("/proc") if pid.isdigit()]
    assert not [path for path in commands if path.exists() and b"4217" in path.read_bytes()]


def test_threads_get_children_of_their_own(double: Call) -> None:
    with ThreadPoolExecutor(4) as pool:
        names = [f"组{number}" for number in range(40)]
        assert list(pool.map(lambda name: double("greet", name=name), names)) == [f"你好 {name}" for name in names]


def test_closing_leaves_no_slot_behind(work: Path, double: Call) -> None:
    double("greet", name="x")
    jail.close()
    places = (*work.parent.iterdir(), *work.parents[1].iterdir())
    assert not [path for path in places if path.name.startswith(f".jail-{os.getpid()}")]


WEAKER = """
from django.conf import settings
settings.configure(USE_I18N=False)
from pathlib import Path
from ingest.tools import jail
work, code, limits = Path({work!r}), (Path({code!r}),), jail.Limits(memory_mib=256, processes=32)
print(jail.kind())
print(jail.run(["sh", "-c", "echo 巡查 > f; cat f"], work=work, limits=limits).stdout.decode().strip())
print(jail.call("readers.doubles:copy_upper", work=work, limits=limits, code=code,
                source=str(work / "f"), target=str(work / "g"))["length"])
short = jail.Limits(seconds=1, memory_mib=256, processes=32)
try:
    jail.call("readers.doubles:sleep", work=work, limits=short, code=code, seconds=60)
except jail.ToolFailure as failure:
    print(failure.code)
for function, arguments in (("eat_memory", dict(mib=4000)), ("segfault", dict())):
    try:
        jail.call("readers.doubles:" + function, work=work, limits=limits, code=code, **arguments)
    except jail.ToolFailure as failure:
        print(failure.code)
"""


@pytest.mark.parametrize(("kind", "missing"), [("unshare", {"bwrap"}), ("rlimits", {"bwrap", "unshare"})])
def test_where_bubblewrap_is_missing_the_limits_still_hold(
    tmp_path: Path, work: Path, kind: str, missing: set[str]
) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in {"bwrap", "unshare", "setpriv", "prlimit", "true", "sh"} - missing:
        (tools / name).symlink_to(shutil.which(name) or name)
    script = WEAKER.format(work=str(work), code=str(CODE[0]))
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PATH": str(tools), "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
    )
    found = done.stdout.split()
    assert found == [kind, "巡查", "3", "tool-timeout", "tool-memory", "tool-crashed"], done.stderr
