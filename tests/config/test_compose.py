"""`compose.yaml` can be read and agrees with the settings it is for. No container engine is needed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SETTINGS = (ROOT / "config" / "settings.py").read_text(encoding="utf-8")
CLI = (ROOT / "config" / "cli.py").read_text(encoding="utf-8")
READ = set(re.findall(r'env\.\w+\(\s*"([A-Z0-9_]+)"', SETTINGS + CLI))
REQUIRED = set(re.findall(r'env\.\w+\(\s*"([A-Z0-9_]+)"[^\n]*if LOCAL else None', SETTINGS))
OURS = sorted(name for name, service in COMPOSE["services"].items() if service.get("image") == "anjuan")


def names_of(service: str) -> set[str]:
    """The settings that a service is given, whether by value or by file."""
    return {name.removesuffix("_FILE") for name in COMPOSE["services"][service].get("environment", {})}


def test_settings_and_required_ones_were_found() -> None:
    assert {"DATABASE_URL", "ANJUAN_S3_PUBLIC_ENDPOINT", "ANJUAN_OWNER_DATABASE_URL"} <= READ
    assert {"DATABASE_URL", "ANJUAN_SECRET_KEY", "ANJUAN_S3_ENDPOINT", "ANJUAN_S3_KEY", "ANJUAN_S3_SECRET"} <= REQUIRED


@pytest.mark.parametrize("service", OURS)
def test_every_setting_given_is_one_that_is_read(service: str) -> None:
    assert names_of(service) - READ == set()


@pytest.mark.parametrize("service", OURS)
def test_every_setting_that_production_requires_is_given(service: str) -> None:
    assert (REQUIRED | {"ANJUAN_HOSTS"}) - names_of(service) == set()


@pytest.mark.parametrize("service", OURS)
def test_secrets_come_as_files_that_the_service_may_read(service: str) -> None:
    body = COMPOSE["services"][service]
    for name, value in body["environment"].items():
        secret = re.search(r"SECRET|_KEY|DATABASE_URL|ELASTICSEARCH_URL", name)
        assert bool(secret) == name.endswith("_FILE"), name
        if secret:
            assert value.removeprefix("/run/secrets/") in body["secrets"], name


@pytest.mark.parametrize("name", sorted(COMPOSE["services"]))
def test_every_lasting_service_has_a_health_check(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service.get("restart") == "no" or service["healthcheck"]["test"]


def test_only_migrations_know_the_owner_of_the_tables() -> None:
    holders = [name for name in OURS if "ANJUAN_OWNER_DATABASE_URL" in names_of(name)]
    assert holders == ["prepare"]


def test_everything_mounted_named_and_depended_on_exists() -> None:
    for name, service in COMPOSE["services"].items():
        assert set(service.get("depends_on", {})) <= set(COMPOSE["services"]), name
        assert set(service.get("networks", [])) <= set(COMPOSE["networks"]), name
        assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"]), name
        for volume in service.get("volumes", []):
            source = volume.split(":", 1)[0]
            if source.startswith("./"):
                assert (ROOT / source).exists(), source
            elif not source.startswith("$"):
                assert source in COMPOSE["volumes"], source


def test_what_is_kept_lies_in_volumes() -> None:
    for name in ("postgres", "s3", "elasticsearch"):
        assert any(volume.startswith(f"{name}:") for volume in COMPOSE["services"][name]["volumes"])


def test_the_script_makes_every_secret_of_the_file(tmp_path: Path) -> None:
    script = (ROOT / "deploy" / "make-secrets").read_text()
    for secret in COMPOSE["secrets"].values():
        name = Path(secret["file"]).name
        assert re.search(rf"\b{name}\b", script), name


def test_the_database_is_told_to_flush() -> None:
    command = COMPOSE["services"]["postgres"]["command"]
    assert {"fsync=on", "synchronous_commit=on", "full_page_writes=on"} <= set(command)
    assert any("-fsync=true" in part for part in COMPOSE["services"]["s3-durable"]["entrypoint"])
