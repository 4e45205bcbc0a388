"""The records bucket: OCFL objects that public validators accept, put once, resumable after a crash anywhere."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from uuid import UUID

import ocfl
import pytest

from archive import buckets, errors, objects, vault
from archive import ocfl as layout
from archive.ids import new_id
from archive.models import VaultVersion

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _buckets() -> None:
    buckets.ensure()


def owe_first(body: bytes = "耒阳𠮷".encode()) -> tuple[UUID, dict[str, object]]:
    record_id = new_id()
    key = f"test/{record_id}"
    objects.incoming().put(key, body)
    where = {
        "bucket": "incoming",
        "key": key,
        "size": len(body),
        "sha512": hashlib.sha512(body).hexdigest(),
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    vault.owe(
        record_id,
        files={"metadata/record.json": '{"n": 1}\n'},
        message="accession",
        agent="test",
        content={vault.ORIGINAL: where},
    )
    return record_id, where


def validated(folder: Path) -> list[str]:
    """What ocfl-py finds wrong with the object."""
    passed, validator = ocfl.Object().validate(objdir=str(folder))
    return [] if passed else [str(message) for message in validator.log.messages] or ["failed"]


def download(root: str, target: Path) -> Path:
    for key in objects.records().list_keys(root):
        path = target / key[len(root) + 1 :]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(objects.records().read(key))
    return target


def test_a_public_validator_accepts_the_object_after_several_versions(tmp_path: Path) -> None:
    record_id, _where = owe_first()
    vault.keep(record_id)
    for number in (2, 3):
        vault.owe(record_id, files={"metadata/record.json": f'{{"n": {number}}}\n'}, message="change", agent="人")
    assert vault.keep(record_id) == 2
    folder = download(layout.object_root(record_id), tmp_path / "object")
    assert validated(folder) == []
    assert (folder / "v1/content/original/bytes").read_bytes() == "耒阳𠮷".encode()


def test_a_flipped_byte_in_the_object_is_found_by_the_validator(tmp_path: Path) -> None:
    record_id, _where = owe_first()
    vault.keep(record_id)
    folder = download(layout.object_root(record_id), tmp_path / "object")
    (folder / "v1/content/original/bytes").write_bytes(b"x")
    assert validated(folder) != []


@pytest.mark.parametrize("die_at", range(1, 9))
def test_a_crash_at_any_put_is_mended_by_trying_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, die_at: int
) -> None:
    record_id, _where = owe_first()
    calls = 0
    real = objects.Bucket._headers

    def dying(self: objects.Bucket, body: bytes, content_type: str) -> object:
        nonlocal calls
        calls += 1
        if calls == die_at:
            raise objects.StoreUnavailable(key="x")
        return real(self, body, content_type)

    monkeypatch.setattr(objects.Bucket, "_headers", dying)
    try:
        vault.keep(record_id)
    except errors.Unavailable:
        assert VaultVersion.objects.get(record_id=record_id).kept_at is None
    monkeypatch.setattr(objects.Bucket, "_headers", real)
    vault.keep(record_id)
    folder = download(layout.object_root(record_id), tmp_path / "object")
    assert validated(folder) == []


def test_other_bytes_under_the_same_key_are_refused() -> None:
    bucket = objects.records()
    key = f"test/{new_id()}"
    bucket.put_once(key, b"one")
    bucket.put_once(key, b"one")
    with pytest.raises(objects.ObjectExists):
        bucket.put_once(key, b"two")
    assert bucket.read(key) == b"one"


def test_stored_bytes_that_differ_from_the_receipt_are_not_accepted() -> None:
    record_id, where = owe_first()
    objects.incoming().put(str(where["key"]), "耒阳吉".encode())
    with pytest.raises(errors.IntegrityFailure):
        vault.keep(record_id)
    assert VaultVersion.objects.get(record_id=record_id).kept_at is None


def test_originals_are_locked_against_deletion() -> None:
    record_id, _where = owe_first()
    vault.keep(record_id)
    bucket = objects.records()
    key = vault.content_key(record_id, 1, vault.ORIGINAL)
    retention = bucket.client.get_object_retention(bucket.name, key)
    assert retention is not None and retention.mode == "GOVERNANCE"
    version = bucket.client.stat_object(bucket.name, key).version_id
    with pytest.raises(Exception, match="Access|denied|WORM|lock"):
        bucket.client.remove_object(bucket.name, key, version_id=version)
    assert bucket.read(key) == "耒阳𠮷".encode()


def test_the_buckets_have_lock_and_versions() -> None:
    assert buckets.faults() == []


def test_a_range_of_an_object_can_be_read() -> None:
    bucket = objects.incoming()
    key = f"test/{new_id()}"
    bucket.put(key, b"0123456789")
    with bucket.open(key, 3, 4) as stream:
        assert io.BufferedReader(stream).read() == b"3456"
