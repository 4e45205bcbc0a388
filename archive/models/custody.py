"""The custody ledger: what happened, to what, by whom. Append-only by trigger and by database role."""

from __future__ import annotations

from django.db import models

from archive.ids import new_id


class CustodyEvent(models.Model):
    """One act. `digest` covers all other fields; chaining is done by the sealer in `LedgerEntry`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    at = models.DateTimeField()
    event = models.CharField(max_length=60)  # PREMIS event type where one fits, `domain.md` D5
    subject_kind = models.CharField(max_length=20)
    subject_id = models.CharField(max_length=64)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=100)
    address = models.CharField(max_length=45, blank=True)
    data = models.JSONField()
    digest = models.CharField(max_length=64)

    class Meta:
        indexes = [
            models.Index(fields=["subject_kind", "subject_id", "at"]),
            models.Index(fields=["actor_id", "at"]),
            models.Index(fields=["at"]),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.event} {self.subject_kind}:{self.subject_id}"


class LedgerEntry(models.Model):
    """An event's place in the chain: `chain` = SHA-256 of the previous chain value and the event's digest."""

    position = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(CustodyEvent, on_delete=models.PROTECT, related_name="entry")
    chain = models.CharField(max_length=64)

    def __str__(self) -> str:
        return str(self.position)


class LedgerSegment(models.Model):
    """A run of the chain that lies in the records bucket."""

    first = models.BigIntegerField(unique=True)
    last = models.BigIntegerField(unique=True)
    key = models.CharField(max_length=200, unique=True)
    chain = models.CharField(max_length=64)  # chain value of `last`
    sha512 = models.CharField(max_length=128)
    flushed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key
