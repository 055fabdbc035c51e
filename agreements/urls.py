"""Addresses of the agreements: the desk (what waits, lists, board) and the record (one agreement)."""

from agreements.views import desk_urls, record_urls

urlpatterns = [*desk_urls.urlpatterns, *record_urls.urlpatterns]
