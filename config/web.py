"""The one place where an error becomes an HTTP answer."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from archive import errors
from archive.access import actor_of

STATUS: dict[type[errors.ArchiveError], int] = {
    errors.BadInput: 400,
    errors.NotPermitted: 403,
    errors.NotFound: 404,
    errors.StateConflict: 409,
    errors.Conflict: 409,
    errors.GateClosed: 409,
    errors.IntegrityFailure: 500,
    errors.Unavailable: 503,
}


def status_of(error: errors.ArchiveError) -> int:
    """The HTTP status of an error: that of the nearest class in the tree, 500 for none."""
    for kind in type(error).__mro__:
        if kind in STATUS:
            return STATUS[kind]
    return 500


def error_json(error: errors.ArchiveError) -> dict[str, object]:
    """The one shape in which the API tells an error."""
    return {"code": error.code, "message": error.message(), "advice": error.help(), "data": error.data}


class ErrorMiddleware:
    """Turns an `ArchiveError` that a view let through into a page, or into JSON under /api/."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, errors.ArchiveError):
            return None
        status = status_of(exception)
        if request.path.startswith("/api/"):
            return JsonResponse(error_json(exception), status=status)
        return render(request, "error.html", {"error": exception, "status": status}, status=status)


def page_context(request: HttpRequest) -> dict[str, object]:
    """What every page knows: the actor and the name of the site."""
    return {"actor": actor_of(request), "site_name": settings.SITE_NAME, "local_mode": settings.LOCAL}
