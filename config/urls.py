"""All addresses of the product on one page."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from config.api import app as api
from ingest import views as arriving
from ingest import views_delivery


@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Says nothing about the services behind it."""
    return HttpResponse("ok", content_type="text/plain")


urlpatterns = [
    path("healthz", healthz, name="healthz"),
    # arriving files
    path("upload", arriving.upload, name="upload"),
    path("upload/list-template", views_delivery.list_template, name="list-template"),
    path("intake/", arriving.intakes, name="intakes"),
    path("intake/<uuid:intake_id>", arriving.intake, name="intake"),
    path("delivery/<uuid:delivery_id>", views_delivery.delivery, name="delivery"),
    path("delivery/<uuid:delivery_id>/close", views_delivery.close, name="delivery-close"),
    path("delivery/<uuid:delivery_id>/files.csv", views_delivery.files_csv, name="delivery-csv"),
    path("delivery/<uuid:delivery_id>/list", views_delivery.import_list, name="delivery-list"),
    path("delivery/<uuid:delivery_id>/list/apply", views_delivery.apply_list, name="delivery-list-apply"),
    path("records/batch", views_delivery.batch, name="batch-edit"),
    path("records/<uuid:record_id>/rerun", arriving.rerun, name="rerun"),
    path("api/v1/", include(api.urls)),
]
