"""The benchmark's filling makes what the application's own triggers would have made."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from agreements import policy, standing
from agreements.models import STANDINGS, Access, Agreement, Party
from tests.bench.fill import fill
from tests.builders import World, drafted, world

TODAY = date(2026, 11, 21)
SIZE = 400
PERSON = UUID("00000000-0000-0000-0000-000000000001")


@pytest.fixture
def filled(db: None) -> None:
    with connection.cursor() as cursor:
        fill(cursor, size=SIZE, person=str(PERSON), today=TODAY, agencies=20)


def _access() -> set[Any]:
    return set(Access.objects.values_list("principal", "agreement", "sort_on", "until"))


def _words() -> set[Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT agreement_id, tsv::text FROM agreements_searchentry")
        return set(cursor.fetchall())


def test_access_and_search_are_what_the_triggers_make(filled: None) -> None:
    before = _access(), _words()
    assert len(before[0]) > SIZE
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM agreements_access")
        cursor.execute("SELECT count(agreements_refresh_access(id)) FROM agreements_agreement")
    assert (_access(), _words()) == before


def test_the_shape_is_believable(filled: None) -> None:
    assert Agreement.objects.count() == SIZE
    assert 2.1 < Party.objects.count() / SIZE < 2.5
    found = {standing.of(row, today=TODAY).key for row in Agreement.objects.all()}
    assert found >= set(STANDINGS) - {"upcoming", "suspended", "in_notice"}


def test_the_operations_go_on_from_there(filled: None) -> None:
    made: World = world()
    agreement = drafted(made)
    assert policy.visible(made.riverton_liaison, today=TODAY).get() == agreement
    assert agreement.last_event.pk > SIZE
