"""The desk's pages: what each person finds there, what is refused, and how many queries it takes."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from agreements import policy
from agreements.models import Agreement
from agreements.operations import drafting, negotiating
from agreements.views.desk import desk
from audit import heads
from audit.guards import lifted
from tests import builders
from tests.builders import World

pytestmark = pytest.mark.django_db
BASELINE = Path(__file__).parent.parent / "query_counts.json"


@pytest.fixture
def page(client: Client, made: World) -> Callable[..., Any]:
    """A page as one of the cast sees it."""

    def fetch(person: str, url: str, **data: Any) -> Any:
        client.force_login(made.people[person], backend="agencies.backends.Accounts")
        return client.get(url, data)

    return fetch


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def test_pages_of_the_desk_ask_who_one_is(client: Client, made: World) -> None:
    agreement = builders.drafted(made)
    own = [f"/agreements/{agreement.pk}/{tail}/" for tail in ("history", "decide")]
    for url in ["/", "/agreements/", "/board/", "/board.csv", *own]:
        assert client.get(url).status_code == 302


def test_the_in_tray_says_whose_turn_it_is_and_leads_there(made: World, page: Callable[..., Any]) -> None:
    agreement = builders.shared(made)
    mesa, riverton = text_of(page("mesa_liaison", "/")), text_of(page("riverton_liaison", "/"))
    assert "Answer the text" in mesa
    assert agreement.get_absolute_url() in mesa
    assert "Waiting for their answer" in riverton
    assert "Answer the text" not in riverton


def test_counsel_are_asked_for_approval_until_they_have_given_it(
    made: World, page: Callable[..., Any]
) -> None:
    builders.in_approval(made)
    assert "Approve the text or refuse it" in text_of(page("riverton_counsel", "/"))
    assert "Approve the text or refuse it" not in text_of(page("riverton_liaison", "/"))


def test_a_signatory_is_asked_to_sign_when_those_before_have(made: World, page: Callable[..., Any]) -> None:
    agreement = builders.in_signing(made)
    answer = text_of(page("riverton_signatory", "/"))
    assert f"{agreement.get_absolute_url()}sign/" in answer
    builders.sign(agreement, made.riverton_signatory)
    answer = text_of(page("riverton_signatory", "/"))
    assert f"{agreement.get_absolute_url()}sign/" not in answer
    assert "Out for signature" in answer


def test_the_lead_sends_for_signature_once_all_have_approved(made: World, page: Callable[..., Any]) -> None:
    agreement = builders.approved(made)
    assert f"{agreement.get_absolute_url()}steps/freeze/" in text_of(page("riverton_liaison", "/"))
    assert "steps/freeze/" not in text_of(page("mesa_liaison", "/"))


def test_those_who_only_audit_begin_at_the_audit_desk(page: Callable[..., Any]) -> None:
    assert page("overseer", "/")["Location"] == "/audit/"
    assert page("riverton_auditor", "/")["Location"] == "/audit/"


def test_an_empty_in_tray_teaches(page: Callable[..., Any]) -> None:
    assert "Here you will find what others ask of you" in text_of(page("outsider", "/"))
    assert "You hold no role yet" in text_of(page("nobody", "/"))


def test_the_list_shows_what_one_may_see_and_nothing_else(made: World, page: Callable[..., Any]) -> None:
    draft, shared = builders.drafted(made, title="A quiet draft"), builders.shared(made)
    riverton, mesa = (
        text_of(page("riverton_liaison", "/agreements/")),
        text_of(page("mesa_liaison", "/agreements/")),
    )
    assert draft.title in riverton and shared.title in riverton
    assert draft.title not in mesa and shared.title in mesa
    assert "No agreements yet" in text_of(page("outsider", "/agreements/"))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"stage": "signed"}, "“signed” is not a stage we know"),
        ({"standing": "x" * 300}, "is not a standing we know"),
        ({"kind": "<script>"}, "“&lt;script&gt;” is not a kind we know"),
        ({"party": "no-such-agency"}, "There is no such agency"),
        ({"party": "no such agency'"}, "There is no such agency"),
        ({"ends_before": "soon"}, "Give a day"),
        ({"size": "5000"}, "at most 100 rows"),
        ({"q": "x" * 201}, "at most 200 characters"),
    ],
)
def test_a_filter_nobody_knows_is_named_and_left_out(
    made: World, page: Callable[..., Any], data: dict[str, str], words: str
) -> None:
    agreement = builders.shared(made)
    answer = page("mesa_liaison", "/agreements/", **data)
    assert answer.status_code == 200
    assert words in text_of(answer)
    assert agreement.title in text_of(answer)


@pytest.mark.parametrize("after", ["x", "2026-01-01", "2026-01-01_x", "_", "9999-99-99_" + "0" * 32, "\x00"])
def test_a_place_that_means_nothing_is_the_beginning(
    made: World, page: Callable[..., Any], after: str
) -> None:
    agreement = builders.shared(made)
    assert agreement.title in text_of(page("mesa_liaison", "/agreements/", after=after))


def test_the_search_finds_by_words_and_teaches_when_it_finds_nothing(
    made: World, page: Callable[..., Any]
) -> None:
    agreement = builders.shared(made)
    assert agreement.title in text_of(page("mesa_liaison", "/agreements/", q="criminal justice"))
    assert "Nothing matches" in text_of(page("mesa_liaison", "/agreements/", q="xylophone"))
    assert page("mesa_liaison", "/agreements/", q="\"' & | ! ( <-> :*").status_code == 200


def test_the_history_tells_in_sentences_what_was_done(made: World, page: Callable[..., Any]) -> None:
    agreement = builders.shared(made)
    answer = text_of(page("mesa_liaison", f"/agreements/{agreement.pk}/history/"))
    assert "shared version 1" in answer
    assert "What changed" in answer
    assert page("outsider", f"/agreements/{agreement.pk}/history/").status_code == 404


def test_the_history_hides_what_is_private_to_others(made: World, page: Callable[..., Any]) -> None:
    agreement = builders.shared(made)
    negotiating.comment(
        agreement, text="We would accept 90 days", private=True, actor=made.mesa_counsel, now=builders.NOW
    )
    url = f"/agreements/{agreement.pk}/history/"
    assert "We would accept 90 days" in text_of(page("mesa_liaison", url))
    assert "We would accept 90 days" not in text_of(page("riverton_counsel", url))
    assert "We would accept 90 days" not in text_of(page("overseer", url))


def test_how_a_text_came_about_stays_within_the_agency_that_wrote_it(
    made: World, page: Callable[..., Any]
) -> None:
    agreement = builders.shared(made)
    party = agreement.parties.get(agency=made.mesa)
    drafting.edit(party, values={"notice_days": 77}, actor=made.mesa_liaison, now=builders.NOW)
    url = f"/agreements/{agreement.pk}/history/"
    assert "77" in text_of(page("mesa_liaison", url))
    assert "Notice to end it (days)" in text_of(page("mesa_liaison", url))
    assert "changed the facts of the party" not in _newest(text_of(page("riverton_liaison", url)))
    negotiating.return_text(builders.again(agreement), actor=made.mesa_liaison, now=builders.NOW)
    assert "Notice to end it (days)" not in _newest(text_of(page("riverton_liaison", url)))
    assert "returned the text as version 2" in _newest(text_of(page("riverton_liaison", url)))


def _newest(page: str) -> str:
    """The first entry of a history page."""
    return page.split("cc-timeline__entry")[1]


def test_the_history_is_exported_by_those_who_may(made: World, page: Callable[..., Any]) -> None:
    agreement = builders.shared(made)
    url = f"/agreements/{agreement.pk}/history/"
    assert "export.csv" in text_of(page("mesa_counsel", url))
    assert "export.csv" not in text_of(page("mesa_liaison", url))


def test_the_history_is_read_in_pages(
    made: World, page: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agreements.views.history.PAGE", 2)
    agreement = builders.shared(made)
    url, seen = f"/agreements/{agreement.pk}/history/", []
    answer = page("riverton_liaison", url)
    while answer.context["next_url"]:
        seen += [row["event"].number for row in answer.context["rows"]]
        answer = page("riverton_liaison", url + answer.context["next_url"])
    seen += [row["event"].number for row in answer.context["rows"]]
    assert seen == list(range(len(seen), 0, -1))
    assert page("riverton_liaison", url, before="nonsense").status_code == 200


def test_the_desk_looks_under_the_principals_of_the_policy(made: World, rf: RequestFactory) -> None:
    builders.person(
        made, "many_hats", {"mesa": "auditor", "riverton": "counsel", "board": "auditor"}, builders.NOW
    )
    for user in made.people.values():
        request = rf.get("/")
        request.user = user
        asking = desk(request)
        assert asking.principals() == policy.principals(user, today=asking.today)


def copied(agreement: Agreement, times: int) -> None:
    """More of the same, put beside it by the database itself: pages only read them."""
    with connection.cursor() as cursor, lifted():
        for _ in range(times):
            cursor.execute(COPY, {"id": agreement.pk})


COPY = """
WITH made AS (
  INSERT INTO agreements_agreement
    SELECT r.* FROM agreements_agreement a, jsonb_populate_record(a, jsonb_build_object(
        'id', gen_random_uuid(), 'reference', left(md5(random()::text), 12))) r WHERE a.id = %(id)s RETURNING id)
INSERT INTO agreements_party
  SELECT r.* FROM agreements_party p, made, jsonb_populate_record(p, jsonb_build_object(
      'id', gen_random_uuid(), 'agreement_id', made.id)) r WHERE p.agreement_id = %(id)s
"""


def counts_of(made: World, client: Client, agreement: Agreement) -> dict[str, int]:
    """How many queries each page takes, as counsel."""
    client.force_login(made.riverton_counsel, backend="agencies.backends.Accounts")
    pages = {
        "in-tray": "/",
        "list": "/agreements/",
        "list, narrowed": f"/agreements/?party={made.mesa.slug}&stage=executed&kind=IEA&mine=1",
        "list, searched": "/agreements/?q=criminal",
        "agreement": agreement.get_absolute_url(),
        "board": "/board/",
        "history": f"{agreement.get_absolute_url()}history/",
    }
    client.get("/mail/")  # the first request of a session also writes it
    cache.set(
        heads.REFUSED, "", 600
    )  # what the notary says is looked up every few seconds, by whoever comes first
    found = {}
    for name, url in pages.items():
        with CaptureQueriesContext(connection) as taken:
            answer = client.get(url)
        assert answer.status_code == 200, (url, answer.status_code)
        found[name] = len(taken)
    return found


@pytest.mark.usefixtures("today")
def test_pages_take_the_same_number_of_queries_however_much_there_is(made: World, client: Client) -> None:
    """The baseline is tests/query_counts.json; UPDATE_QUERY_COUNTS=1 writes it anew."""
    agreement = builders.executed(made)
    others = [builders.shared(made), builders.in_approval(made)]
    few = counts_of(made, client, agreement)
    for each in (agreement, *others):
        copied(each, 9)
    many = counts_of(made, client, agreement)
    assert Agreement.objects.count() == 30
    assert few == many
    assert max(count for name, count in few.items() if name.startswith("list")) <= 6
    if os.environ.get("UPDATE_QUERY_COUNTS"):
        BASELINE.write_text(json.dumps(few, indent=2) + "\n")
    assert few == json.loads(BASELINE.read_text())


def test_where_not_all_were_looked_at_counts_are_at_least(
    made: World, page: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agreements.listing.SAMPLE", 1)
    for _ in range(2):
        builders.shared(made)
    answer = page("mesa_liaison", "/agreements/")
    stages = next(facet for facet in answer.context["facets"] if facet["label"] == "Stage")["options"]
    assert [option["count"] for option in stages if option["label"] == "In negotiation"] == ["1+"]
    assert "Executed" in [option["label"] for option in stages]
    assert "at least so many" in text_of(answer)
