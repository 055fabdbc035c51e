"""Addresses of the agreements: the desk (what waits, lists, board), the record (one agreement), and access to both."""

from agreements.views import access_urls, desk_urls, library_urls, record_urls

urlpatterns = [
    *desk_urls.urlpatterns,
    *library_urls.urlpatterns,
    *record_urls.urlpatterns,
    *access_urls.urlpatterns,
]
