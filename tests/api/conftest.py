"""People who call the API."""

from __future__ import annotations

import pytest

from archive.types import Role
from tests.api.caller import Caller


@pytest.fixture
def archivist(db: None, buckets: None) -> Caller:
    return Caller(Role.ARCHIVIST)


@pytest.fixture
def inspector(db: None, buckets: None) -> Caller:
    return Caller(Role.INSPECTOR)
