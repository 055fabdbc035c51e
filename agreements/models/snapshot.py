"""The content of an agreement as plain data: what a version holds and every page is made from."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from django.db import models

from agreements.models.acts import Amendment
from agreements.models.agreement import Agreement, Party, present_parties
from agreements.models.content import Commitment, Dataset, Flow, Measure, Provision
from agreements.models.terms import Term
from common.prepared import Prepared, Slot

FORMAT = "concordat.agreement/1"

PARTY = ["roles", "cj_status", "ori", "legal_name", "legal_authority", "notice_days",
         "non_renewal_days", "notice_opens_days", "deemed_receipt", "withdrawal_rule", "withdrawal_not_before",
         "renewal_right", "notice_address",
         "notice_email", "contact_name", "contact_title", "contact_email", "other_contacts", "signatory_name", "signatory_title",
         "deputy_name", "deputy_title", "signing_order"]  # fmt: skip
PROVISION = ["part", "heading", "text", "origin", "position", "withheld", "level"]
DATASET = ["name", "description", "category", "classification", "personal_data", "special_category",
           "data_subjects", "elements"]  # fmt: skip
FLOW = ["purposes", "prohibited_uses", "legal_basis", "method", "frequency", "volume", "interface", "impact", "transit", "rest", "verification",
        "storage", "retention_days", "retention_event", "hit_days", "destruction", "onward", "derived", "logging",
        "audit", "breach_hours", "breach_contact", "access", "mfa", "screening", "training", "hit_confirmation", "status"]  # fmt: skip
COMMITMENT = ["text", "category", "resource", "due", "recurrence", "evidence"]
MEASURE = ["name", "definition", "baseline", "target", "unit", "source", "frequency"]
TERM = ["effective_rule", "effective_on", "conditions_precedent", "kind", "months", "last_day", "first_fiscal_year",
        "fiscal_years", "fiscal_year_start", "renewal", "renewal_months", "renewal_max", "absolute_end", "notice_base",
        "business_days", "review_months", "cure_days", "suspension_max_days", "suspension_stops_clock", "min_parties",
        "incident_hours", "closeout_days", "closeout", "survival", "survival_months"]  # fmt: skip


def content_of(agreement: Agreement) -> dict[str, Any]:
    """The agreement's live rows in the canonical shape; 8 queries whatever its size."""
    parties = _PARTIES.rows(agreement=agreement.pk)
    flows = _in_order(Flow, agreement)
    return _instrument(agreement) | {
        "format": FORMAT,
        "reference": agreement.reference,
        "title": agreement.title,
        "kind": agreement.kind,
        "binding": agreement.binding,
        "template": agreement.template,
        "jurisdiction": agreement.jurisdiction,
        "governing_law": agreement.governing_law,
        "timezone": agreement.timezone,
        "annexes": plain(agreement.annexes),
        "lead": str(agreement.lead_id),
        "parties": [_party(party) for party in parties],
        "provisions": [_row(row, PROVISION) for row in _in_order(Provision, agreement)],
        "datasets": [
            _row(row, DATASET) | {"flows": [_flow(flow) for flow in flows if flow.dataset_id == row.pk]}
            for row in _in_order(Dataset, agreement)
        ],
        "commitments": [
            _row(row, COMMITMENT) | {"party": str(row.party_id)} for row in _in_order(Commitment, agreement)
        ],
        "measures": [
            _row(row, MEASURE) | {"owner": str(row.owner_id) if row.owner_id else None}
            for row in _in_order(Measure, agreement)
        ],
        "term": _fields(_TERM.rows(agreement=agreement.pk)[0], TERM),
    }


def _instrument(agreement: Agreement) -> dict[str, Any]:
    """Of an instrument: which text of which agreement it changes, and from which day. Nothing for any other."""
    if not agreement.is_instrument:
        return {}
    row = _AMENDMENT.one(agreement=agreement.pk)
    if row is None:
        return {}
    removed = Party.objects.filter(pk__in=row.removes).order_by("position", "id") if row.removes else []
    said = {"agreement": str(row.amends_id), "kind": row.kind, "number": row.number, "reference": row.amends.reference,
            "title": row.amends.title, "version": row.base.number, "sha256": row.base.sha256,
            "takes_effect_on": plain(row.takes_effect_on), "removes": [str(one.pk) for one in removed],
            "removing": [one.legal_name for one in removed],
            "like": str(row.like_id) if row.like_id else None, "liking": row.like.legal_name if row.like else None}  # fmt: skip
    return {"amends": said}


def _in_order(model: Any, agreement: Agreement) -> list[Any]:
    rows = _ROWS[model].rows(agreement=agreement.pk)
    return sorted(
        rows, key=lambda row: (row.position_in_order, row.id)
    )  # to ask for it costs more than to do it


def _rows_of(model: Any) -> models.QuerySet[Any]:
    rows: models.QuerySet[Any] = model.objects.filter(agreement=_OF, removed=False)
    return rows


_OF = Slot("agreement", models.UUIDField())
_AMENDMENT = Prepared(
    lambda: (
        Amendment.objects.filter(agreement=_OF).select_related("amends", "base", "like").order_by("pk")[:1]
    )
)
_TERM = Prepared(lambda: Term.objects.filter(agreement=_OF))
_PARTIES = Prepared(lambda: present_parties().filter(agreement=_OF).order_by("position", "id"))
_ROWS = {
    model: Prepared(partial(_rows_of, model)) for model in (Provision, Dataset, Flow, Commitment, Measure)
}


def _party(party: Party) -> dict[str, Any]:
    agency = {"agency": str(party.agency_id), "name": party.agency.name, "kind": party.agency.kind}
    state = {"jurisdiction": party.agency.jurisdiction}
    return _row(party, PARTY) | agency | state


def _flow(flow: Flow) -> dict[str, Any]:
    return _row(flow, FLOW) | {"provider": str(flow.provider_id), "recipient": str(flow.recipient_id)}


def _row(row: models.Model, names: list[str]) -> dict[str, Any]:
    return {"id": str(row.pk)} | _fields(row, names)


def _fields(row: models.Model, names: list[str]) -> dict[str, Any]:
    return {name: plain(getattr(row, name)) for name in names}


def plain(value: Any) -> Any:
    """A field's value as canonical data: dates as ISO text, ids as text, everything else as it is."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return list(value) if isinstance(value, list | tuple) else value
