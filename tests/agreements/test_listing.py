"""The list: what is on it, in which order, counted how, and that search widens nothing."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agreements import listing, policy, standing
from agreements.listing import Filters
from agreements.models import Agreement
from agreements.operations import drafting, granting, negotiating
from tests import builders
from tests.builders import World
from tests.kept import kept

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 2)


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


def counted(made: World, person: str, **filters: object) -> listing.Facets:
    principals = policy.principals(made.people[person], today=TODAY)
    return listing.facets(principals, filters=Filters(**filters), today=TODAY)  # type: ignore[arg-type]


def test_facets_count_what_the_list_holds(made: World) -> None:
    builders.drafted(made)
    agreement = builders.executed(made)
    facets = counted(made, "riverton_counsel")
    assert (facets.total, facets.more, facets.said) == (2, False, "2")
    assert facets.counts["stage"] == {"draft": 1, "executed": 1}
    assert facets.counts["standing"] == {"draft": 1, standing.of(agreement, today=TODAY).key: 1}
    assert facets.counts["kind"] == {agreement.kind: 2}
    assert facets.counts["party"] == {made.riverton.slug: 2, made.mesa.slug: 2}
    assert set(facets.counts["category"]) == set(agreement.categories)


def test_each_facet_narrows_to_what_it_counted(made: World) -> None:
    builders.drafted(made)
    builders.shared(made)
    builders.executed(made)
    facets = counted(made, "riverton_counsel")
    for name in ("stage", "standing", "kind", "party", "category"):
        for value, count in facets.counts[name].items():
            rows = found(made, "riverton_counsel", **{name: value})
            assert len(rows) == count, (name, value)
            assert counted(made, "riverton_counsel", **{name: value}).total == count


def test_the_lead_and_the_end_narrow(made: World) -> None:
    agreement = builders.executed(made)
    assert found(made, "mesa_liaison", mine=(made.riverton.pk,)) == [agreement]
    assert not found(made, "mesa_liaison", mine=(made.mesa.pk,))
    last = agreement.last_day
    assert last is not None
    assert found(made, "mesa_liaison", ends_before=last + timedelta(days=1)) == [agreement]
    assert not found(made, "mesa_liaison", ends_before=last)


def filled(made: World, number: int) -> None:
    """Many executed agreements of Riverton and Mesa, straight into the tables as a restore would."""
    like = builders.executed(made)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(FILL, {"like": like.pk, "number": number, "today": TODAY})
        cursor.execute("SET session_replication_role = DEFAULT")


FILL = """
WITH made AS (
  INSERT INTO agreements_agreement
    SELECT r.* FROM agreements_agreement a, generate_series(1, %(number)s) n, jsonb_populate_record(a, jsonb_build_object(
             'id', gen_random_uuid(), 'reference', 'X-' || n, 'last_day', %(today)s::date + (n %% 700) - 100,
             'review_due_on', NULL, 'effective_on', '2020-01-01')) r WHERE a.id = %(like)s
    RETURNING id, last_day),
parties AS (
  INSERT INTO agreements_party
    SELECT r.* FROM agreements_party p, made, jsonb_populate_record(p, jsonb_build_object(
             'id', gen_random_uuid(), 'agreement_id', made.id)) r WHERE p.agreement_id = %(like)s RETURNING agreement_id, agency_id)
INSERT INTO agreements_access (principal, agreement_id, sort_on)
  SELECT p.agency_id, p.agreement_id, m.last_day FROM parties p JOIN made m ON m.id = p.agreement_id
"""


@pytest.fixture
def many(made: World) -> World:
    kept("5000 agreements", lambda: filled(made, 5000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE agreements_access, agreements_agreement, agreements_party")
    return made


def test_pages_follow_each_other_without_gap_or_repetition(many: World) -> None:
    principals = policy.principals(many.riverton_liaison, today=TODAY)
    for when, sign in [("coming", 1), ("passed", -1), ("all", 1)]:
        filters, after, keys = Filters(when=when, stage="executed"), None, []
        for _ in range(4):
            page = listing.page(principals, filters=filters, after=after, limit=100, today=TODAY)
            keys += [(row.agreement.last_day or date.max, row.agreement.pk) for row in page.rows]
            after = page.next
        assert len(set(keys)) == len(keys) == 400
        assert keys == sorted(keys, reverse=sign < 0)
        assert all((day >= TODAY) == (sign > 0) for day, _ in keys if when != "all")


def test_the_last_page_says_so_and_no_page_is_longer_than_asked(made: World) -> None:
    agreements = [builders.drafted(made) for _ in range(3)]
    principals = policy.principals(made.riverton_liaison, today=TODAY)
    first = listing.page(principals, filters=Filters(), limit=2, today=TODAY)
    assert first.next is not None and len(first.rows) == 2
    assert listing.Mark.read(str(first.next)) == first.next
    rest = listing.page(principals, filters=Filters(), after=first.next, limit=2, today=TODAY)
    assert rest.next is None
    assert {row.agreement for row in first.rows + rest.rows} == set(agreements)


def test_counts_are_bounded(many: World) -> None:
    facets = counted(many, "riverton_counsel")
    assert (facets.total, facets.said, facets.sampled) == (1000, "1,000+", True)
    assert sum(facets.counts["stage"].values()) == listing.SAMPLE


def test_a_page_and_its_counts_are_one_query_each(many: World) -> None:
    principals = policy.principals(many.riverton_liaison, today=TODAY)
    with CaptureQueriesContext(connection) as taken:
        listing.page(principals, filters=Filters(), today=TODAY)
        listing.facets(principals, filters=Filters(), today=TODAY)
    assert len(taken) == 2


def test_the_page_walks_the_index_and_reads_no_more_than_it_shows(many: World) -> None:
    principals = policy.principals(many.riverton_liaison, today=TODAY)
    for when in ("coming", "passed", "all"):
        with CaptureQueriesContext(connection) as taken:
            listing.page(principals, filters=Filters(when=when), today=TODAY)
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN (ANALYZE, TIMING OFF) " + taken[0]["sql"])
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert "access_in_order" in plan, plan
        assert "Seq Scan on agreements_access" not in plan, plan
        assert "Seq Scan on agreements_agreement" not in plan, plan


def test_access_that_has_ended_shows_nothing(made: World) -> None:
    agreement = builders.shared(made)
    granting.grant(agreement, person=made.outsider, conveys="view", until=TODAY + timedelta(days=10),
                   reason="Outside counsel", actor=made.riverton_counsel, now=builders.NOW)  # fmt: skip
    principals = policy.principals(made.outsider, today=TODAY)
    for day, expected in [(9, [agreement]), (10, [])]:
        on = TODAY + timedelta(days=day)
        assert [r.agreement for r in listing.page(principals, filters=Filters(), today=on).rows] == expected
        hits = listing.search(principals, filters=Filters(text="criminal justice"), today=on).rows
        assert [row.agreement for row in hits] == expected
        assert listing.facets(principals, filters=Filters(), today=on).total == len(expected)


def test_the_search_finds_words_of_the_text_and_ranks_the_title_first(made: World) -> None:
    plain, named = builders.shared(made), builders.shared(made, title="Fingerprint exchange")
    assert searched(made, "mesa_liaison", "fingerprint")[0] == named
    assert plain in searched(made, "mesa_liaison", "criminal justice information")
    assert searched(made, "mesa_liaison", named.reference) == [named]
    assert searched(made, "mesa_liaison", "fingerprint", stage="executed") == []
    assert searched(made, "mesa_liaison", "xylophone") == []
    assert searched(made, "mesa_liaison", "the of and") == []


def test_words_are_taken_apart_anew_only_where_they_differ(made: World) -> None:
    agreement = builders.drafted(made, title="Exchange of case records")

    def entry() -> object:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT ctid::text, tsv::text FROM agreements_searchentry WHERE agreement_id = %s",
                [agreement.pk],
            )
            return cursor.fetchone()

    before = entry()
    builders.completed(made, agreement)
    assert entry() == before
    drafting.edit(
        agreement, values={"title": "Weather balloons"}, actor=made.riverton_liaison, now=builders.NOW
    )
    assert entry() != before
    assert searched(made, "riverton_liaison", "balloons") == [agreement]
    negotiating.share(builders.again(agreement), actor=made.riverton_liaison, now=builders.NOW)
    assert searched(made, "mesa_liaison", "balloons") == [agreement]


@pytest.mark.parametrize(
    "text", ["{}", "criminal or {}", "-{}", "-xylophone or {}", '"{}"', "{} criminal or justice"]
)
def test_no_words_widen_what_the_search_may_find(made: World, text: str) -> None:
    builders.shared(made)
    for key in (made.riverton.pk.hex, made.mesa.pk.hex, made.riverton_liaison.pk.hex):
        for lexeme in (f"zp{key}", f"ZP{key.upper()}"):
            assert searched(made, "outsider", text.format(lexeme)) == []
            assert searched(made, "nobody", text.format(lexeme)) == []


def test_the_search_does_not_tell_who_else_may_see_an_agreement(made: World) -> None:
    builders.shared(made)
    assert searched(made, "mesa_liaison", f"zp{made.riverton.pk.hex}") == []


@pytest.mark.parametrize(
    "text",
    [
        "'",
        "\\",
        "a & | ! ( <-> :*",
        '"',
        "%s %(x)s",
        "é" * 200,
        "\u202e",
        "-" * 200,
        '-"' * 100,
        "or " * 60,
        "-a" * 90,
    ],
)
def test_the_search_takes_whatever_people_type(made: World, text: str) -> None:
    builders.shared(made)
    assert isinstance(searched(made, "mesa_liaison", text), list)
