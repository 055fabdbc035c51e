"""Addresses of the log."""

from django.urls import path

from audit import views, views_exports

urlpatterns = [
    path("audit/", views.desk, name="audit-desk"),
    path(
        "audit/streams/<uuid:stream>/export.<str:format>",
        views_exports.export_stream,
        name="audit-export-stream",
    ),
    path(
        "audit/agencies/<uuid:agency>/export.<str:format>",
        views_exports.export_agency,
        name="audit-export-agency",
    ),
]
