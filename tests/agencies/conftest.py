"""A small cast: Riverton's police with an administrator, and people who are not of it."""

from dataclasses import dataclass

import pytest
from django.test import Client

from agencies.models import Agency, User
from tests.agencies import builders


@dataclass(frozen=True)
class Cast:
    """The agencies and people of these tests."""

    rpd: Agency
    county: Agency
    auditors: Agency
    admin: User
    liaison: User
    signatory: User
    outsider: User
    overseer: User


@pytest.fixture
def cast(db: None) -> Cast:
    """Riverton PD (overseen by the state's auditors) and Mesa County, which has nothing to do with it."""
    rpd = builders.agency(
        "Riverton Police Department", short_name="Riverton PD", email_domains=["rpd.example"]
    )
    county = builders.agency("Mesa County", kind="county")
    auditors = builders.agency("State Auditor", kind="oversight")
    made = Cast(
        rpd,
        county,
        auditors,
        admin=builders.person("ada@rpd.example", "Ada Admin", administrator=rpd),
        liaison=builders.person("lee@rpd.example", "Lee Liaison", liaison=rpd),
        signatory=builders.person("sam@rpd.example", "Sam Signer", signatory=rpd),
        outsider=builders.person("olga@mesa.example", "Olga Outside", administrator=county),
        overseer=builders.person("odo@state.example", "Odo Overseer", auditor=auditors),
    )
    builders.oversight(auditors, rpd)
    return made


@pytest.fixture
def as_user(client: Client):
    """A browser signed in as somebody."""

    def sign_in(user: User) -> Client:
        client.force_login(user, backend="agencies.backends.Accounts")
        return client

    return sign_in
