"""Addresses of the log."""

from django.urls import path

from audit import views, views_exports, views_heads

urlpatterns = [
    path("audit/", views.desk, name="audit-desk"),
    path("audit/searches/", views.keep_search, name="audit-keep-search"),
    path("audit/searches/<uuid:pk>/delete/", views.delete_search, name="audit-delete-search"),
    path("audit/exports/", views_exports.taken, name="audit-exports"),
    path("audit/exports/<int:number>/", views_exports.export_page, name="audit-export"),
    path("audit/exports/<int:number>/file/", views_exports.export_file, name="audit-export-file"),
    path("audit/exports/<int:number>/receipt.txt", views_exports.export_receipt, name="audit-export-receipt"),
    path("audit/heads/", views_heads.listed, name="audit-heads"),
    path("audit/heads/check/", views_heads.check, name="audit-heads-check"),
    path("audit/heads/days.txt", views_heads.of_days, name="audit-heads-days"),
    path("audit/heads/newest.txt", views_heads.newest, name="audit-heads-newest"),
    path("audit/heads/stamps/<int:pk>.txt", views_heads.note, name="audit-heads-stamped"),
    path("audit/heads/stamps/<int:pk>.tsr", views_heads.stamp, name="audit-heads-stamp"),
    path("audit/heads/<str:day>.txt", views_heads.of_day, name="audit-heads-day"),
    path("audit/verify/", views_heads.verify, name="audit-verify"),
    path("audit/verify/verify.py", views_heads.verifier, name="audit-verifier"),
    path("audit/verify/log-key.pem", views_heads.key, name="audit-key"),
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
