"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import SimpleRouter

from agencies import api as agencies_api
from config import health

# Here and not in config/api.py: REST framework reads its settings, and with them that file, while the
# resources are being imported.
router = SimpleRouter()
agencies_api.register(router)

urlpatterns = [
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/v1/", include(router.urls)),
    path("api/v1/", include("agreements.api.urls")),
    path("admin/", admin.site.urls),
    path("", include("agreements.urls")),
    path("", include("agencies.urls")),
    path("", include("audit.urls")),
    path("accounts/", include("allauth.urls")),
]
