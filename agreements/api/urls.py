"""Addresses of the API below `/api/v1/`. Whatever is not here is a 404 that tells nothing."""

from typing import Any

from django.http import Http404
from django.urls import path, re_path
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from agreements.api import (
    access,
    acts,
    board,
    catalogs,
    checking,
    copies,
    covering,
    dossiers,
    duties,
    erasing,
    feeds,
    files,
    grants,
    importing,
    library,
    many,
    outside,
    portfolios,
    record,
    redlines,
    reminding,
    rows,
    sealing,
    steps,
    suggestions,
    talk,
    verifying,
    whole,
)
from agreements.api.additions import NEW, PartyNew
from agreements.api.asking import Door
from agreements.api.changes import CHANGES
from agreements.api.content import PLACES, READS
from agreements.api.describing import PAGE, paged, says
from agreements.models import Party, Provision, Term
from audit.models import Audited

AGREEMENT = "agreements/<uuid:pk>/"
READ_ONLY = {
    "versions/": record.Versions,
    "versions/<int:number>/": record.OneVersion,
    "versions/<int:number>/content/": record.VersionContent,
    "versions/<int:number>/version.docx": files.Word,
    "versions/<int:number>/version.pdf": files.Paper,
    "redline/": redlines.Redline,
    "redline/since/": redlines.Since,
    "redline.pdf": redlines.RedlinePaper,
    "redline.docx": redlines.RedlineWord,
    "approvals/": record.Approvals,
    "signature-requests/": record.SignatureRequests,
    "signatures/": record.Signatures,
    "decisions/": record.Decisions,
    "checks/": checking.Checks,
    "coverage/": covering.Covers,
    "windows/": covering.Windows,
    "renewals/": acts.Renewals,
    "amendments/": acts.Amendments,
    "notices/": acts.Notices,
    "breaches/": acts.Breaches,
    "changes/": acts.InstrumentChanges,
    "text/": acts.TextOn,
    "events/": files.Events,
    "access/": access.AgreementAccess,
    "readers/": access.AgreementReaders,
    "history.csv": files.HistoryTable,
    "history.jsonl": files.HistoryLines,
    "document-to-sign.pdf": outside.DocumentToSign,
    "ink-signatures/": outside.InkSignatures,
    "document.pdf": files.Document,
    "document/certified/": copies.CertifiedCopy,
    "document/conformed.pdf": copies.ConformedCopy,
    "packet.zip": copies.Packet,
    "document/": sealing.Making,
    "source/": importing.SourceFile,
}


@extend_schema(exclude=True)
class Nowhere(Door):
    """Every other address."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """After asking who it is, whatever the method."""
        super().initial(request, *args, **kwargs)
        raise Http404

    def get(self, request: Request) -> Response:
        """Never reached."""
        raise Http404


def _many(model: type[Audited], place: str) -> Any:
    view = type(f"{place.title()}View", (rows.AddedRows,), {"model": model, "__doc__": f"The {place}."})
    new = PartyNew if model is Party else NEW[model]  # type: ignore[index]
    return extend_schema_view(
        get=says(f"{place}_list", paged(READS[model]), parameters=PAGE),
        post=says(f"{place}_create", READS[model], request=new, status=201),
    )(view)


def _one(model: type[Audited], place: str) -> Any:
    base = rows.OneRow if model is Party else rows.RemovableRow
    view = type(f"{place.title()}Row", (base,), {"model": model, "__doc__": f"One of the {place}."})
    described = {
        "get": says(f"{place}_retrieve", READS[model]),
        "patch": says(
            f"{place}_update", READS[model], request=CHANGES[model], matched=True, current=READS[model]
        ),
        "delete": says(f"{place}_remove", None, status=204, matched=True, current=READS[model]),
    }
    return extend_schema_view(**{name: said for name, said in described.items() if hasattr(view, name)})(view)


_term = extend_schema_view(
    get=says("term_retrieve", READS[Term]),
    patch=says("term_update", READS[Term], request=CHANGES[Term], matched=True, current=READS[Term]),
)(rows.TermView)
_move = extend_schema_view(
    post=says(
        "provisions_move", READS[Provision], request=rows.MoveTo, matched=True, current=READS[Provision]
    )
)(rows.Move)

urlpatterns = [
    path("agreements/", whole.Agreements.as_view(), name="api-agreements"),
    path("agreements/import/", whole.Import.as_view(), name="api-agreement-import"),
    path("imports/", importing.Imports.as_view(), name="api-imports"),
    path("imports/many/", many.Batches.as_view(), name="api-batches"),
    path("imports/many/<uuid:batch>/", many.OneBatch.as_view(), name="api-batch"),
    path("imports/many/<uuid:batch>/check/", many.CheckBatch.as_view(), name="api-batch-check"),
    path("imports/many/<uuid:batch>/run/", many.RunBatch.as_view(), name="api-batch-run"),
    path("imports/many/<uuid:batch>/rows/", many.BatchRows.as_view(), name="api-batch-rows"),
    path("imports/<uuid:intake_id>/", importing.OneImport.as_view(), name="api-import"),
    path("imports/<uuid:intake_id>/confirm/", importing.ConfirmImport.as_view(), name="api-import-confirm"),
    path(AGREEMENT, whole.OneAgreementView.as_view(), name="api-agreement"),
    *(path(f"{AGREEMENT}{place}/", _many(model, place).as_view(), name=f"api-{place}") for model, place in PLACES.items()),
    *(path(f"{AGREEMENT}{place}/<uuid:row>/", _one(model, place).as_view(), name=f"api-{place}-row")
      for model, place in PLACES.items()),
    path(f"{AGREEMENT}provisions/<uuid:row>/move/", _move.as_view(), name="api-provisions-move"),
    path(f"{AGREEMENT}term/", _term.as_view(), name="api-term"),
    *(path(f"{AGREEMENT}steps/{name}/", steps.step_view(name).as_view(), name=f"api-step-{name}") for name in steps.ACTS),
    path(f"{AGREEMENT}clauses/", checking.Clauses.as_view(), name="api-clauses"),
    path(f"{AGREEMENT}waivers/", checking.Waivers.as_view(), name="api-waivers"),
    path(f"{AGREEMENT}waivers/<uuid:waiver>/end/", checking.WaiverEnd.as_view(), name="api-waivers-end"),
    path(f"{AGREEMENT}filings/", checking.Filings.as_view(), name="api-filings"),
    path(f"{AGREEMENT}filings/<uuid:filing>/paper.pdf", checking.FilingPaper.as_view(), name="api-filings-paper"),
    path(f"{AGREEMENT}filings/<uuid:filing>/withdraw/", checking.FilingWithdraw.as_view(), name="api-filings-withdraw"),
    path(f"{AGREEMENT}duties/", duties.Duties.as_view(), name="api-duties"),
    path(f"{AGREEMENT}duties/coming/", duties.ComingDuties.as_view(), name="api-duties-coming"),
    path(f"{AGREEMENT}duties/<uuid:duty>/", duties.OneDuty.as_view(), name="api-duty"),
    path(f"{AGREEMENT}duties/<uuid:duty>/hand-in/", duties.HandIn.as_view(), name="api-duty-hand-in"),
    path(f"{AGREEMENT}duties/<uuid:duty>/accept/", duties.AcceptDuty.as_view(), name="api-duty-accept"),
    path(f"{AGREEMENT}duties/<uuid:duty>/return/", duties.ReturnDuty.as_view(), name="api-duty-return"),
    path(f"{AGREEMENT}duties/<uuid:duty>/owner/", duties.AssignDuty.as_view(), name="api-duty-owner"),
    path(f"{AGREEMENT}evidence/<uuid:evidence>/file.pdf", duties.EvidenceFile.as_view(), name="api-evidence-file"),
    path(f"{AGREEMENT}observations/", duties.Observations.as_view(), name="api-observations"),
    path(f"{AGREEMENT}observations/<uuid:observation>/take-back/", duties.TakeBack.as_view(), name="api-observation-take-back"),
    path(f"{AGREEMENT}comments/", talk.Comments.as_view(), name="api-comments"),
    *(path(f"{AGREEMENT}comments/<uuid:comment>/{act}/", talk.settling(act).as_view(), name=f"api-comments-{act}")
      for act in talk.SETTLES),
    path(f"{AGREEMENT}reminders/", reminding.Reminders.as_view(), name="api-reminders"),
    path(f"{AGREEMENT}word/", suggestions.WordBack.as_view(), name="api-word"),
    path(f"{AGREEMENT}suggestions/", suggestions.Suggestions.as_view(), name="api-suggestions"),
    path(f"{AGREEMENT}suggestions/decide/", suggestions.DecideAll.as_view(), name="api-suggestions-decide"),
    *(path(f"{AGREEMENT}suggestions/<uuid:suggestion>/{act}/", suggestions.decision(act).as_view(),
           name=f"api-suggestions-{act}") for act in suggestions.ACTS),
    path(f"{AGREEMENT}events/<int:number>/erasure/", erasing.Erasing.as_view(), name="api-erasure"),
    path(f"{AGREEMENT}events/<int:number>/erasure/decide/", erasing.Deciding.as_view(), name="api-erasure-decide"),
    path(f"{AGREEMENT}document/retry/", sealing.Again.as_view(), name="api-document-retry"),
    path("seal-certificates/", sealing.Certificates.as_view(), name="api-seal-certificates"),
    path(f"{AGREEMENT}dossier/", dossiers.OfOneAgreement.as_view(), name="api-dossier-of-agreement"),
    path(f"{AGREEMENT}ink-signatures/<uuid:row>/scan.pdf", outside.InkScan.as_view(), name="api-ink-scan"),
    path("verify/", verifying.Verify.as_view(), name="api-verify"),
    path("calendar/", feeds.Calendar.as_view(), name="api-calendar"),
    path("board/", board.Board.as_view(), name="api-board"),
    path("board/decisions/", board.BoardDecisions.as_view(), name="api-board-decisions"),
    path(f"{AGREEMENT}owners/", board.Owners.as_view(), name="api-owners"),
    path("permitted/", covering.Permitted.as_view(), name="api-permitted"),
    path("dossiers/", dossiers.Dossiers.as_view(), name="api-dossiers"),
    path("dossiers/<uuid:dossier>/", dossiers.OneDossier.as_view(), name="api-dossier"),
    path("dossiers/<uuid:dossier>/file/", dossiers.DossierFile.as_view(), name="api-dossier-file"),
    path(f"{AGREEMENT}grants/", grants.Grants.as_view(), name="api-grants"),
    path(f"{AGREEMENT}grants/<uuid:person>/revoke/", grants.RevokeGrant.as_view(), name="api-grants-revoke"),
    *(path(f"{AGREEMENT}{place}", view.as_view(), name=f"api-{view.__name__.lower()}") for place, view in READ_ONLY.items()),
    *(path(f"catalog/{name}/", catalogs.table_view(name).as_view(), name=f"api-catalog-{name}") for name in catalogs.TABLES),
    path("clauses/", library.Library.as_view(), name="api-library"),
    path("clauses/<str:ref>/", library.OneClause.as_view(), name="api-library-clause"),
    path("clauses/<str:ref>/versions/", library.ClauseVersions.as_view(), name="api-library-versions"),
    path("clauses/<str:ref>/retire/", library.ClauseRetire.as_view(), name="api-library-retire"),
    path("clauses/<str:ref>/usage/", library.ClauseUsage.as_view(), name="api-library-usage"),
    path("clauses/<str:ref>/divergence/", library.ClauseDivergence.as_view(), name="api-library-divergence"),
    path("clause-positions/", library.Positions.as_view(), name="api-clause-positions"),
    path("clause-positions/<uuid:position>/withdraw/", library.PositionWithdraw.as_view(), name="api-clause-position-withdraw"),
    path("agencies/<uuid:pk>/access/", access.AgencyAccess.as_view(), name="api-agency-access"),
    path("agencies/<uuid:pk>/readers/", access.AgencyReaders.as_view(), name="api-agency-readers"),
    path("portfolio/", portfolios.Portfolio.as_view(), name="api-portfolio"),
    re_path(r"^.*$", Nowhere.as_view(), name="api-nowhere"),
]  # fmt: skip
