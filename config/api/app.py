"""The API put together. Owns: its routers, its address space and the OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, re_path
from ninja import NinjaAPI

from config.api import arrivals, basics, problems, records, search, uploads
from config.api.auth import AUTH

api = NinjaAPI(
    title="Anjuan 安卷",
    version="1",
    description=(
        "Everything a page can do. Sign in with a key (`Authorization: Bearer …`) or with the session of the pages and "
        "its CSRF token. Errors have one shape: code, message, advice, data. The language of messages follows "
        "Accept-Language (zh-hans, en)."
    ),
    docs_url=None,  # its page would load scripts from elsewhere; the document itself is at openapi.json
    auth=AUTH,
    urls_namespace="api",
)
problems.install(api)
api.add_router("", basics.router)
api.add_router("", uploads.router)
api.add_router("", arrivals.router)
api.add_router("", search.router)
api.add_router("/records", records.router)


def _without_sign_in_page(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """The API answers 401 in its own shape instead of sending to the sign-in page."""

    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, *args, **kwargs)

    answer.login_required = False  # type: ignore[attr-defined]  # read by LoginRequiredMiddleware
    answer.csrf_exempt = True  # type: ignore[attr-defined]  # `PageAuth` checks it for sessions; keys need none
    return answer


def _patterns() -> list[URLPattern]:
    made, _app, _name = api.urls
    patterns = [
        URLPattern(one.pattern, _without_sign_in_page(one.callback), one.default_args, one.name)
        for one in made
        if isinstance(one, URLPattern)
    ]
    return [*patterns, re_path(r"^.*$", _without_sign_in_page(problems.not_found), name="unknown")]


urls = (_patterns(), "api")
"""For `include` in `config/urls.py`, at `api/v1/`."""
