"""Units, batches, teams, inspections and issues: fields and constraints only (`domain.md` A5)."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from archive.ids import new_id
from archive.models import Account


class OrgUnit(models.Model):
    """单位: a township, street, department, village or enterprise."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=12)  # township | street | department | village | enterprise
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="children")

    def __str__(self) -> str:
        return self.name


class Cycle(models.Model):
    """巡查周期: two years, by which every unit is covered (R19)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=100)
    starts = models.DateField()
    ends = models.DateField()

    def __str__(self) -> str:
        return self.name


class Batch(models.Model):
    """批次 of a year's plan."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="batches")
    name = models.CharField(max_length=100)
    year = models.PositiveSmallIntegerField()
    number = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["year", "number"], name="one_batch_a_number")]

    def __str__(self) -> str:
        return self.name


class Team(models.Model):
    """巡查组, made for a batch."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="teams")
    name = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.name


class TeamMembership(models.Model):
    """A person in a team, with dates that bound what they may see (R34)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="memberships")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=10)  # LEADER | MEMBER | INVITEE
    starts = models.DateTimeField()
    ends = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.account_id} {self.role}"


class Inspection(models.Model):
    """巡查 of one unit by one team in one batch (M1)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.CharField(max_length=30, unique=True)
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="inspections")
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="inspections")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="inspections")
    year = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=16, default="DRAFT")  # M1; only `states.move` changes it
    starts = models.DateField(null=True)
    ends = models.DateField(null=True)
    purpose = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "batch"], name="one_inspection_a_unit_and_batch")]
        indexes = [models.Index(fields=["year", "state"])]

    def __str__(self) -> str:
        return f"{self.number} {self.unit.name}"


class Issue(models.Model):
    """问题, a step in the closed loop (M2)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.CharField(max_length=30, unique=True)
    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="issues")
    title = models.CharField(max_length=300)
    description = models.TextField(blank=True)
    place = models.CharField(max_length=300, blank=True)
    level = models.CharField(max_length=10, default="ORDINARY")  # ORDINARY | IMPORTANT | MAJOR (R41)
    contents = ArrayField(models.CharField(max_length=3), default=list)  # C1–C9
    methods = ArrayField(models.CharField(max_length=3), default=list)  # W1–W7
    state = models.CharField(max_length=12, default="FOUND")  # M2; only `states.move` changes it
    found_on = models.DateField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["inspection", "state"])]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"
