"""What the record knows beside the text, in the shape the rules ask about; and the rules asked with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, cast

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db.models import CharField, DateField, UUIDField, prefetch_related_objects

from agencies.models import SigningAuthority
from agreements import catalog, requirements, texts
from agreements.models import (
    Agreement,
    Filing,
    Flow,
    Party,
    SealedDocument,
    Signature,
    Stage,
    Version,
    Waiver,
)
from agreements.proofreading import proofread
from audit.models import Erasure
from common.prepared import Prepared, Slot, one_of

SIGNED_STAGES = (Stage.SIGNING, Stage.EXECUTED, Stage.ENDED)
DONE = (Stage.EXECUTED, Stage.ENDED)
LEGAL_HOLD = "legal_hold"


def rules_in_use() -> catalog.Catalog:
    """The catalog with the packs of rules this installation asks."""
    return catalog.load().using(settings.RULE_PACKS)


def judge(
    agreement: Agreement, content: Mapping[str, Any], *, stage: str, today: date
) -> list[requirements.Finding]:
    """Every rule's answer about a text of this agreement, with the record's facts and the waivers that hold today.

    While the text can still be changed, what a reader would notice in it comes after them.
    """
    waived = frozenset(_WAIVED.values(agreement=agreement.pk, today=today))
    judged = {**content, "record": record_of(agreement, content, today=today)}
    found = requirements.findings(judged, stage=stage, today=today, catalog=rules_in_use(), waived=waived)
    return found if agreement.stage in SIGNED_STAGES else [*found, *proofread(content)]


_OF, _TODAY = Slot("agreement", UUIDField()), Slot("today", DateField())
_WAIVED = Prepared(
    lambda: Waiver.objects.active(on=cast(date, _TODAY)).filter(agreement=_OF).values_list("rule", "subject")
)
_FILED = Prepared(lambda: Filing.objects.filter(agreement=_OF, withdrawn_at=None).order_by("made_at", "id"))
_SEALED = Prepared(lambda: SealedDocument.objects.filter(agreement=_OF).values_list("pk")[:1])
_SIGNED = Prepared(
    lambda: (
        Signature.objects.filter(agreement=_OF, voided_at=None)
        .select_related("version")
        .order_by("signed_at", "id")
    )
)
_FLOWS = Prepared(lambda: Flow.objects.filter(agreement=_OF, removed=False).values_list("pk", "status"))
_HELD = Prepared(
    lambda: (
        SigningAuthority.objects.active(on=cast(date, _TODAY))
        .covering(Slot("kinds", ArrayField(CharField())))
        .filter(one_of("person", Slot("people", UUIDField())))
        .values_list("person", "agency", "basis")
    )
)


def record_of(agreement: Agreement, content: Mapping[str, Any], *, today: date) -> dict[str, Any]:
    """The facts beside the text; a constant number of queries."""
    files = _files(agreement)
    done, over = agreement.stage in DONE, is_over(agreement, today=today)
    held = any(row["kind"] == LEGAL_HOLD for row in files)
    return {
        "executed": done,
        "over": over,
        "sealed": done and bool(_SEALED.values(agreement=agreement.pk)),
        "files": files,
        "erasures": _erasures(agreement) if held else [],
        "signatures": _signatures(agreement) if agreement.stage in SIGNED_STAGES else [],
        "statuses": _statuses(agreement) if done else {},
        "parties": _parties(agreement, content, today=today, over=over),
        **_changes(agreement, content),
    }


def is_over(agreement: Agreement, *, today: date) -> bool:
    """Whether an agreement that was in force is no longer."""
    last = agreement.final_day
    return agreement.stage in DONE and last is not None and last < today


def _files(agreement: Agreement) -> list[dict[str, Any]]:
    rows = _FILED.rows(agreement=agreement.pk)
    return [
        {
            "kind": row.kind,
            "party": str(row.party_id) if row.party_id else None,
            "reference": row.reference,
            "on": row.on.isoformat(),
            "until": row.until.isoformat() if row.until else None,
            "amount": str(row.amount) if row.amount is not None else None,
        }
        for row in rows
    ]


def _erasures(agreement: Agreement) -> list[str]:
    """Entries of its history that somebody asked to have erased, and nobody has decided on."""
    rows = Erasure.objects.filter(stream=agreement.pk, decided_at=None)
    return [
        f"entry {number}" for number in rows.order_by("event__number").values_list("event__number", flat=True)
    ]


def _signatures(agreement: Agreement) -> list[dict[str, Any]]:
    """The standing signatures, with the hash of the version each names and of the newest text."""
    newest = (texts.frozen(agreement) or texts.newest(agreement) or Version()).sha256
    rows = _SIGNED.rows(agreement=agreement.pk)
    names = ("name", "intent", "authenticated_by", "document_sha256")
    return [
        {name: getattr(row, name) for name in names}
        | {"id": str(row.pk), "agency": row.agency_name, "signed_at": row.signed_at.isoformat()}
        | {"version_sha256": row.version.sha256, "text_sha256": newest}
        for row in rows
    ]


def _statuses(agreement: Agreement) -> dict[str, str]:
    """Whether each flow moves now: the text says only what was planned when it was signed."""
    return {str(key): status for key, status in _FLOWS.values(agreement=agreement.pk)}


def _parties(
    agreement: Agreement, content: Mapping[str, Any], *, today: date, over: bool
) -> dict[str, dict[str, Any]]:
    parties = [party for party in agreement.parties.all() if party.left_on is None]
    prefetch_related_objects(parties, "agency")
    flows = [flow for dataset in content.get("datasets") or [] for flow in dataset.get("flows") or []]
    receiving = {flow.get("recipient") for flow in flows}
    authorities = _authorities(agreement, parties, today)
    days = (content.get("term") or {}).get("closeout_days") or 0
    last = agreement.final_day
    return {
        str(party.pk): {
            "agency": party.agency.name,
            "body_approves": party.agency.governing_body_approves,
            "authority": authorities.get((party.signatory_id, party.agency_id), ""),
            "receives": str(party.pk) in receiving,
            "closeout_over": over and last is not None and last + timedelta(days=days) < today,
        }
        for party in parties
    }


def _authorities(agreement: Agreement, parties: list[Party], today: date) -> dict[Any, str]:
    """The basis on which each signatory may bind the agency to this kind of agreement; a signed text needs none anew."""
    if agreement.stage in DONE:
        return {(party.signatory_id, party.agency_id): "signed" for party in parties}
    amended = agreement.parent if agreement.is_instrument else None
    kind = amended.kind if amended else agreement.kind
    people = [party.signatory_id for party in parties if party.signatory_id]
    rows = _HELD.values(today=today, kinds=[kind], people=people) if people else []
    return {(person, agency): basis for person, agency, basis in rows}


def _changes(agreement: Agreement, content: Mapping[str, Any]) -> dict[str, Any]:
    """What an amendment changes of the agreement it amends, and which of its parties are not asked to sign."""
    amended = agreement.parent if agreement.kind == "amendment" else None
    if amended is None:
        return {"changes": [], "not_asked": []}
    version = texts.agreed(amended)
    before = version.content if version else {"term": {}, "parties": []}
    parties = {row["agency"]: row["name"] for row in before["parties"]}
    now = {row["agency"] for row in content.get("parties") or []}
    names = ("kind", "months", "last_day", "effective_on", "renewal", "renewal_months", "renewal_max")
    term, was = content.get("term") or {}, before["term"]
    changes = ["term"] if any(term.get(name) != was.get(name) for name in names) else []
    changes += ["parties"] if now != set(parties) else []
    return {"changes": changes, "not_asked": [name for key, name in parties.items() if key not in now]}
