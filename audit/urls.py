"""Addresses of the log."""

from django.urls import path

from audit import views

urlpatterns = [
    path("audit/", views.desk, name="audit-desk"),
    path("audit/streams/<uuid:stream>/export.<str:format>", views.export_stream, name="audit-export-stream"),
    path("audit/agencies/<uuid:agency>/export.<str:format>", views.export_agency, name="audit-export-agency"),
]
