"""Addresses of the desk: what waits, the list, the expiry board, and one agreement's history."""

from django.urls import path

from agreements.views import agreements, board, dossiers, history, intray

urlpatterns = [
    path("", intray.intray, name="intray"),
    path("agreements/", agreements.agreements, name="agreements"),
    path("board/", board.board_page, name="board"),
    path("board.csv", board.board_csv, name="board-csv"),
    path("agreements/<uuid:pk>/decide/", board.decide, name="agreement-decide"),
    path("agreements/<uuid:pk>/history/", history.history, name="agreement-history"),
    path("dossiers/", dossiers.all_of_mine, name="dossiers"),
    path("dossiers/new/", dossiers.of_many, name="dossier-many"),
    path("dossiers/agencies/<slug:slug>/", dossiers.of_agency, name="dossier-agency"),
    path("dossiers/<uuid:pk>/", dossiers.one, name="dossier"),
    path("dossiers/<uuid:pk>/file", dossiers.take, name="dossier-take"),
]
