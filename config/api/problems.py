"""Errors of the API in one shape: `{code, message, advice, data}`. Owns: how every failure becomes that shape."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.utils.translation import gettext_lazy as _
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError

from archive import errors
from config.web import error_json, status_of

log = logging.getLogger(__name__)


class Problem(Schema):
    """What went wrong: a stable code, words for a person, what to do, and plain values."""

    code: str
    message: str
    advice: str
    data: dict[str, Any]


PROBLEMS: dict[int, Any] = dict.fromkeys((400, 401, 403, 404, 409, 411, 413, 422, 500, 503), Problem)
"""Statuses that every operation may answer with, for the OpenAPI document."""


class LengthMissing(errors.BadInput):
    code = "length-missing"
    words = _("The request does not say how long its body is.")
    advice = _("Send Content-Length; a body in chunks without it is not taken.")


class BodyCut(errors.BadInput):
    code = "body-cut"
    words = _("The connection broke before all bytes had arrived. Nothing of it was kept.")
    advice = _("Send the file again.")


class SignInMissing(errors.NotPermitted):
    code = "sign-in-missing"
    words = _("Nobody is signed in.")
    advice = _("Sign in, or send a valid key as “Authorization: Bearer …”.")


class CsrfFailed(errors.NotPermitted):
    code = "csrf-failed"
    words = _("The page is too old to send this.")
    advice = _("Reload the page and do it again.")


class BadFields(errors.BadInput):
    code = "bad-fields"
    words = _("Some fields are not of their form.")
    advice = _("See data.fields for each of them.")


STATUS = {LengthMissing: 411, SignInMissing: 401, BadFields: 422}


def answer(error: errors.ArchiveError) -> JsonResponse:
    """The HTTP answer for an error."""
    return JsonResponse(error_json(error), status=STATUS.get(type(error)) or status_of(error))


def not_found(request: HttpRequest) -> HttpResponse:
    """For addresses below /api/v1/ that are no operation."""
    return answer(errors.NotFound("no-such-operation", words=_("There is no such operation.")))


def _on_fields(request: HttpRequest, exc: ValidationError) -> HttpResponse:
    fields = [
        {"field": ".".join(str(part) for part in one["loc"][1:]) or str(one["loc"][0]), "reason": str(one["msg"])}
        for one in exc.errors
    ]
    body = error_json(BadFields()) | {"data": {"fields": fields[:50]}}
    return JsonResponse(body, status=422)


def _on_http(request: HttpRequest, exc: HttpError) -> HttpResponse:
    if isinstance(exc, AuthenticationError):
        return answer(SignInMissing())
    if exc.status_code == 403:
        return answer(CsrfFailed())
    body = error_json(errors.BadInput("bad-request"))
    return JsonResponse(body, status=exc.status_code)


def _on_bug(request: HttpRequest, exc: Exception) -> HttpResponse:
    log.exception("API %s %s", request.method, request.path, exc_info=exc)
    return JsonResponse(error_json(errors.ArchiveError("internal")), status=500)


def install(api: NinjaAPI) -> None:
    """Give the API its handlers."""
    on: Callable[[Any, Any], None] = api.add_exception_handler  # whose own type allows classes where errors come
    on(errors.ArchiveError, lambda _request, exc: answer(exc))
    on(ValidationError, _on_fields)
    on(HttpError, _on_http)
    on(Http404, lambda _request, _exc: answer(errors.NotFound()))
    on(UnreadablePostError, lambda _request, _exc: answer(BodyCut()))
    on(
        RequestDataTooBig,
        lambda _request, _exc: answer(errors.BadInput("body-too-large", words=_("The request is too large."))),
    )
    on(
        TooManyFieldsSent,
        lambda _request, _exc: answer(errors.BadInput("too-many-fields", words=_("The request is too large."))),
    )
    on(Exception, _on_bug)
