"""What the machine begins from, built once: drafts of two to five parties, and agreements that others rest on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from agencies.models import User
from agreements import policy
from agreements.models import Agreement, Dataset, Flow, Provenance, Stage, VersionReason
from agreements.operations import dating, drafting, signing
from agreements.operations.recording import event, version_of
from tests.agreements import several
from tests.builders import NOW, ONE_PROVISION, World, again
from tests.kept import kept
from tests.trust.acts.model import Name, Plain, Terms, Text

KEYS = ("riverton", "mesa", "elmwood", "quarry", "juniper")
SPARE = ("larkspur", "cedar")
DATASETS = ("Reports", "Warrants")


@dataclass
class Office:
    """Everybody who may take part, a draft and its possible successor by number of parties, and two that stand beside."""

    made: World
    drafts: dict[int, Agreement] = field(default_factory=dict)
    successors: dict[int, Agreement] = field(default_factory=dict)
    parent: Any = None
    child: Any = None
    people: dict[str, frozenset[str]] = field(default_factory=dict)


def office(made: World) -> Office:
    """Built the first time, put back later."""
    return kept("acts", lambda: _built(made))


def _built(made: World) -> Office:
    found = Office(made)
    for key in (*KEYS[2:], *SPARE):
        several.agency(made, key)
    for count in range(2, len(KEYS) + 1):
        found.drafts[count] = _draft(made, KEYS[:count], "Shared")
        found.successors[count] = _draft(made, KEYS[:count], "Next")
    found.parent, found.child = (
        executed_at_once(
            _draft(made, KEYS[:2], title),
            actor=made.riverton_liaison,
            now=NOW,
            terms=Terms(months=None, longest=None),
        )
        for title in ("Above", "Below")
    )
    for key in (*KEYS, *SPARE):
        found.people[key] = frozenset(
            name.removeprefix(f"{key}_") for name in made.people if name.startswith(f"{key}_")
        )
    return found


def _draft(made: World, keys: tuple[str, ...], title: str) -> Agreement:
    actor = made.riverton_liaison
    partners = [drafting.PartySpec(made.agencies[key], ["provider", "recipient"]) for key in keys[1:]]
    draft = drafting.draft(title=title, lead=made.riverton, partners=partners, actor=actor, now=NOW, kind="MOU",
                           provisions=ONE_PROVISION)  # fmt: skip
    parties = {several.key_of(made, row): row for row in draft.parties.all()}
    for key, party in parties.items():
        party.signatory = made.people[f"{key}_signatory"]
    datasets = {name: Dataset(agreement=draft, position_in_order=place, name=name, category="incident")
                for place, name in enumerate(DATASETS, start=1)}  # fmt: skip
    moved = [
        Flow(agreement=draft, position_in_order=place, dataset=datasets[name], provider=parties[giver],
             recipient=parties[taker])
        for place, (name, giver, taker) in enumerate(flows(keys), start=1)
    ]  # fmt: skip
    draft.categories = ["incident"]
    with transaction.atomic():
        event("agreement.edited", draft, actor=actor, now=NOW, agency=draft.lead_id, label="Data",
              changed=[draft, *parties.values(), *datasets.values(), *moved])  # fmt: skip
    return again(draft)


def flows(keys: tuple[str, ...]) -> list[Name]:
    """Who gives what to whom: the first two each something of their own to all others."""
    found = [(place, taker) for place in range(len(DATASETS)) for taker in keys]
    return [(DATASETS[place], keys[place], taker) for place, taker in found if taker != keys[place]]


@transaction.atomic
def executed_at_once(
    draft: Agreement, *, actor: User, now: datetime, terms: Terms | None = None
) -> Agreement:
    """As if every party had approved and signed the text at this moment, with these terms if any are given."""
    locked = Agreement.objects.select_for_update(of=("self",)).get(pk=draft.pk)
    if terms is not None:
        _agree(locked, terms, actor, now)
    version = version_of(locked, reason=VersionReason.SUBMIT, actor=actor, agency=locked.lead_id, now=now)
    dating.reckoned(locked, version.content, signed_on=policy.local_day(now, locked))
    locked.stage, locked.frozen, locked.turn, locked.shared_at = Stage.SIGNING, version, None, now
    event("agreement.frozen", locked, actor=actor, now=now, agency=locked.lead_id, changed=[version, locked],
          version=version.number, sha256=version.sha256, signatories=[])  # fmt: skip
    signing._execute(locked, version, actor=actor, now=now)
    return again(locked)


def _agree(locked: Agreement, terms: Terms, actor: User, now: datetime) -> None:
    term, parties = locked.term, list(locked.parties.order_by("position"))
    for name, value in as_fields(terms, policy.local_day(now, locked)).items():
        setattr(term, name, value)
    for party in parties:
        party.notice_days = terms.notice
    parties[1].deemed_receipt = terms.slow
    if terms.imported:
        locked.provenance = Provenance.IMPORTED
    event("agreement.edited", locked, actor=actor, now=now, agency=locked.lead_id, changed=[term, *parties, locked],
          label="Term")  # fmt: skip


def as_fields(terms: Terms, signed: date) -> dict[str, Any]:
    """The terms as the term's fields."""
    return {
        "kind": "months" if terms.months else "evergreen", "months": terms.months,
        "effective_rule": "date" if terms.starts else "last_signature",
        "effective_on": signed + timedelta(days=terms.starts) if terms.starts else None,
        "renewal": terms.renewal if terms.months else "none", "renewal_months": terms.each, "renewal_max": terms.most,
        "suspension_stops_clock": terms.stops_clock, "suspension_max_days": terms.longest, "cure_days": terms.cure,
        "min_parties": terms.least, "business_days": False, "review_months": terms.review, "closeout_days": 0,
    }  # fmt: skip


def plain(count: int, terms: Terms, signed: date) -> Plain:
    """The model of what was drafted for so many parties and executed with these terms."""
    keys = KEYS[:count]
    return Plain(
        terms, signed, dict.fromkeys(keys), [Text(date.min, frozenset(flows(keys)), keys)], slow=keys[1]
    )
