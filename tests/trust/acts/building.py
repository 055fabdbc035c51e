"""Agreements of two to five parties and changes of them, executed at once: the machine is about what comes after."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction

from agencies.models import User
from agreements import policy
from agreements.models import Agreement, Dataset, Flow, Stage, VersionReason
from agreements.operations import dating, drafting, signing
from agreements.operations.recording import event, version_of
from tests.agreements import several
from tests.builders import NOW, World, again
from tests.trust.acts.model import Name, Plain, Terms

KEYS = ("riverton", "mesa", "harbor", "quarry", "juniper")
SPARE = ("larkspur", "cedar")
DATASETS = ("Reports", "Warrants")


def cast(made: World) -> None:
    """Everybody who may take part."""
    for key in (*KEYS[2:], *SPARE):
        several.agency(made, key)


@transaction.atomic
def executed_at_once(draft: Agreement, *, actor: User, now: datetime) -> Agreement:
    """As if every party had approved and signed the text on the day."""
    locked = Agreement.objects.select_for_update(of=("self",)).get(pk=draft.pk)
    version = version_of(locked, reason=VersionReason.SUBMIT, actor=actor, agency=locked.lead_id, now=now)
    dating.reckoned(locked, version.content, signed_on=policy.local_day(now, locked))
    locked.stage, locked.frozen, locked.turn, locked.shared_at = Stage.SIGNING, version, None, now
    event("agreement.frozen", locked, actor=actor, now=now, agency=locked.lead_id, changed=[version, locked],
          version=version.number, sha256=version.sha256, signatories=[])  # fmt: skip
    signing._execute(locked, version, actor=actor, now=now)
    return again(locked)


def agreed(made: World, count: int, terms: Terms) -> tuple[Agreement, Plain]:
    """An executed agreement of so many parties with two datasets, and the model of it."""
    keys, actor = KEYS[:count], made.riverton_liaison
    partners = [drafting.PartySpec(made.agencies[key], ["provider", "recipient"]) for key in keys[1:]]
    draft = drafting.draft(title="Shared", lead=made.riverton, partners=partners, actor=actor, now=NOW, kind="MOU",
                           provisions=[{"heading": "Purpose", "text": "The parties share.", "part": "purpose"}])  # fmt: skip
    drafting.edit(draft.term, values=as_fields(terms), actor=actor, now=NOW)
    for party in draft.parties.all():
        drafting.edit(party, values={"notice_days": terms.notice}, actor=actor, now=NOW)
    parties = {several.key_of(made, row): row for row in draft.parties.all()}
    names: set[Name] = set()
    for place, name in enumerate(DATASETS):
        dataset = drafting.add(
            draft, Dataset, values={"name": name, "category": "incident"}, actor=actor, now=NOW
        )
        giver = keys[place]
        for taker in keys:
            if taker != giver:
                values: dict[str, Any] = {
                    "dataset": dataset,
                    "provider": parties[giver],
                    "recipient": parties[taker],
                }
                drafting.add(draft, Flow, values=values, actor=actor, now=NOW)
                names.add((name, giver, taker))
    done = executed_at_once(draft, actor=actor, now=NOW)
    first: date = policy.local_day(NOW, done)
    return done, Plain(terms, first, dict.fromkeys(keys), [(date.min, names)], "riverton")


def as_fields(terms: Terms) -> dict[str, Any]:
    """The terms as the term's fields."""
    return {
        "kind": "months", "months": terms.months, "effective_rule": "last_signature", "renewal": terms.renewal,
        "renewal_months": terms.each, "renewal_max": terms.most, "suspension_stops_clock": terms.stops_clock,
        "suspension_max_days": terms.longest, "cure_days": terms.cure, "min_parties": terms.least,
        "business_days": False, "review_months": 12,
    }  # fmt: skip
