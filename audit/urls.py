"""Addresses of the log."""

from django.urls import path

from audit import views, views_exports

urlpatterns = [
    path("audit/", views.desk, name="audit-desk"),
    path("audit/searches/", views.keep_search, name="audit-keep-search"),
    path("audit/searches/<uuid:pk>/delete/", views.delete_search, name="audit-delete-search"),
    path("audit/exports/", views_exports.taken, name="audit-exports"),
    path("audit/exports/<int:number>/", views_exports.export_page, name="audit-export"),
    path("audit/exports/<int:number>/file/", views_exports.export_file, name="audit-export-file"),
    path("audit/exports/<int:number>/receipt.txt", views_exports.export_receipt, name="audit-export-receipt"),
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
