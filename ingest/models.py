"""What is arriving: deliveries, uploads under way, intakes (one file each), and every attempt of every stage."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from archive.ids import new_id
from archive.models import Account


class Delivery(models.Model):
    """One act of handing in files. Its counts are kept for good; it is closed by whoever opened it, not by a queue."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.CharField(max_length=30, unique=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField(max_length=100)
    door = models.CharField(max_length=10)  # page | api | shell | folder | demo
    title = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.number


class Upload(models.Model):
    """A file on its way straight into the store, in parts. Survives a lost connection and a closed browser."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="uploads")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    file_name = models.CharField(max_length=1000)
    size = models.BigIntegerField()
    fingerprint = models.CharField(max_length=200)  # the client's: name, size, time of change, digest of the head
    key = models.CharField(max_length=300, unique=True)  # in the incoming bucket
    store_id = models.CharField(max_length=500, blank=True)  # multipart upload id; empty for a single PUT
    part_size = models.BigIntegerField()
    declared = models.JSONField(default=dict)
    claimed_sha256 = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=10, default="OPEN")  # OPEN | CHECKING | RECEIVED | REFUSED | ABANDONED
    error = models.JSONField(default=dict)
    intake = models.OneToOneField("Intake", on_delete=models.PROTECT, null=True, related_name="upload")
    created_at = models.DateTimeField()
    touched_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["account", "fingerprint", "state"])]

    def __str__(self) -> str:
        return self.file_name


class Intake(models.Model):
    """One received file: its bytes and digests are durable when this row is. `owed` says which stages are due."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="intakes")
    number = models.CharField(max_length=30, unique=True)  # the receipt, and later the record's number
    record_id = models.UUIDField()  # given before the record's row exists, so that a retry finds its own bytes
    state = models.CharField(max_length=10, default="RECEIVED")  # RECEIVED | STORED | DUPLICATE
    file_name = models.CharField(max_length=1000)
    door = models.CharField(max_length=10)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField(max_length=100)
    key = models.CharField(max_length=300)  # in the incoming bucket
    size = models.BigIntegerField()
    sha512 = models.CharField(max_length=128)
    sm3 = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)
    declared = models.JSONField(default=dict)
    facts = models.JSONField(default=dict)  # what the stages found so far, `ingest.types.Facts`
    options = models.JSONField(default=dict)  # ocr_engine and the like, for the stages still owed
    owed = ArrayField(models.CharField(max_length=20), default=list)
    attempt = models.PositiveIntegerField(default=0)  # a stage commits only with the attempt it began with
    retry_at = models.DateTimeField(null=True)
    stuck = models.BooleanField(default=False)  # a vital stage gave up: a person must look
    received_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)  # when nothing was owed any more

    class Meta:
        indexes = [
            models.Index(fields=["-received_at"]),
            models.Index(fields=["record_id"]),
            models.Index(fields=["sha512"]),
            models.Index(fields=["settled_at"], condition=models.Q(settled_at=None), name="intakes_unsettled"),
        ]

    def __str__(self) -> str:
        return self.number


class StageRun(models.Model):
    """One attempt of one stage on one file."""

    intake = models.ForeignKey(Intake, on_delete=models.CASCADE, related_name="runs")
    stage = models.CharField(max_length=20)
    attempt = models.PositiveIntegerField()
    outcome = models.CharField(max_length=10, default="running")  # running done skipped refused retrying failed lost
    started_at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField(null=True)
    tool = models.CharField(max_length=60, blank=True)
    tool_version = models.CharField(max_length=200, blank=True)
    code = models.CharField(max_length=60, blank=True)
    words = models.JSONField(default=dict)  # {"zh": …, "en": …}
    advice = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["intake", "stage", "-started_at"])]

    def __str__(self) -> str:
        return f"{self.stage} {self.outcome}"
