"""Beginning an agreement: from a template's blueprint, or from a given text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q

from agencies.models import Agency, Membership, Role, User
from agreements import catalog, policy
from agreements.models import Agreement, Commitment, Dataset, Flow, Measure, Party, Provision, Stage, Term
from agreements.models.reference import next_reference
from agreements.models.snapshot import COMMITMENT, DATASET, FLOW, MEASURE, PROVISION, TERM, content_of
from agreements.operations.recording import event, index_words
from audit.models import Audited

MAX_PROVISIONS = 2000
NOTICE_DAYS = 30
STARTING_TERM = {"kind": "months", "months": 12, "review_months": 12, "cure_days": 30,
                 "suspension_max_days": 30, "min_parties": 2}  # fmt: skip


@dataclass(frozen=True)
class PartySpec:
    """An agency invited into a new agreement, and what it does there."""

    agency: Agency
    roles: Sequence[str] = ()


@dataclass(frozen=True)
class Agreed:
    """What an existing text says already: everybody's notice period in days, and fields of the term."""

    notice_days: int | None = None
    term: Mapping[str, Any] = field(default_factory=dict)


@transaction.atomic
def draft(
    *,
    title: str,
    lead: Agency,
    partners: Sequence[PartySpec],
    actor: User,
    now: datetime,
    template: str = "",
    kind: str = "",
    lead_roles: Sequence[str] = (),
    provisions: Sequence[Mapping[str, Any]] | None = None,
    source_name: str = "",
    datasets: Sequence[str] | None = None,
    agreed: Agreed | None = None,
) -> Agreement:
    """A new draft of `lead`, from a template's blueprint or from given provisions.

    `datasets` names which of the template's suggested datasets to put in (None: all of them), `agreed` what is no
    longer open. Only the lead agency sees it until it is shared. Raises PermissionDenied for people who do not draft for
    `lead`, ValidationError for a partner twice or a title that is missing.
    """
    today = now.date()
    if lead.pk not in policy.may_draft_for(actor, today=today):
        raise PermissionDenied(policy.refusal("edit"))
    _check_partners(lead, partners)
    blueprint = _blueprint(template, [lead, *(spec.agency for spec in partners)], datasets)
    kind = blueprint.kind if blueprint else kind or "MOU"
    agreement = _agreement(title, lead, kind, blueprint, source_name, now)
    specs, seats = [PartySpec(lead, lead_roles), *partners], _seated(blueprint, partners)
    parties = _parties(agreement, specs, seats, blueprint)
    known_facts(parties, lead=lead, actor=actor, today=today)
    for party in parties if agreed else ():
        party.notice_days = agreed.notice_days if agreed else None
    by_seat: dict[str, list[Party]] = {}
    for seat, party in zip(seats, parties, strict=True):
        by_seat.setdefault(seat, []).append(party)
    texts = provisions if provisions is not None else (blueprint.provisions if blueprint else ())
    content = _suggested(agreement, by_seat, blueprint, datasets)
    agreement.categories = sorted({row.category for row in content if isinstance(row, Dataset)})
    rows: list[Audited] = [
        agreement,
        *parties,
        *_provisions(agreement, texts),
        _term(agreement, blueprint, agreed),
        *content,
    ]
    cleaned(rows)
    event("agreement.drafted", agreement, actor=actor, now=now, agency=lead.pk, private_to=lead.pk, changed=rows,
          lead=lead.name, partners=[spec.agency.name for spec in partners])  # fmt: skip
    index_words(agreement, content_of(agreement))
    return agreement


def _blueprint(
    template: str, agencies: Sequence[Agency], datasets: Sequence[str] | None
) -> catalog.Blueprint | None:
    """What the template proposes to these agencies, the lead first, for the datasets they begin with."""
    known = catalog.load().templates.get(template)
    if template and known is None:
        raise ValidationError({"template": "Choose one of the templates listed."})
    if known is None:
        return None
    rows = [row for row in known.datasets if datasets is None or row["name"] in datasets]
    facts = catalog.Facts(
        jurisdiction=agencies[0].jurisdiction,
        categories=frozenset(row["category"] for row in rows),
        party_types=frozenset(word for one in agencies for word in (one.kind, one.cj_status)),
    )
    return catalog.blueprint(template, facts=facts)


def _agreement(
    title: str, lead: Agency, kind: str, blueprint: catalog.Blueprint | None, source_name: str, now: datetime
) -> Agreement:
    entry = catalog.load().kinds.get(kind)
    if entry is None:
        raise ValidationError({"kind": "Choose one of the kinds listed."})
    return Agreement(
        reference=next_reference(entry.prefix, now.year),
        title=title.strip(),
        kind=kind,
        binding=blueprint.binding if blueprint else entry.binding,
        template=f"{blueprint.template}@{blueprint.version}" if blueprint else "",
        source_name=source_name,
        stage=Stage.DRAFT,
        lead=lead,
        turn=lead,
        turn_since=now,
        jurisdiction=lead.jurisdiction,
        governing_law=f"the laws of {lead.jurisdiction}" if lead.jurisdiction else "",
        timezone=lead.timezone,
        annexes=list(blueprint.annexes) if blueprint else [],
        drafted_at=now,
    )


def _check_partners(lead: Agency, partners: Sequence[PartySpec]) -> None:
    ids = [lead.pk, *(spec.agency.pk for spec in partners)]
    if len(ids) < 2:
        raise ValidationError({"partners": "Choose at least one partner agency."})
    if len(set(ids)) < len(ids):
        raise ValidationError({"partners": "Each agency can be a party once. Remove the one named twice."})


def _seated(blueprint: catalog.Blueprint | None, partners: Sequence[PartySpec]) -> list[str]:
    """The seat of each party, the lead's first; later partners share the template's last seat."""
    keys = [seat.key for seat in blueprint.seats] if blueprint else [""]
    return [keys[min(place, len(keys) - 1)] for place in range(len(partners) + 1)]


def _parties(
    agreement: Agreement,
    specs: Sequence[PartySpec],
    seats: Sequence[str],
    blueprint: catalog.Blueprint | None,
) -> list[Party]:
    found = {seat.key: seat for seat in blueprint.seats} if blueprint else {}
    rows: list[Party] = []
    for place, (spec, key) in enumerate(zip(specs, seats, strict=True), start=1):
        usual = found[key].roles if key in found else (("provider",) if place == 1 else ("recipient",))
        days = found[key].notice_days if key in found else NOTICE_DAYS
        rows.append(new_party(agreement, spec, place, usual, days))
    return rows


REMEMBERED = (
    "legal_authority",
    "contact_name",
    "contact_title",
    "contact_email",
    "notice_address",
    "notice_email",
)


def known_facts(parties: Iterable[Party], *, lead: Agency, actor: User, today: date) -> None:
    """Fill in what is known of each party already, so that only the unknown is asked for.

    From the agency's newest row in a text of `lead`'s that is executed or in its own hands; else the drafter is the lead's contact. The
    lead's signatory is named where it has only one on the day.
    """
    open_to_lead = Q(stage__in=[Stage.EXECUTED, Stage.ENDED]) | Q(turn=lead)
    theirs = Agreement.objects.filter(open_to_lead, parties__agency=lead, parties__left_on=None).values("pk")
    rows = Party.objects.filter(agreement__in=theirs, agency__in=[party.agency for party in parties])
    last = rows.order_by("agency_id", "-agreement__drafted_at", "-pk").distinct("agency_id")
    newest = {row.agency_id: row for row in last}
    held = Membership.objects.active(on=today).filter(agency=lead, role=Role.SIGNATORY)
    signatories = list(User.objects.filter(pk__in=held.values("user"))[:2])
    for party in parties:
        before = newest.get(party.agency_id)
        for name in REMEMBERED:
            setattr(party, name, getattr(party, name) or (getattr(before, name) if before else ""))
        if party.agency_id != lead.pk:
            continue
        if not party.contact_name:
            party.contact_name, party.contact_title = actor.name[:120], actor.title[:120]
            party.contact_email = actor.email
        if len(signatories) == 1 and party.signatory is None:
            party.signatory = signatories[0]
            party.signatory_name, party.signatory_title = (
                signatories[0].name[:120],
                signatories[0].title[:120],
            )


def new_party(
    agreement: Agreement, spec: PartySpec, place: int, roles: Sequence[str], notice_days: int
) -> Party:
    """An agency's party row with the facts known of the agency."""
    return Party(
        agreement=agreement,
        agency=spec.agency,
        position=place,
        roles=list(spec.roles or roles),
        legal_name=spec.agency.contract_name,
        cj_status=spec.agency.cj_status,
        ori=spec.agency.ori,
        notice_days=notice_days,
        notice_address=spec.agency.address[:300],
    )


def _provisions(agreement: Agreement, texts: Iterable[Mapping[str, Any]]) -> list[Provision]:
    rows = [
        Provision(agreement=agreement, position_in_order=place * 10, **_only(text, PROVISION))
        for place, text in enumerate(texts, start=1)
    ]
    if len(rows) > MAX_PROVISIONS:
        raise ValidationError(
            {"provisions": f"The text has more than {MAX_PROVISIONS} provisions. Split it."}
        )
    return rows


def _term(agreement: Agreement, blueprint: catalog.Blueprint | None, agreed: Agreed | None) -> Term:
    if agreed is not None:
        return Term(agreement=agreement, **_only(agreed.term, TERM))
    defaults = dict(blueprint.term if blueprint else STARTING_TERM)
    for name in ("effective_on", "last_day"):
        stated = defaults.get(name)
        if isinstance(stated, str):
            defaults[name] = date.fromisoformat(stated)
    return Term(agreement=agreement, **_only(defaults, TERM))


def _suggested(
    agreement: Agreement,
    parties: Mapping[str, list[Party]],
    blueprint: catalog.Blueprint | None,
    wanted: Sequence[str] | None,
) -> list[Audited]:
    """The blueprint's datasets with their flows (those named in `wanted`, or all), commitments and measures."""
    if blueprint is None:
        return []
    rows: list[Audited] = []
    for place, item in enumerate(blueprint.datasets, start=1):
        if wanted is None or item["name"] in wanted:
            dataset = Dataset(agreement=agreement, position_in_order=place * 10, **_only(item, DATASET))
            rows += [dataset, *_flows(agreement, dataset, item["flows"], parties)]
    for place, item in enumerate(blueprint.commitments, start=1):
        for party in parties.get(item["party"], []):
            rows.append(Commitment(agreement=agreement, party=party, position_in_order=place * 10,
                                   **_only(item, COMMITMENT)))  # fmt: skip
    for place, item in enumerate(blueprint.measures, start=1):
        rows.append(Measure(agreement=agreement, position_in_order=place * 10, **_only(item, MEASURE)))
    return rows


def _flows(
    agreement: Agreement,
    dataset: Dataset,
    items: Iterable[Mapping[str, Any]],
    parties: Mapping[str, list[Party]],
) -> Iterable[Flow]:
    """Each suggested flow between every pair of parties in its two seats."""
    for place, item in enumerate(items, start=1):
        for provider in parties.get(item["provider"], []):
            for recipient in parties.get(item["recipient"], []):
                if provider is not recipient:
                    yield Flow(agreement=agreement, dataset=dataset, provider=provider, recipient=recipient,
                               position_in_order=place * 10, **_only(item, FLOW))  # fmt: skip


def _only(item: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {
        name: list(value) if isinstance(value := item[name], tuple) else value
        for name in names
        if name in item
    }


def cleaned(rows: Iterable[Audited]) -> None:
    """Validate the fields; relations to rows not written yet are checked by the database."""
    for row in rows:
        relations = [f.name for f in row._meta.fields if f.is_relation]
        row.clean_fields(exclude=relations)
        row.clean()
