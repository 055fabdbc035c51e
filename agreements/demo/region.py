"""The demo's agencies and people, entered as an operator would."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password

from agencies import factors
from agencies.models import Agency, Role, User
from agencies.operations.accounts import register_person
from agencies.operations.agencies import register_agency, set_oversight
from agencies.operations.authority import grant_authority
from agencies.operations.roles import grant_membership
from audit.record import SYSTEM

HERE = Path(__file__).parent
SAID_OF_AGENCY = ("name", "short_name", "legal_name", "kind", "cj_status", "ori", "address", "phone")


@dataclass
class Region:
    """The agencies by key, and who first came to hold which role in each."""

    zone: ZoneInfo
    agencies: dict[str, Agency] = field(default_factory=dict)
    facts: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    people: dict[str, User] = field(default_factory=dict)
    holders: dict[tuple[str, str], User] = field(default_factory=dict)

    def holder(self, agency: str, role: str) -> User:
        """The person who acts for the agency in that role."""
        return self.holders[agency, role]

    def key_of(self, agency_id: object) -> str:
        """The key of an agency by its id."""
        return next(key for key, agency in self.agencies.items() if agency.pk == agency_id)


def read(name: str) -> dict[str, Any]:
    """One of the demo's data files."""
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))


def build(*, password: str, totp: str, now: datetime) -> Region:
    """Register every agency and person of region.toml on the day of `now`; signatories get an app with this secret."""
    said, encoded = read("region.toml"), make_password(password)
    region = Region(ZoneInfo(said["zone"]))
    for facts in said["agency"]:
        region.agencies[facts["key"]] = _agency(facts, said, now)
        region.facts[facts["key"]] = facts
    for facts in said["person"]:
        _person(region, facts, encoded, now)
        if totp and any(Role.SIGNATORY in roles for roles in facts["roles"].values()):
            factors.enrol_app(region.people[facts["name"]], totp, actor=SYSTEM, now=now)
    for facts in said["person"]:
        if "basis" in facts:
            _authority(region, facts, now)
    for key in said["overseen"]:
        set_oversight(region.agencies[said["overseer"]], region.agencies[key], actor=SYSTEM, now=now)
    return region


def _agency(facts: Mapping[str, Any], said: Mapping[str, Any], now: datetime) -> Agency:
    return register_agency(
        **{name: facts[name] for name in SAID_OF_AGENCY}, jurisdiction=said["state"], timezone=said["zone"],
        email_domains=[facts["domain"]], governing_body=facts.get("governing_body", ""), actor=SYSTEM, now=now,
    )  # fmt: skip


def _person(region: Region, facts: Mapping[str, Any], encoded: str, now: datetime) -> None:
    home = next(iter(facts["roles"]))
    address = facts["name"].lower().replace(" ", ".") + "@" + region.facts[home]["domain"]
    person = register_person(
        email=address, name=facts["name"], title=facts["title"], encoded=encoded, actor=SYSTEM, now=now
    )
    region.people[facts["name"]] = person
    for agency, roles in facts["roles"].items():
        for role in roles:
            grant_membership(region.agencies[agency], person, role=Role(role), actor=SYSTEM, now=now)
            region.holders.setdefault((agency, role), person)


def _authority(region: Region, facts: Mapping[str, Any], now: datetime) -> None:
    key = next(iter(facts["roles"]))
    grant_authority(
        region.agencies[key], region.people[facts["name"]], basis_kind=facts["basis_kind"], basis=facts["basis"],
        kinds=facts.get("kinds", ()), actor=region.holder(key, Role.ADMINISTRATOR), now=now,
    )  # fmt: skip
