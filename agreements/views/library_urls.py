"""Addresses of the clause library; `ref` is a clause's key, or `own:<agency>:<key>`."""

from django.urls import path

from agreements.views import keeping, library

CLAUSE = "clauses/<str:ref>/"

urlpatterns = [
    path("clauses/", library.library, name="clauses"),
    path("clauses/new/", keeping.new, name="clause-new"),
    path(CLAUSE, library.clause, name="clause"),
    path(f"{CLAUSE}usage/", library.usage, name="clause-usage"),
    path(f"{CLAUSE}divergence/", library.divergence, name="clause-divergence"),
    path(f"{CLAUSE}put/", library.put, name="clause-put"),
    path(f"{CLAUSE}revise/", keeping.revise, name="clause-revise"),
    path(f"{CLAUSE}retire/", keeping.retire, name="clause-retire"),
    path(f"{CLAUSE}position/", keeping.position, name="clause-position"),
    path(f"{CLAUSE}position/withdraw/", keeping.withdraw, name="clause-position-withdraw"),
]
