"""A small named world, built through the operations, and agreements in any stage.

Riverton Police lead; the Mesa County District Attorney is their partner; Harbor School District knows nothing of
it; the State Oversight Board oversees Riverton. Every person's e-mail ends with `.example`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import UUIDField

from agencies import factors
from agencies.models import Agency, Role, User
from agencies.operations.accounts import register_person
from agencies.operations.agencies import register_agency, set_oversight
from agencies.operations.authority import grant_authority
from agencies.operations.roles import grant_membership
from agreements import standing
from agreements.keyterms import Terms
from agreements.models import Agreement, Signature, Stage
from agreements.operations import approving, drafting, freezing, importing, negotiating, requesting, signing
from agreements.stepup import Proof
from audit.record import SYSTEM
from common.prepared import Prepared, Slot
from tests.kept import kept

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
PASSWORD = "correct horse battery staple"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
"""Of the authenticator app of each signatory of the world."""

ONE_PROVISION = [{"heading": "Purpose", "text": "The parties share.", "part": "purpose"}]
"""The shortest text that can be agreed on."""
SHORT: Mapping[str, Any] = {
    "kind": "MOU", "provisions": ONE_PROVISION, "terms": {"kind": "months", "months": 36, "review_months": 12},
}  # fmt: skip


@dataclass
class World:
    """Agencies and people by name."""

    agencies: dict[str, Agency] = field(default_factory=dict)
    people: dict[str, User] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        for found in ("people", "agencies"):
            if name in self.__dict__.get(found, {}):
                return self.__dict__[found][name]
        raise AttributeError(name)


CAST = {
    "riverton": ("Riverton Police Department", "police"),
    "mesa": ("Mesa County District Attorney", "prosecutor"),
    "harbor": ("Harbor School District", "school_district"),
    "board": ("State Oversight Board", "oversight"),
}
ROLES = ("liaison", "counsel", "signatory", "auditor", "administrator")


def world(now: datetime = NOW) -> World:
    """The cast: five people of each party agency, an outsider, an overseer, and somebody without any role."""
    return kept(f"world {now}", lambda: _built(now))


Build = Callable[..., Agreement]


def plain(value: Any) -> bool:
    """Whether its repr says all about it."""
    if isinstance(value, dict):
        return all(map(plain, value.values()))
    if isinstance(value, list | tuple):
        return all(map(plain, value))
    return isinstance(value, str | int | date | None)


def _kept(build: Build) -> Build:
    """Built once for the same facts, if they are plain."""

    @wraps(build)
    def put_back(made: World, **facts: Any) -> Agreement:
        if plain(facts):
            return kept(f"{build.__name__} {sorted(facts.items())}", lambda: build(made, **facts))
        return build(made, **facts)

    return put_back


def _built(now: datetime) -> World:
    made = World()
    for key, (name, kind) in CAST.items():
        made.agencies[key] = register_agency(
            name=name, kind=kind, actor=SYSTEM, now=now, jurisdiction="Colorado", timezone="America/Denver",
            address="1 Main Street, Riverton", cj_status="CJA" if kind in {"police", "prosecutor"} else "NCJA_gov",
        )  # fmt: skip
    for agency in ("riverton", "mesa"):
        for role in ROLES:
            person(made, f"{agency}_{role}", {agency: role}, now)
        grant_authority(
            made.agencies[agency], made.people[f"{agency}_signatory"], basis_kind="office", actor=SYSTEM, now=now,
            basis="C.R.S. 24-72-305, head of the agency",
        )  # fmt: skip
        factors.enrol_app(made.people[f"{agency}_signatory"], SECRET, actor=SYSTEM, now=now)
    person(made, "outsider", {"harbor": "liaison"}, now)
    person(made, "harbor_administrator", {"harbor": "administrator"}, now)
    person(made, "overseer", {"board": "auditor"}, now)
    person(made, "board_liaison", {"board": "liaison"}, now)
    person(made, "nobody", {}, now)
    set_oversight(made.board, made.riverton, actor=SYSTEM, now=now)
    return made


def person(made: World, key: str, roles: Mapping[str, str], now: datetime) -> User:
    """Somebody named after their key."""
    words = key.replace("_", " ").title()
    user = register_person(
        email=f"{key.replace('_', '.')}@agency.example", name=words, title=words.split()[-1], password=PASSWORD,
        actor=SYSTEM, now=now,
    )  # fmt: skip
    for agency, role in roles.items():
        grant_membership(made.agencies[agency], user, role=Role(role), actor=SYSTEM, now=now)
    made.people[key] = user
    return user


@_kept
def drafted(
    made: World,
    *,
    template: str = "cjis-iea",
    title: str = "Exchange of case records",
    short: bool = False,
    **facts: Any,
) -> Agreement:
    """A draft of Riverton with Mesa; a `short` one for tests of what does not depend on the text, and is quicker.

    `terms` are fields of the term that differ from the template's.
    """
    if short:
        template, facts = "", {**SHORT, **facts}
    terms = facts.pop("terms", {})
    agreement = drafting.draft(
        title=title, lead=made.riverton, partners=[drafting.PartySpec(made.mesa)], actor=made.riverton_liaison,
        now=NOW, template=template, **facts,
    )  # fmt: skip
    if terms:
        drafting.edit(agreement.term, values=terms, actor=made.riverton_liaison, now=NOW)
    return again(agreement)


def completed(made: World, agreement: Agreement) -> Agreement:
    """Fill in what the checks ask for before an approval."""
    for party in agreement.parties.select_related("agency"):
        key = "riverton" if party.agency == made.riverton else "mesa"
        signatory = made.people[f"{key}_signatory"]
        drafting.edit(
            party,
            values={
                "signatory": signatory, "legal_authority": "C.R.S. 24-72-305", "contact_name": f"{key.title()} Liaison",
                "contact_email": f"{key}@agency.example", "contact_title": "Liaison", "notice_days": 30,
                "ori": "CO0390100",
            },
            actor=made.riverton_liaison, now=NOW,
        )  # fmt: skip
    return again(agreement)


@_kept
def shared(made: World, **facts: Any) -> Agreement:
    """In negotiation, Mesa's turn."""
    agreement = completed(made, drafted(made, **facts))
    negotiating.share(agreement, actor=made.riverton_liaison, now=NOW)
    return again(agreement)


@_kept
def in_approval(made: World, **facts: Any) -> Agreement:
    """Submitted by Mesa for both parties' approval."""
    agreement = shared(made, **facts)
    approving.submit(agreement, actor=made.mesa_liaison, now=NOW)
    return again(agreement)


@_kept
def approved(made: World, **facts: Any) -> Agreement:
    """Approved by both parties' counsel."""
    agreement = in_approval(made, **facts)
    seen = approving.submitted(agreement).sha256
    approving.approve(agreement, seen_hash=seen, actor=made.riverton_counsel, now=NOW)
    approving.approve(agreement, seen_hash=seen, actor=made.mesa_counsel, now=NOW)
    return again(agreement)


@_kept
def in_signing(made: World, **facts: Any) -> Agreement:
    """Frozen, both signatories asked."""
    agreement = approved(made, **facts)
    freezing.freeze(
        agreement, seen_hash=approving.submitted(agreement).sha256, actor=made.riverton_liaison, now=NOW
    )
    return again(agreement)


def still_open(made: World, agreement: Agreement, *, now: datetime) -> Agreement:
    """The same, to be signed within a month from now."""
    requesting.extend(
        agreement,
        sign_by=now.date() + timedelta(days=30),
        reason="Another day.",
        actor=made.riverton_liaison,
        now=now,
    )
    return again(agreement)


def sign(agreement: Agreement, person: User, *, now: datetime = NOW, **given: Any) -> Signature:
    """One signature as the page would make it, by somebody who has proved who they are."""
    said: dict[str, Any] = {
        "seen_hash": approving.submitted(agreement).sha256,
        "typed_name": person.name,
        "consent": True,
    }
    return signing.sign(agreement, **(said | {"prove": proved(person)} | given), actor=person, now=now)


def proved(person: User) -> Callable[[Agreement], Proof]:
    """That this person was there, as `stepup.prove` would have found."""
    return lambda agreement: Proof(person.pk, factors.TOTP)


def code(person: User, now: datetime = NOW) -> str:
    """The code to type next from this person's authenticator app."""
    return factors.next_code(person, SECRET, now=now) or "used up"


@_kept
def executed(made: World, **facts: Any) -> Agreement:
    """Signed by both: executed on the day of NOW."""
    agreement = in_signing(made, **facts)
    sign(agreement, made.riverton_signatory)
    sign(agreement, made.mesa_signatory)
    return again(agreement)


OLD = b"""MEMORANDUM OF UNDERSTANDING
between Riverton Police Department and Mesa County District Attorney

1. PURPOSE
The parties share case records.

2. TERM
This Memorandum shall be effective July 1, 2025 and shall continue through June 30, 2027. Either party may terminate
this Memorandum by giving 60 days written notice to the other party.
"""


def imported(made: World, *, data: bytes = OLD, name: str = "old mou.txt", **facts: Any) -> Agreement:
    """Signed outside in 2025 and brought in by Riverton."""
    terms = {
        "signed_on": date(2025, 6, 20),
        "effective_on": date(2025, 7, 1),
        "last_day": date(2027, 6, 30),
        "notice_days": 60,
    }
    kept = importing.keep(data, name, root=Path(settings.DOCUMENTS))
    return importing.enter(
        kept, title="Records of cases", kind="MOU", lead=made.riverton, partners=[drafting.PartySpec(made.mesa)],
        terms=Terms(**(terms | facts)), actor=made.riverton_liaison, now=NOW,
    )  # fmt: skip


def again(agreement: Agreement) -> Agreement:
    """The agreement as the database has it now."""
    (found,) = _AGAIN.rows(pk=agreement.pk)
    return found


_AGAIN = Prepared(lambda: Agreement.objects.filter(pk=Slot("pk", UUIDField())))


STAGES: dict[Stage, Callable[..., Agreement]] = {
    Stage.DRAFT: drafted,
    Stage.NEGOTIATION: shared,
    Stage.APPROVAL: in_approval,
    Stage.SIGNING: in_signing,
    Stage.EXECUTED: executed,
}
"""How to build an agreement in each stage that others start from."""


def standing_of(agreement: Agreement, day: date) -> str:
    """The key of where the agreement stands on a day."""
    return standing.of(agreement, today=day).key
