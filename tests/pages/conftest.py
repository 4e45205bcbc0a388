"""A seeded case for the pages, made once a test in its transaction."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.pages import seed
from tests.pages.seed import Case


@pytest.fixture
def case(db: None, buckets: None, settings: Any) -> Case:
    """People, an inspection with an issue, a scan and a PDF. Nine passwords a test: with a cheap digest."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    made = seed.build_people("")
    seed.build_case(made)
    seed.build_paper(made)
    return made


@pytest.fixture
def visitor(case: Case) -> Client:
    """Signed in as the archivist, in English, so that what is said can be read off."""
    return client_of(case, "archivist")


def client_of(case: Case, who: str, language: str = "en") -> Client:
    """A client signed in as one of the case's people."""
    client = Client(headers={"accept-language": language})
    client.force_login(case.accounts[who])
    client.cookies["django_language"] = language if language == "en" else "zh-hans"
    return client
