"""All addresses of the product on one page."""

from __future__ import annotations

from django.urls import path
from django.http import HttpRequest, HttpResponse
from django.contrib.auth.decorators import login_not_required


@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Says nothing about the services behind it."""
    return HttpResponse("ok", content_type="text/plain")


urlpatterns = [
    path("healthz", healthz, name="healthz"),
]
