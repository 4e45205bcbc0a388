"""The OpenAPI document, and what the API does with whatever fits it: never a fault of ours, always what it promised."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from config.api.app import api
from tests.api.caller import Caller

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("buckets")]

DOCUMENT = api.get_openapi_schema(path_prefix="/api/v1/")
schema = schemathesis.openapi.from_dict(DOCUMENT)
schema.app = get_wsgi_application()


@pytest.fixture(autouse=True)
def connection_of_the_test() -> Iterator[None]:
    """A request over plain WSGI would close the connection, and with it the transaction of the test."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def test_every_operation_says_what_it_does_and_how_it_fails() -> None:
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            assert operation.get("description"), f"{method} {path}"
            assert {"401", "404", "422"} <= set(operation["responses"]), f"{method} {path}"


@schema.parametrize()
@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)
def test_whatever_fits_the_document_is_answered_as_it_promises(case: Any, archivist: Caller) -> None:
    case.call_and_validate(
        headers={"Authorization": f"Bearer {archivist.key}"},
        checks=(not_a_server_error, response_schema_conformance, status_code_conformance),
    )
