"""Addresses of one agreement, of drafting it and of the steps of its life."""

from django.urls import path

from agreements.views import (
    access,
    beginning,
    dossiers,
    drafting,
    erasing,
    files,
    importing,
    record,
    signing,
    steps,
)

AGREEMENT = "agreements/<uuid:pk>/"

urlpatterns = [
    path("agreements/new/", beginning.new, name="agreement-new"),
    path(AGREEMENT, record.document, name="agreement"),
    path(f"{AGREEMENT}data/", record.data, name="agreement-data"),
    path(f"{AGREEMENT}checks/", record.checks, name="agreement-checks"),
    path(f"{AGREEMENT}discussion/", record.discussion, name="agreement-discussion"),
    path(f"{AGREEMENT}discussion/<uuid:comment>/resolve/", record.resolve, name="agreement-resolve"),
    path(f"{AGREEMENT}versions/", record.versions, name="agreement-versions"),
    path(f"{AGREEMENT}versions/compare/", record.compare, name="agreement-compare"),
    path(f"{AGREEMENT}versions/<int:number>/", record.version, name="agreement-version"),
    path(f"{AGREEMENT}versions/<int:number>/version.docx", files.word, name="agreement-word"),
    path(f"{AGREEMENT}approvals/", record.approvals, name="agreement-approvals"),
    path(f"{AGREEMENT}dates/", record.dates, name="agreement-dates"),
    path(f"{AGREEMENT}files/", files.files, name="agreement-files"),
    path(f"{AGREEMENT}files/final.pdf", files.download, name="agreement-download"),
    path(f"{AGREEMENT}files/source", importing.source, name="agreement-source"),
    path(f"{AGREEMENT}history/<int:number>/erase/", erasing.erase, name="agreement-erase"),
    path(f"{AGREEMENT}dossier/", dossiers.of_agreement, name="dossier-agreement"),
    path(f"{AGREEMENT}access/", access.grant, name="agreement-grant"),
    path(f"{AGREEMENT}access/<uuid:person>/revoke/", access.revoke, name="agreement-revoke"),
    path(f"{AGREEMENT}draft/", drafting.begin, name="agreement-draft"),
    path(f"{AGREEMENT}draft/preview/", drafting.preview, name="agreement-preview"),
    path(f"{AGREEMENT}draft/partner/", drafting.partner, name="agreement-draft-partner"),
    path(f"{AGREEMENT}draft/edit/<slug:kind>/<uuid:row>/", drafting.edit, name="agreement-draft-edit"),
    path(f"{AGREEMENT}draft/add/<slug:kind>/", drafting.add, name="agreement-draft-add"),
    path(f"{AGREEMENT}draft/remove/<slug:kind>/<uuid:row>/", drafting.remove, name="agreement-draft-remove"),
    path(f"{AGREEMENT}draft/move/<uuid:row>/", drafting.move, name="agreement-draft-move"),
    path(f"{AGREEMENT}draft/<slug:part>/", drafting.part, name="agreement-draft-part"),
    path(f"{AGREEMENT}steps/<slug:name>/", steps.step, name="agreement-step"),
    path(f"{AGREEMENT}sign/", signing.sign, name="agreement-sign"),
]
