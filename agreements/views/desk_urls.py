"""Addresses of the desk: what waits, the list, the expiry board, and one agreement's history."""

from django.urls import path

from agreements.views import (
    agreements,
    board,
    dossiers,
    feed,
    history,
    importing,
    intray,
    many,
    portfolios,
    reports,
    verifying,
)

urlpatterns = [
    path("verify/", verifying.verify, name="verify"),
    path("", intray.intray, name="intray"),
    path("agreements/", agreements.agreements, name="agreements"),
    path("agreements/import/", importing.put_in, name="import"),
    path("agreements/import/many/", many.begin, name="import-many"),
    path("agreements/import/many/<uuid:pk>/", many.one, name="import-batch"),
    path("agreements/import/many/<uuid:pk>/run/", many.run, name="import-run"),
    path("agreements/import/many/<uuid:pk>/give-up/", many.give_up, name="import-batch-drop"),
    path("agreements/import/<uuid:pk>/", importing.review, name="import-review"),
    path("agreements/import/<uuid:pk>/give-up/", importing.give_up, name="import-drop"),
    path("board/", board.board_page, name="board"),
    path("board.csv", board.board_csv, name="board-csv"),
    path("calendar/", feed.page, name="calendar"),
    path("calendar/make/", feed.make, name="calendar-make"),
    path("calendar/revoke/", feed.revoke, name="calendar-revoke"),
    path("calendar/<str:token>.ics", feed.feed, name="calendar-feed"),
    path("agreements/<uuid:pk>/decide/", board.decide, name="agreement-decide"),
    path("agreements/<uuid:pk>/history/", history.history, name="agreement-history"),
    path("agreements/<uuid:pk>/as-of/", history.as_of, name="agreement-as-of"),
    path("agreements/<uuid:pk>/history/report.pdf", reports.history_pdf, name="agreement-history-pdf"),
    path("portfolio/", portfolios.portfolio, name="portfolio"),
    path("portfolio.csv", portfolios.table, name="portfolio-csv"),
    path("reports/", reports.reports, name="reports"),
    path("dossiers/", dossiers.all_of_mine, name="dossiers"),
    path("dossiers/new/", dossiers.of_many, name="dossier-many"),
    path("dossiers/agencies/<slug:slug>/", dossiers.of_agency, name="dossier-agency"),
    path("dossiers/<uuid:pk>/", dossiers.one, name="dossier"),
    path("dossiers/<uuid:pk>/file", dossiers.take, name="dossier-take"),
]
