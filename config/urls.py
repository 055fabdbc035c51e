"""Every address of the site."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import include, path

from config import health

urlpatterns = [
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("admin/", admin.site.urls),
]
for _prefix, _module in [("", "agencies.urls"), ("", "audit.urls"), ("", "agreements.urls")]:
    if find_spec(_module):
        urlpatterns.append(path(_prefix, include(_module)))
urlpatterns.append(path("accounts/", include("allauth.urls")))
