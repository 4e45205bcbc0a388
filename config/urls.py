"""All addresses of the product on one page."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from archive import views as keeping
from config import views as entering
from config.api import app as api
from config.pages import corrections, home, lists, record
from ingest import views as arriving
from ingest import views_delivery
from inspections import views as cases


@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Says nothing about the services behind it."""
    return HttpResponse("ok", content_type="text/plain")


urlpatterns = [
    path("healthz", healthz, name="healthz"),
    # people
    path("", home.home, name="home"),
    path("sign-in", entering.SignIn.as_view(), name="sign-in"),
    path("sign-out", entering.sign_out, name="sign-out"),
    path("language", login_not_required(entering.language), name="language"),
    # records
    path("records/", lists.records, name="records"),
    path("records/<uuid:record_id>", record.record, name="record"),
    path("records/<uuid:record_id>/describe", record.describe, name="record-describe"),
    path("records/<uuid:record_id>/link", record.attach, name="record-link"),
    path("records/<uuid:record_id>/links/<uuid:link_id>/end", record.detach, name="record-unlink"),
    path("records/<uuid:record_id>/stages", record.stages, name="record-stages"),
    path("records/<uuid:record_id>/find", record.find, name="record-find"),
    path("records/<uuid:record_id>/original", keeping.original, name="original"),
    path("records/<uuid:record_id>/d/<uuid:derivative_id>", keeping.derivative, name="derivative"),
    path("records/<uuid:record_id>/pages/<int:number>.json", record.page_words, name="page-words"),
    path("records/<uuid:record_id>/pages/<int:number>.<slug:suffix>", keeping.page_image, name="page-image"),
    path("records/<uuid:record_id>/pages/<int:number>/correct", corrections.correct, name="correction"),
    path("corrections/", corrections.queue, name="corrections"),
    # inspections and issues
    path("inspections/", cases.inspections, name="inspections"),
    path("inspections/new", cases.new_inspection, name="inspection-new"),
    path("inspections/<uuid:inspection_id>", cases.inspection, name="inspection"),
    path("inspections/<uuid:inspection_id>/issues/new", cases.new_issue, name="issue-new"),
    path("issues/<uuid:issue_id>", cases.issue, name="issue"),
    path("cases/<slug:kind>/<uuid:subject_id>/attach", cases.attach, name="case-attach"),
    # arriving files
    path("upload", arriving.upload, name="upload"),
    path("upload/list-template", views_delivery.list_template, name="list-template"),
    path("intake/", arriving.intakes, name="intakes"),
    path("intake/<uuid:intake_id>", arriving.intake, name="intake"),
    path("delivery/<uuid:delivery_id>", views_delivery.delivery, name="delivery"),
    path("delivery/<uuid:delivery_id>/close", views_delivery.close, name="delivery-close"),
    path("delivery/<uuid:delivery_id>/rerun", views_delivery.rerun_troubled, name="delivery-rerun"),
    path("delivery/<uuid:delivery_id>/files.csv", views_delivery.files_csv, name="delivery-csv"),
    path("delivery/<uuid:delivery_id>/list", views_delivery.import_list, name="delivery-list"),
    path("delivery/<uuid:delivery_id>/list/apply", views_delivery.apply_list, name="delivery-list-apply"),
    path("records/batch", views_delivery.batch, name="batch-edit"),
    path("records/<uuid:record_id>/rerun", arriving.rerun, name="rerun"),
    path("api/v1/", include(api.urls)),
]
