"""House rules that a machine can check, and the pieces that join the parts of the project."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from archive import errors
from config import cli, messages
from config.stack import tools

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = {".venv", "node_modules", "build", "dist", "migrations", ".git", "data"}
SETTINGS = (ROOT / "config" / "settings.py").read_text(encoding="utf-8")
HARD_LIMIT = 400


def sources() -> list[Path]:
    """Our own Python files."""
    found = []
    for folder, inside, files in os.walk(ROOT):
        inside[:] = [name for name in inside if name not in SKIPPED and not name.startswith(".")]
        found += [Path(folder) / name for name in files if name.endswith(".py")]
    return found


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_no_file_is_too_long() -> None:
    long = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in sources()}
    assert {name: lines for name, lines in long.items() if lines > HARD_LIMIT} == {}


def test_every_translation_compiles(tmp_path: Path) -> None:
    sources_of_words = sorted((ROOT / "locale").glob("*/*/LC_MESSAGES/*.po"))
    for source in sources_of_words:
        target = tmp_path / source.relative_to(ROOT / "locale")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
    assert len(messages.compile_all(tmp_path)) == len(sources_of_words) > 0
    assert messages.compile_all(tmp_path) == []


def test_the_same_words_are_translated_the_same_everywhere() -> None:
    from babel.messages import pofile

    seen: dict[tuple[str, str | None], dict[str, str]] = {}
    for source in sorted((ROOT / "locale").glob("*/zh_Hans/LC_MESSAGES/django.po")):
        with source.open("rb") as lines:
            for message in pofile.read_po(lines):
                if message.id and message.string and isinstance(message.id, str):
                    key = (message.id, message.context)
                    seen.setdefault(key, {})[source.parents[2].name] = str(message.string)
    assert {key: found for key, found in seen.items() if len(set(found.values())) > 1} == {}


@pytest.mark.parametrize("path", ["docs/operate.md", "docs/operate.zh.md"])
def test_every_setting_stands_in_the_guide_and_every_one_in_the_guide_exists(path: str) -> None:
    told = set(re.findall(r"^\| `([A-Z0-9_]+)` \|", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE))
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z0-9_]+)"', SETTINGS))
    stack = {"ANJUAN_PORT", "ANJUAN_WORKERS", "ANJUAN_DEMO", "ANJUAN_DATABASE_ROLE"}
    assert told == read | stack


def test_every_package_name_stands_once_with_what_is_lost_without_it() -> None:
    assert len(set(tools.PACKAGES)) == len(tools.PACKAGES)
    assert all(tool.zh and tool.en for tool in tools.TOOLS)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.BadInput(), 2),
        (errors.Unavailable(), 3),
        (errors.NotPermitted(), 4),
        (errors.NotFound(), 5),
        (errors.StateConflict(), 6),
        (errors.IntegrityFailure(), 7),
        (errors.ArchiveError(), 1),
    ],
)
def test_every_kind_of_error_has_one_exit_code(error: errors.ArchiveError, code: int) -> None:
    assert cli.exit_code_of(error) == code


@pytest.mark.parametrize(
    ("name", "value", "said", "code"),
    [
        ("ANJUAN_SEARCH_ENGINE", "lucene", "ANJUAN_SEARCH_ENGINE: must be one of", 8),
        ("ANJUAN_S3_ENDPOINT", "localhost:8333", "ANJUAN_S3_ENDPOINT: must begin with", 8),
        ("ANJUAN_MODE", "production", "is required and is not set", 8),
        ("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none", "the database does not answer", 3),
    ],
)
def test_a_command_says_in_one_line_what_is_wrong(name: str, value: str, said: str, code: int, tmp_path: Path) -> None:
    ours = ("ANJUAN_", "DATABASE_URL", "DJANGO_")
    env = {key: word for key, word in os.environ.items() if not key.startswith(ours)}
    env |= {"ANJUAN_DATA": str(tmp_path), name: value}
    argv = [sys.executable, "-m", "config", "migrate", "--check"]
    done = subprocess.run(argv, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_set_up_without_a_python_that_is_new_enough_says_so(tmp_path: Path) -> None:
    for name in ("sh", "dirname"):
        (tmp_path / name).symlink_to(shutil.which(name) or name)
    argv = [str(tmp_path / "sh"), str(ROOT / "bin" / "setup")]
    done = subprocess.run(argv, env={"PATH": str(tmp_path)}, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert "Python 3.11 or newer is missing" in done.stderr
    assert "缺少 Python" in done.stderr


def test_set_up_without_rights_names_every_missing_package() -> None:
    code = "import sys; sys.path.insert(0, 'bin'); import setup; setup._system_packages(('nobody-has-this', 'libc6'))"
    somebody = ["bwrap", "--dev-bind", "/", "/", "--unshare-user", "--uid", "1000"]
    argv = [*somebody, sys.executable, "-c", code]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert "sudo apt-get install -y --no-install-recommends nobody-has-this" in done.stderr
