"""Agreements of more than two parties, and instruments that change them, in whichever hands they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from agencies.models import Agency, User
from agencies.operations.agencies import register_agency
from agencies.operations.authority import grant_authority
from agreements.models import Agreement, Party
from agreements.operations import approving, drafting, freezing, negotiating
from audit.record import SYSTEM
from tests import builders
from tests.builders import NOW, World, again
from tests.kept import kept

SEATED = ("liaison", "counsel", "signatory")


def agency(made: World, key: str) -> Agency:
    """One more agency with a liaison, counsel and a signatory of its own, known by its key; Harbor too can be one."""
    if key not in made.agencies:
        made.agencies[key] = register_agency(
            name=f"{key.title()} Police", kind="police", actor=SYSTEM, now=NOW, jurisdiction="Colorado",
            timezone="America/Denver", address="1 Main Street", cj_status="CJA",
        )  # fmt: skip
    found = made.agencies[key]
    if f"{key}_signatory" in made.people:
        return found
    for role in SEATED:
        if f"{key}_{role}" not in made.people:
            builders.person(made, f"{key}_{role}", {key: role}, NOW)
    grant_authority(
        found, made.people[f"{key}_signatory"], basis_kind="office", actor=SYSTEM, now=NOW, basis="The head."
    )
    return found


def executed(made: World, *keys: str, now: datetime = NOW, **terms: Any) -> Agreement:
    """An agreement of Riverton with these, signed by all, with flows among them; built once for the same facts."""
    there = sorted(made.agencies), sorted(made.people)
    if not builders.plain(terms):
        return _executed(made, *keys, now=now, **terms)
    name = f"several {there} {keys} {now} {sorted(terms.items())}"
    done, agencies, people = kept(
        name, lambda: (_executed(made, *keys, now=now, **terms), made.agencies, made.people)
    )
    made.agencies |= agencies
    made.people |= people
    return done


def _executed(made: World, *keys: str, now: datetime, **terms: Any) -> Agreement:
    for key in keys:
        if key != "mesa":
            agency(made, key)
    partners = [drafting.PartySpec(made.agencies[key]) for key in keys]
    draft = drafting.draft(title="Shared records", lead=made.riverton, partners=partners, actor=made.riverton_liaison,
                           now=now, template="cjis-iea")  # fmt: skip
    drafting.edit(
        draft.term, values={"months": 12, "renewal": "none"} | terms, actor=made.riverton_liaison, now=now
    )
    return signed(made, draft, now=now)


def complete(made: World, draft: Agreement, now: datetime) -> None:
    """What the checks ask of each party."""
    for party in draft.parties.filter(left_on=None).select_related("agency"):
        key = key_of(made, party)
        values = {"signatory": made.people[f"{key}_signatory"], "legal_authority": "C.R.S. 24-72-305",
                  "contact_name": "A Liaison", "contact_title": "Liaison", "contact_email": f"{key}@agency.example",
                  "ori": "CO0390100", "cj_status": "CJA"}  # fmt: skip
        drafting.edit(party, values=values, actor=who(made, draft, "liaison"), now=now)


def key_of(made: World, party: Party) -> str:
    return next(key for key, one in made.agencies.items() if one.pk == party.agency_id)


def who(made: World, agreement: Agreement, role: str) -> User:
    """Somebody of the lead agency."""
    key = next(key for key, one in made.agencies.items() if one.pk == agreement.lead_id)
    return made.people[f"{key}_{role}"]


def parties(made: World, agreement: Agreement) -> list[str]:
    """The keys of the parties in their order."""
    rows = agreement.parties.filter(left_on=None).order_by("position", "pk")
    return [key_of(made, party) for party in rows]


def frozen(made: World, draft: Agreement, *, now: datetime = NOW) -> Agreement:
    """Completed, shared, approved by every party and frozen."""
    complete(made, draft, now)
    keys = parties(made, draft)
    liaison = who(made, draft, "liaison")
    other = next(key for key in keys if made.agencies[key].pk != draft.lead_id)
    negotiating.share(again(draft), to=made.agencies[other], actor=liaison, now=now)
    approving.submit(again(draft), actor=made.people[f"{other}_liaison"], now=now)
    seen = approving.submitted(draft).sha256
    for key in keys:
        approving.approve(again(draft), seen_hash=seen, actor=made.people[f"{key}_counsel"], now=now)
    freezing.freeze(again(draft), seen_hash=seen, actor=liaison, now=now)
    return again(draft)


def signed(made: World, draft: Agreement, *, now: datetime = NOW, by: Sequence[str] = ()) -> Agreement:
    """Signed by every party."""
    done = frozen(made, draft, now=now)
    for key in by or parties(made, draft):
        builders.sign(done, made.people[f"{key}_signatory"], now=now)
    return again(draft)
