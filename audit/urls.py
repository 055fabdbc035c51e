"""Addresses of the log."""

from django.urls import path

from audit import views, views_exports

urlpatterns = [
    path("audit/", views.desk, name="audit-desk"),
    path("audit/searches/", views.keep_search, name="audit-keep-search"),
    path("audit/searches/<uuid:pk>/delete/", views.delete_search, name="audit-delete-search"),
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
