"""Keys for the API are issued and revoked from the shell."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command
from django.test import Client

from archive.models import ApiToken
from archive.types import Role
from tests.api.caller import BASE
from tests.make import make_account

pytestmark = [pytest.mark.django_db]


def test_a_key_opens_the_api_until_it_is_revoked_and_is_nowhere_kept_in_clear() -> None:
    account, _actor = make_account(Role.ARCHIVIST)
    out = io.StringIO()
    call_command("api_key", account.username, name="扫描仪", stdout=out)
    key = out.getvalue().strip()
    assert key not in str(list(ApiToken.objects.values()))
    client = Client(headers={"Authorization": f"Bearer {key}"})
    assert client.get(f"{BASE}/me").status_code == 200
    call_command("api_key", account.username, name="扫描仪", revoke=True, stdout=out)
    assert client.get(f"{BASE}/me").status_code == 401
