"""Addresses of access: who can, who did, the quarterly review, and what is worth a look."""

from django.urls import path

from agreements.views import access_desk, access_reviews

urlpatterns = [
    path("agreements/<uuid:pk>/who/", access_desk.who, name="agreement-who"),
    path("agreements/<uuid:pk>/who.csv", access_desk.who_csv, name="agreement-who-csv"),
    path("agreements/<uuid:pk>/readers/", access_desk.readers, name="agreement-readers"),
    path("agreements/<uuid:pk>/readers.csv", access_desk.readers_csv, name="agreement-readers-csv"),
    path("agencies/<slug:slug>/who/", access_desk.agency_who, name="agency-who"),
    path("agencies/<slug:slug>/who.csv", access_desk.agency_who_csv, name="agency-who-csv"),
    path("agencies/<slug:slug>/readers/", access_desk.agency_readers, name="agency-readers"),
    path("agencies/<slug:slug>/readers.csv", access_desk.agency_readers_csv, name="agency-readers-csv"),
    path("agencies/<slug:slug>/reviews/", access_reviews.reviews, name="agency-reviews"),
    path("agencies/<slug:slug>/reviews/<uuid:pk>/", access_reviews.review, name="agency-review"),
    path("audit/worth-a-look/", access_reviews.worth_a_look, name="audit-worth-a-look"),
]
