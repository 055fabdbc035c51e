"""A question put together once answers as one put together each time, for whatever values, in whatever thread."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agencies.models import Agency, Membership, User
from agencies.models.people import memberships_of, roles_of
from agencies.operations.roles import retire_membership
from agreements import policy
from agreements.models import Agreement
from common.prepared import Prepared, Slot, one_of
from tests import builders
from tests.agreements.pages import browser
from tests.builders import NOW, World, again

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
KEYS = Slot("keys", models.UUIDField())
NAMED = Prepared(lambda: Agency.objects.filter(one_of("pk", KEYS)).order_by("name"))


def test_it_finds_what_is_asked_for_each_time(made: World) -> None:
    for keys in ([made.mesa.pk, made.riverton.pk], [made.mesa.pk], []):
        assert NAMED.rows(keys=keys) == list(Agency.objects.filter(pk__in=keys).order_by("name"))


def test_rows_come_with_what_was_to_be_read_together(made: World) -> None:
    asked = memberships_of(made.mesa_counsel, today=TODAY)
    rows = roles_of(made.mesa_counsel, today=TODAY)
    assert rows == list(asked) and rows
    with CaptureQueriesContext(connection) as queries:
        assert [row.agency.name for row in rows] == [made.mesa.name]
    assert len(queries) == 0


@pytest.mark.django_db(transaction=True)
def test_each_thread_asks_on_its_own_connection() -> None:
    def ask(_: int) -> list[Any]:
        found = NAMED.rows(keys=[])
        assert connection.connection is not None
        connection.close()
        return found

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(ask, range(4))) == [[]] * 4


def test_one_agreement_is_found_as_among_all_that_are_visible(made: World) -> None:
    agreement = builders.shared(made)
    for person in made.people.values():
        listed = policy.visible(person, today=TODAY).with_parties().filter(pk=agreement.pk).first()
        found = policy.one(person, agreement.pk, today=TODAY)
        assert found == listed
        if found and listed:
            with CaptureQueriesContext(connection) as queries:
                assert list(found.parties.all()) == list(listed.parties.all())
                assert found.lead and found.term and {p.agency.name for p in found.parties.all()}
            assert len(queries) == 0
            assert found.parties.filter(agency=made.mesa).count() == 1


def _ask_for_roles(client: Client, place: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        client.get(place)
    return sum('FROM "agencies_membership"' in query["sql"] for query in queries.captured_queries)


def test_a_page_asks_for_the_roles_of_its_reader_once(made: World, today: None) -> None:
    agreement: Agreement = builders.shared(made)
    client = browser(made.mesa_liaison)
    assert _ask_for_roles(client, f"/agreements/{agreement.pk}/") == 1


def test_roles_that_ended_are_gone_at_the_next_look_and_before_every_act(made: World, today: None) -> None:
    agreement = builders.shared(made)
    client, place = browser(made.mesa_liaison), f"/agreements/{agreement.pk}/"
    assert client.get(place).status_code == 200
    assert policy.may(made.mesa_liaison, "edit", agreement, today=TODAY)
    (role,) = Membership.objects.filter(user=made.mesa_liaison)
    retire_membership(role, actor=made.mesa_administrator, now=NOW)
    assert client.get(place).status_code == 404
    assert not policy.may(made.mesa_liaison, "edit", again(agreement), today=TODAY)
    assert isinstance(made.mesa_liaison, User) and made.mesa_liaison.remembered is None
