"""People, their roles, and who may see what."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from archive.ids import new_id


class AccountManager(BaseUserManager["Account"]):
    def get_by_natural_key(self, username: str | None) -> Account:
        return self.get(username=username)


class Account(AbstractBaseUser):
    """A person, or a service account, that signs in."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    username = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=100)
    unit_name = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=10, blank=True)
    is_active = models.BooleanField(default=True)
    is_service = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[AccountManager] = AccountManager()

    USERNAME_FIELD = "username"

    def __str__(self) -> str:
        return self.name or self.username


class AccountRole(models.Model):
    """A role held by a person. That no one holds two of the three administrators is checked in `archive.people`."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="role_rows")
    role = models.CharField(max_length=20)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "role"], name="one_row_a_role")]

    def __str__(self) -> str:
        return f"{self.account_id}:{self.role}"


class AccessGrant(models.Model):
    """A token given to a person for a time: team membership, a case grant. Ended, never deleted."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="grants")
    token = models.CharField(max_length=80)
    starts = models.DateTimeField()
    ends = models.DateTimeField(null=True)
    reason = models.TextField()
    granted_by = models.UUIDField(null=True)

    class Meta:
        indexes = [models.Index(fields=["account", "token"])]

    def __str__(self) -> str:
        return f"{self.account_id} {self.token}"


class Audience(models.Model):
    """A thing may be seen by whoever holds this token. No row, no sight."""

    kind = models.CharField(max_length=20)  # record | inspection | issue
    subject_id = models.UUIDField()
    token = models.CharField(max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "subject_id", "token"], name="one_row_an_audience")]
        indexes = [models.Index(fields=["token", "kind", "subject_id"])]

    def __str__(self) -> str:
        return f"{self.kind}:{self.subject_id} {self.token}"


class ApiToken(models.Model):
    """A key of a person or service for the API. Only its digest is kept."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name
