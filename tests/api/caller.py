"""A caller of the API for tests: a person with a key, over Django's client."""

from __future__ import annotations

import io
import json
from typing import Any, cast

from django.test import Client

from archive import people
from archive.models import Account
from archive.types import Actor, Role
from tests.make import make_account

BASE = "/api/v1"


class Caller:
    """Speaks JSON with a bearer token."""

    def __init__(self, *roles: Role) -> None:
        self.account: Account
        self.account, self.actor = make_account(*roles)
        self.key = people.new_api_token(self.account, name="test", actor=Actor.system("test"))
        self.client = Client(headers={"Authorization": f"Bearer {self.key}", "Accept-Language": "en"})

    def ask(self, method: str, path: str, value: Any = None, **more: Any) -> tuple[int, Any]:
        """Status and JSON of one request."""
        body = b"" if value is None else json.dumps(value).encode()
        answer = self.client.generic(method, BASE + path, body, content_type="application/json", **more)
        return answer.status_code, json.loads(answer.content) if answer.content else None

    def send(self, method: str, path: str, body: bytes, *, length: int | None = None) -> tuple[int, Any]:
        """A raw body; `length` is what is announced, if not the truth."""
        environ: dict[str, Any] = {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        if length is not None:
            environ["CONTENT_LENGTH"] = str(length)
        answer = self.client.generic(method, BASE + path, b"", content_type="application/octet-stream", **environ)
        return answer.status_code, json.loads(answer.content)

    def begin(self, name: str, body: bytes, **more: Any) -> dict[str, Any]:
        """A new upload session for these bytes."""
        value = {"file_name": name, "size": len(body), "fingerprint": name} | more
        status, upload = self.ask("POST", "/uploads", value)
        assert status == 201, upload
        return cast(dict[str, Any], upload)

    def hand_in(self, name: str, body: bytes, **more: Any) -> dict[str, Any]:
        """A small file, received."""
        upload = self.begin(name, body, **more)
        status, done = self.send("PUT", f"/uploads/{upload['id']}/content", body)
        assert status == 200, done
        return cast(dict[str, Any], done)
