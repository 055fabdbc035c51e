"""The list: what is on it, in which order, counted how, and that search widens nothing."""

from datetime import date

import pytest

from agreements import listing, policy
from agreements.listing import Filters
from agreements.models import Agreement
from tests import builders
from tests.builders import World

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 2)


@pytest.fixture
def made() -> World:
    return builders.world()


def found(made: World, person: str, **filters: object) -> list[Agreement]:
    principals = policy.principals(made.people[person], today=TODAY)
    rows = listing.page(principals, filters=Filters(**filters), today=TODAY).rows  # type: ignore[arg-type]
    return [row.agreement for row in rows]


def searched(made: World, person: str, text: str, **filters: object) -> list[Agreement]:
    principals = policy.principals(made.people[person], today=TODAY)
    wanted = Filters(text=text, **filters)  # type: ignore[arg-type]
    return [row.agreement for row in listing.search(principals, filters=wanted, today=TODAY).rows]


def test_each_agreement_is_listed_once_for_those_who_may_see_it(made: World) -> None:
    draft, shared = builders.drafted(made), builders.shared(made)
    assert set(found(made, "riverton_liaison")) == {draft, shared}
    assert found(made, "mesa_liaison") == [shared]
    assert set(found(made, "overseer")) == {draft, shared}
    assert not found(made, "board_liaison")
    assert not found(made, "outsider")
    assert not found(made, "nobody")


def test_somebody_in_both_parties_meets_it_once(made: World) -> None:
    shared = builders.shared(made)
    both = builders.person(made, "both_sides", {"riverton": "liaison", "mesa": "counsel"}, builders.NOW)
    principals = policy.principals(both, today=TODAY)
    page = listing.page(principals, filters=Filters(), today=TODAY)
    assert [row.agreement for row in page.rows] == [shared]
    assert listing.facets(principals, filters=Filters(), today=TODAY).total == 1
