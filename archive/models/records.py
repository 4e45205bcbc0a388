"""Records, their bytes, what tools made of them, and what they are linked to."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from archive.ids import new_id
from archive.models.people import Account


class Counter(models.Model):
    """The last number given in a series. Incremented by one UPDATE inside the transaction that uses the number."""

    name = models.CharField(max_length=40, primary_key=True)
    value = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name}={self.value}"


class Record(models.Model):
    """A record (件): the description of one kept file. Its bytes are in `Original`, its history in custody."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.CharField(max_length=30, unique=True)  # the archive's own, given at receipt
    title = models.CharField(max_length=500)
    doc_type = models.CharField(max_length=3, blank=True)  # D01–D33, `domain.md` A6
    medium = models.CharField(max_length=10)  # document image audio video mail table archive other
    date = models.DateField(null=True)
    maker = models.CharField(max_length=200, blank=True)
    place = models.CharField(max_length=300, blank=True)
    methods = ArrayField(models.CharField(max_length=3), default=list)
    contents = ArrayField(models.CharField(max_length=3), default=list)
    secrecy = models.CharField(max_length=12, default="INTERNAL")
    state = models.CharField(max_length=12, default="STORING")  # M5; only `states.move` changes it
    condition = models.CharField(max_length=15, default="sound")
    mime = models.CharField(max_length=150)
    format_name = models.CharField(max_length=150, blank=True)
    format_version = models.CharField(max_length=40, blank=True)
    page_count = models.PositiveIntegerField(null=True)
    duration_ms = models.BigIntegerField(null=True)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    made_at = models.CharField(max_length=40, blank=True)  # as the file itself declares it, ISO 8601
    technical = models.JSONField(default=dict)  # by tools: ffprobe, EXIF, PDF info
    declared = models.JSONField(default=dict)  # by the person who handed it in, as given
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1)  # grows with every change; the index and the vault follow it
    confidence = models.FloatField(null=True)  # lowest mean confidence of its machine-read pages

    class Meta:
        indexes = [
            models.Index(fields=["-created_at"]),
            models.Index(fields=["doc_type"]),
            models.Index(fields=["condition"]),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class Original(models.Model):
    """The bytes as received. Never updated, never replaced."""

    record = models.OneToOneField(Record, on_delete=models.PROTECT, related_name="original", primary_key=True)
    key = models.CharField(max_length=300, unique=True)  # in the records bucket
    file_name = models.CharField(max_length=1000)  # as given; metadata only
    size = models.BigIntegerField()
    sha512 = models.CharField(max_length=128)
    sm3 = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)
    stored_at = models.DateTimeField()

    class Meta:
        constraints = [
            # Same bytes are kept once. Empty files all look alike and prove nothing, so they are kept each.
            models.UniqueConstraint(fields=["sha512"], condition=models.Q(size__gt=0), name="same_bytes_are_kept_once")
        ]

    def __str__(self) -> str:
        return self.file_name


class VaultVersion(models.Model):
    """A version of the record's OCFL object: written as a row first, put into the bucket afterwards.

    The exact bytes of the metadata files stand in the row, so that a retry after a crash puts the same bytes.
    `record_id` is no foreign key: version 1 is owed before the record's row exists.
    """

    record_id = models.UUIDField()
    number = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    message = models.CharField(max_length=300)
    agent = models.CharField(max_length=100)
    files = models.JSONField()  # logical path → text of a metadata file, new or changed in this version
    content = models.JSONField(default=dict)  # logical path → {sha512, source key in a bucket} for bytes
    kept_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record_id", "number"], name="one_row_a_vault_version")]
        indexes = [models.Index(fields=["kept_at"], condition=models.Q(kept_at=None), name="vault_versions_owed")]

    def __str__(self) -> str:
        return f"{self.record_id} v{self.number}"


class Derivative(models.Model):
    """A file made from the original, by a tool (a cache) or by a person (kept in the vault as well)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="derivatives")
    stage = models.CharField(max_length=20)  # what made it: a re-run of the stage replaces it
    kind = models.CharField(max_length=20)
    number = models.PositiveBigIntegerField(default=0)  # page, or milliseconds
    key = models.CharField(max_length=300, unique=True)  # in the derivatives bucket
    mime = models.CharField(max_length=100)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    tool = models.CharField(max_length=60)
    tool_version = models.CharField(max_length=200, blank=True)
    recipe = models.JSONField(default=dict)
    made_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    current = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["record", "kind", "number"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


class TextUnit(models.Model):
    """A piece of text with its place in the record: page, sheet, slide, part, or segment of sound."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="units")
    stage = models.CharField(max_length=20)  # extract | ocr | probe | person: what a re-run replaces
    kind = models.CharField(max_length=10)
    number = models.PositiveIntegerField()
    label = models.CharField(max_length=300, blank=True)
    text = models.TextField()
    source = models.CharField(max_length=12)
    start_ms = models.BigIntegerField(null=True)
    end_ms = models.BigIntegerField(null=True)
    width = models.FloatField(null=True)
    height = models.FloatField(null=True)
    confidence = models.FloatField(null=True)
    engine = models.CharField(max_length=60, blank=True)
    engine_version = models.CharField(max_length=200, blank=True)
    words = models.ForeignKey(Derivative, on_delete=models.SET_NULL, null=True, related_name="+")
    made_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    current = models.BooleanField(default=True)

    class Meta:
        indexes = [
            models.Index(fields=["record", "kind", "number"], condition=models.Q(current=True), name="units_current"),
            models.Index(fields=["confidence"], condition=models.Q(current=True), name="units_confidence"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


class RecordNotice(models.Model):
    """What a person should know of this file: why its condition is what it is, and what to do."""

    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="notices")
    stage = models.CharField(max_length=20)
    code = models.CharField(max_length=60)
    level = models.CharField(max_length=8)
    words = models.JSONField()  # {"zh": …, "en": …}
    advice = models.JSONField(default=dict)
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.code


class Link(models.Model):
    """The record proves something about an inspection or an issue. Ended with a reason, never deleted."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="links")
    subject_kind = models.CharField(max_length=12)  # inspection | issue
    subject_id = models.UUIDField()
    doc_type = models.CharField(max_length=3, blank=True)  # what it counts as there, D01–D33
    given_name = models.CharField(max_length=1000, blank=True)  # the file's name in this delivery
    note = models.TextField(blank=True)
    made_by = models.UUIDField(null=True)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.UUIDField(null=True)
    end_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["record", "subject_kind", "subject_id"],
                condition=models.Q(ended_at=None),
                name="one_live_link_a_subject",
            )
        ]
        indexes = [models.Index(fields=["subject_kind", "subject_id"])]

    def __str__(self) -> str:
        return f"{self.record_id} → {self.subject_kind}:{self.subject_id}"


class IndexMark(models.Model):
    """The index owes this record a visit. Written in the transaction of the change; settled by version."""

    record_id = models.UUIDField(primary_key=True)
    version = models.PositiveIntegerField()
    since = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.record_id} v{self.version}"
