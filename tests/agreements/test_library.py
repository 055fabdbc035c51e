"""Who holds which clause, and how far agreements stray from it: right, seen by those who may, and at any size."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agreements.library import indexing, uses
from agreements.library.indexing import digest_of, distance
from agreements.models import Agreement, ClauseText, ClauseUse
from agreements.operations import drafting, negotiating
from audit import heads
from tests import builders
from tests.agreements.pages import browser, text
from tests.agreements.test_listing import filled
from tests.builders import NOW, World, again

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 2)
CLAUSE = "disputes"


def reworded(made: World, words: str, *, clause: str = CLAUSE, **facts: Any) -> Agreement:
    """Shared, with one clause in other words."""
    agreement = builders.completed(made, builders.drafted(made, **facts))
    row = agreement.provisions.get(origin=f"{clause}@1")
    drafting.edit(row, values={"text": words}, actor=made.riverton_liaison, now=NOW)
    negotiating.share(again(agreement), actor=made.riverton_liaison, now=NOW)
    return again(agreement)


def held(made: World, who: str, clause: str = CLAUSE, **asked: Any) -> list[Agreement]:
    rows = uses.usage(made.people[who], clause, today=TODAY, **asked).rows
    return [row.agreement for row in rows]


def strayed(made: World, who: str, clause: str = CLAUSE, **asked: Any) -> uses.Divergence:
    return uses.divergence(made.people[who], clause, today=TODAY, **asked)


def test_usage_shows_what_each_person_may_see_and_nothing_else(made: World) -> None:
    draft, open_, done = builders.drafted(made), builders.shared(made), builders.executed(made)
    assert set(held(made, "riverton_signatory")) == {draft, open_, done}
    assert set(held(made, "mesa_auditor")) == {open_, done}
    assert held(made, "outsider") == held(made, "nobody") == held(made, "board_liaison") == []
    assert held(made, "riverton_liaison", "rms-board") == []
    row = next(
        row for row in uses.usage(made.mesa_liaison, CLAUSE, today=TODAY).rows if row.agreement == done
    )
    provision = done.provisions.get(origin=f"{CLAUSE}@1")
    assert (row.versions, row.url) == ((1,), f"/agreements/{done.pk}/#provision-{provision.pk}")


def test_a_draft_not_shared_yet_shows_its_words_to_its_own_agency_alone(made: World) -> None:
    agreement = builders.drafted(made)
    row = agreement.provisions.get(origin=f"{CLAUSE}@1")
    drafting.edit(row, values={"text": "Our secret wording."}, actor=made.riverton_liaison, now=NOW)
    assert "secret" in strayed(made, "riverton_counsel").groups[0].text
    for who in ("overseer", "mesa_liaison"):  # the overseer sees that there is a draft, not its words
        assert strayed(made, who).groups == [] and held(made, who) == []


def test_what_the_others_edit_is_not_counted_before_they_hand_it_over(made: World) -> None:
    agreement = builders.shared(made)
    row = agreement.provisions.get(origin=f"{CLAUSE}@1")
    drafting.edit(row, values={"text": "Mesa’s words so far."}, actor=made.mesa_liaison, now=NOW)
    assert strayed(made, "riverton_counsel").groups[0].changed == 0
    negotiating.return_text(again(agreement), actor=made.mesa_liaison, now=NOW)
    assert strayed(made, "riverton_counsel").groups[0].text == "Mesa’s words so far."


def test_a_clause_taken_out_is_held_no_more(made: World) -> None:
    agreement = builders.drafted(made)
    drafting.remove(agreement.provisions.get(origin=f"{CLAUSE}@1"), actor=made.riverton_liaison, now=NOW)
    assert held(made, "riverton_liaison") == []


def test_texts_are_grouped_and_those_that_stray_furthest_come_first(made: World) -> None:
    model = indexing.models([CLAUSE])[CLAUSE][1]
    far = [reworded(made, "The Parties flip a coin.") for _ in range(2)]
    near = reworded(made, model.replace("Parties", "Agencies", 1))
    same = [builders.shared(made), reworded(made, f"  {model.replace(' ', '  ', 3)}\n")]
    found = strayed(made, "mesa_counsel")
    assert [group.count for group in found.groups] == [2, 1, 2]
    assert (found.texts, found.agreements) == (3, 5)
    assert [{row.agreement for row in group.held} for group in found.groups] == [{*far}, {near}, {*same}]
    furthest, close, exact = found.groups
    assert (close.changed, exact.changed, exact.share) == (2, 0, 0) and furthest.changed > 20
    kinds = {piece.kind: piece.text for piece in close.pieces if piece.kind != "same"}
    assert (kinds["deleted"], kinds["inserted"]) == ("Parties", "Agencies")
    assert {group.count for group in strayed(made, "outsider").groups} == set()


def test_pages_of_texts_and_of_agreements_follow_each_other(
    made: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        reworded(made, f"Wording number {number}.")
    monkeypatch.setattr(uses, "GROUPS", 3)
    first = strayed(made, "mesa_counsel")
    rest = strayed(made, "mesa_counsel", first=first.following)
    assert (len(first.groups), len(rest.groups), rest.following) == (3, 1, None)
    assert len({group.digest for group in first.groups + rest.groups}) == 4
    for rare in (uses.RARE, 0):  # driven from the clause, and from the person's own list
        monkeypatch.setattr(uses, "RARE", rare)
        page = uses.usage(made.mesa_counsel, CLAUSE, limit=3, today=TODAY)
        more = uses.usage(made.mesa_counsel, CLAUSE, limit=3, after=page.next, today=TODAY)
        assert len(page.rows) == 3 and len(more.rows) == 1 and more.next is None
        assert len({row.agreement for row in page.rows + more.rows}) == 4
        assert page.versions == {1: 4}


def test_the_windows_of_a_long_list_reach_everything(made: World, monkeypatch: pytest.MonkeyPatch) -> None:
    agreements = {builders.shared(made) for _ in range(5)}
    monkeypatch.setattr(uses, "RARE", 0)
    monkeypatch.setattr(uses, "SCANNED", 2)
    met: set[Agreement] = set()
    after, pages = None, 0
    while pages == 0 or after:
        page = uses.usage(made.mesa_liaison, CLAUSE, after=after, today=TODAY)
        met |= {row.agreement for row in page.rows}
        after, pages = page.next, pages + 1
    assert met == agreements and pages == 3


def test_an_older_version_is_counted_apart_and_measured_against_the_newest(made: World) -> None:
    first, second = builders.shared(made), builders.shared(made)
    ClauseUse.objects.filter(agreement=first, clause=CLAUSE).update(version=7)
    found = uses.usage(made.mesa_liaison, CLAUSE, today=TODAY)
    assert found.versions == {7: 1, 1: 1} and {row.agreement for row in found.rows} == {first, second}
    ClauseText.objects.filter(clause=CLAUSE).update(model=f"{CLAUSE}@0", changed=99)
    assert strayed(made, "mesa_liaison").groups[0].changed == 0  # measured anew, the model is another


def test_texts_nobody_holds_are_forgotten_and_others_are_kept(made: World) -> None:
    agreement = builders.drafted(made)
    row = agreement.provisions.get(origin=f"{CLAUSE}@1")
    drafting.edit(row, values={"text": "Passing words."}, actor=made.riverton_liaison, now=NOW)
    row.refresh_from_db()
    drafting.edit(row, values={"text": "Lasting words."}, actor=made.riverton_liaison, now=NOW)
    assert indexing.sweep() == 0  # seen today
    ClauseText.objects.update(seen_on=TODAY)
    assert indexing.sweep() >= 1
    kept = set(ClauseText.objects.filter(clause=CLAUSE).values_list("text", flat=True))
    assert "Lasting words." in kept and "Passing words." not in kept


def test_distance_counts_words_and_digests_overlook_white_space() -> None:
    assert distance("one two three", "one two three") == (0, 3)
    assert distance("one two three", "one 2 three four") == (3, 3)
    assert distance("", "new words") == (2, 0)
    assert digest_of("a  b\n\n\nc ") == digest_of("a b\n\nc") != digest_of("a b c")


USES = """
INSERT INTO agreements_clauseuse (agreement_id, clause, provision, version, digest)
  SELECT id, %s, gen_random_uuid(), 1, md5((hashtext(id::text) %% 300)::text)
    FROM agreements_agreement
"""


@pytest.fixture
def many(made: World) -> World:
    """Five thousand agreements of Riverton, each holding the clause in one of a few dozen texts, and a rare one."""
    cache.set(heads.REFUSED, "", 600)
    filled(made, 5000)
    with connection.cursor() as cursor:
        for clause in (CLAUSE, "audit", "term"):
            cursor.execute(USES, [clause])
        cursor.execute(
            "DELETE FROM agreements_clauseuse WHERE clause = %s AND hashtext(agreement_id::text) %% 500 <> 0",
            ["audit"],
        )
        cursor.execute(
            "INSERT INTO agreements_clausetext (clause, digest, text, model, changed, said, seen_on) "
            "SELECT DISTINCT clause, digest, 'Text ' || digest, clause || '@1', length(digest) + ascii(digest), 90, CURRENT_DATE "
            "FROM agreements_clauseuse u ON CONFLICT DO NOTHING"
        )
        for table in ("clauseuse", "clausetext", "access", "agreement"):
            cursor.execute(f"ANALYZE agreements_{table}")
    return made


def plans(taken: CaptureQueriesContext) -> list[str]:
    found = []
    with connection.cursor() as cursor:
        for query in list(taken):
            if "agreements_clause" in query["sql"] or "agreements_access" in query["sql"]:
                cursor.execute("EXPLAIN (ANALYZE, TIMING OFF) " + query["sql"])
                found.append("\n".join(line for (line,) in cursor.fetchall()))
    return found


@pytest.mark.parametrize("clause", [CLAUSE, "audit"])
def test_a_page_reads_by_index_and_takes_as_many_queries_however_much_there_is(
    many: World, clause: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uses, "SCANNED", 40)  # to five thousand what the window is to a large installation
    for ask in (uses.usage, uses.divergence):
        with CaptureQueriesContext(connection) as taken:
            found = ask(many.riverton_counsel, clause, today=TODAY)
        assert len(taken) <= 10, [query["sql"][:80] for query in taken]
        told = found.rows if isinstance(found, uses.Usage) else found.groups
        assert told
        for plan in plans(taken):
            for table in ("clauseuse", "agreement", "access"):
                assert f"Seq Scan on agreements_{table} " not in plan, plan


def test_the_number_of_queries_does_not_grow(made: World) -> None:
    cache.set(heads.REFUSED, "", 600)
    client = browser(made.riverton_counsel)
    client.get("/mail/")  # the first request of a session also writes it
    counts: list[list[int]] = []
    for _ in range(2):
        for number in range(3):
            reworded(made, f"Wording {number} {uuid4()}.")
        counts.append([])
        for path in ("", f"{CLAUSE}/", f"{CLAUSE}/usage/", f"{CLAUSE}/divergence/"):
            with CaptureQueriesContext(connection) as taken:
                assert client.get(f"/clauses/{path}").status_code == 200
            counts[-1].append(len(taken))
    assert counts[0] == counts[1] and max(counts[0]) <= 32, counts


def test_the_pages_of_a_clause_say_what_they_know(made: World) -> None:
    agreement = reworded(made, "The Parties flip a coin.")
    client = browser(made.mesa_counsel)
    page = text(client.get("/clauses/audit/"))
    assert "Other texts on this matter" in page and "Fallback" in page
    page = text(client.get("/clauses/term/"))
    assert (
        "How often it is reviewed" in page and "[The first day in force, or the rule that makes it]" in page
    )
    assert agreement.reference in text(client.get(f"/clauses/{CLAUSE}/usage/"))
    strays = text(client.get(f"/clauses/{CLAUSE}/divergence/"))
    assert "flip a coin" in strays and "words changed" in strays
    assert "No agreement holds it" in text(client.get("/clauses/rms-board/usage/"))
    assert "Nothing to compare" in text(client.get("/clauses/rms-board/divergence/"))
    assert client.get("/clauses/own:x%00:y/").status_code == 404
    for odd in ("?after=x&from=y", "?from=99999", "?after=2026-01-01_" + str(uuid4())):
        for part in ("usage", "divergence"):
            assert client.get(f"/clauses/{CLAUSE}/{part}/{odd}").status_code == 200
    assert client.get("/clauses/nothing/").status_code == 404
    assert client.get("/clauses/own:x:y/").status_code == 404


def test_the_library_is_searched_and_narrowed(made: World) -> None:
    client = browser(made.nobody)
    found = client.get("/clauses/?q=hit+confirm").context["texts"]
    assert found[0][0].ref == "cjis-hit-confirmation"
    by_rule = client.get("/clauses/?rule=uk&part=ukdp").context["texts"]
    assert by_rule and all(one.part == "ukdp" and "uk" in one.rules for one, _ in by_rule)
    fallbacks = client.get("/clauses/?position=fallback").context
    assert {one.position for one, _ in fallbacks["texts"]} == {"fallback"}
    counts = {facet["label"]: facet["options"] for facet in client.get("/clauses/").context["facets"]}
    assert sum(option["count"] for option in counts["Part"]) == client.get("/clauses/").context["total"]
    assert "left out" in text(client.get("/clauses/?part=nowhere"))
    assert "No clause fits" in text(client.get("/clauses/?q=xylophone"))
    for odd in ("%00", "(", "a" * 300, "%F0%9F%92%A9"):
        assert client.get(f"/clauses/?q={odd}").status_code == 200
    page = client.get("/clauses/")
    following = client.get(page.context["next_url"])
    shown = {one.ref for one, _ in page.context["texts"]} & {one.ref for one, _ in following.context["texts"]}
    assert not shown and following.context["texts"]
