"""Bad files handed in among good ones, through receive and real workers: each is kept in the state that tells the
truth, with a reason and advice in both languages, and none holds up the others.
"""

from __future__ import annotations

import io

import pytest

from archive import objects, vault
from archive.models import Record
from archive.types import Role
from ingest.receive import receive
from ingest.types import Arrival
from tests.make import make_account
from tests.pipeline import workers

from . import samples

pytestmark = pytest.mark.usefixtures("live_db")

BAD = {
    "空.pdf": (b"", "empty"),
    "其实是图片.pdf": (samples.picture("PNG"), "mislabelled"),
    "半份.pdf": (samples.pdf()[:-400], "truncated"),
    "加密.pdf": (samples.pdf(encrypt="密码"), "encrypted"),
    "百万页.pdf": (samples.pdf_claiming(1_000_000), "bomb"),
    "炸弹.zip": (samples.zip_bomb(), "bomb"),
    "套娃.zip": (samples.nested_zip(8), "bomb"),
    "半段.mp4": (samples.video(finished=False), "truncated"),
    "坏.docx": (samples.word().replace(b"word/document.xml", b"word/documenT.xml", 1), "damaged"),
    "神秘.xyz": (b"\x01\x02\x03\x9f" * 400, "unknown-type"),
    "台账.csv": (samples.csv_with_bad_row(), "sound"),
    "../../" + "巡" * 240 + ".txt": (samples.LINE.encode("gb18030"), "sound"),
}


def test_each_bad_file_is_kept_in_a_state_that_is_true() -> None:
    actor = make_account(Role.ARCHIVIST)[1]
    receipts = {name: receive(Arrival(actor, "api", name, io.BytesIO(data))) for name, (data, _) in BAD.items()}
    for name, (data, condition) in BAD.items():
        intake = workers.settled(receipts[name].intake_id)
        record = Record.objects.get(pk=intake.record_id)
        assert (name, record.condition, intake.owed, intake.stuck) == (name, condition, [], False)
        vault.keep(record.pk)
        with objects.records().open(record.original.key) as stream:
            assert stream.read() == data
        assert record.original.file_name == name.rpartition("/")[2]
        notices = list(record.notices.filter(stage="identify"))
        assert bool(notices) == (condition != "sound"), name
        for notice in notices:
            assert notice.words["zh"], name
            assert notice.words["zh"] != notice.words["en"], name
    assert Record.objects.filter(units__text__contains="水东江街道").exists()
    assert Record.objects.filter(units__text__contains=samples.LINE).exists()
