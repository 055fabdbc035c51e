"""Two people with the same row of a draft open: neither overwrites the other, and the second decides word by word."""

from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache

from agreements import presence
from agreements.models import Agreement
from agreements.operations import drafting, negotiating
from audit.models import Event
from audit.sentences import body
from tests import builders
from tests.agreements.pages import browser, filled, first, text, url
from tests.builders import NOW, World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]

BASE = "Riverton shall give notice within thirty days of the request.\n\nIt keeps a log of each request."


@pytest.fixture
def agreement(made: World) -> Agreement:
    return builders.drafted(made)


def row_of(agreement: Agreement, made: World, words: str = BASE) -> Any:
    """A provision that says these words."""
    row = first(agreement.provisions)
    return drafting.edit(row, values={"text": words}, actor=made.riverton_liaison, now=NOW)


def where(agreement: Agreement, row: Any, kind: str = "provision", act: str = "edit") -> str:
    return url(agreement, f"draft/{act}/{kind}/{row.pk}/")


def opened(client: Any, address: str) -> dict[str, Any]:
    """The form of a row as a browser has it."""
    page = client.get(address)
    return filled(page) | {"shown": page.context["shown"]}


def now_of(row: Any) -> Any:
    return type(row).objects.get(pk=row.pk)


def merging(answer: Any, **more: str) -> dict[str, Any]:
    """What the merge page sends."""
    found: dict[str, Any] = {}
    for name, value in answer.context["carried"]:
        found.setdefault(name, []).append(value)
    return found | {"newer": str(answer.context["newer"]), "act": "save"} | more


def quietly(client: Any, address: str, form: dict[str, Any]) -> Any:
    """Send the form as it is typed."""
    return client.post(address, form, headers={"X-Autosave": "true"})


def test_changes_of_different_words_are_put_together_and_saved_on_confirmation(
    made: World, agreement: Agreement
) -> None:
    row = row_of(agreement, made)
    address, one, two = where(agreement, row), browser(made.riverton_liaison), browser(made.riverton_counsel)
    early, late = opened(one, address), opened(two, address)
    theirs = BASE.replace("a log", "a written log")
    assert one.post(address, early | {"text": theirs}).status_code == 302
    answer = two.post(address, late | {"text": BASE.replace("shall give", "shall promptly give")})
    assert answer.status_code == 412
    assert "Riverton Liaison changed the provision" in text(answer)
    assert now_of(row).text == theirs
    saved = two.post(where(agreement, row, act="merge"), merging(answer))
    assert saved.status_code == 302
    assert now_of(row).text == theirs.replace("shall give", "shall promptly give")


@pytest.mark.parametrize(
    ("pick", "said"),
    [("mine", "within ten days"), ("theirs", "within sixty days"), ("both", "within sixty ten days")],
)
def test_changes_of_the_same_words_are_decided_one_by_one(
    made: World, agreement: Agreement, pick: str, said: str
) -> None:
    row = row_of(agreement, made)
    address, one, two = where(agreement, row), browser(made.riverton_liaison), browser(made.riverton_counsel)
    early, late = opened(one, address), opened(two, address)
    one.post(address, early | {"text": BASE.replace("thirty", "sixty"), "heading": "Notice of requests"})
    answer = two.post(address, late | {"text": BASE.replace("thirty", "ten"), "level": "3"})
    assert answer.status_code == 412
    to = where(agreement, row, act="merge")
    undecided = two.post(to, merging(answer))
    assert undecided.status_code == 400
    assert "Choose what to keep in “Text”" in text(undecided)
    assert now_of(row).text == BASE.replace("thirty", "sixty")
    assert two.post(to, merging(undecided, **{"pick-text-0": pick})).status_code == 302
    assert (now_of(row).text, now_of(row).heading, now_of(row).level) == (
        BASE.replace("within thirty days", said), "Notice of requests", 3,
    )  # fmt: skip


def test_what_was_put_together_can_be_written_by_hand_before_it_is_saved(
    made: World, agreement: Agreement
) -> None:
    row = row_of(agreement, made)
    address, one, two = where(agreement, row), browser(made.riverton_liaison), browser(made.riverton_counsel)
    early, late = opened(one, address), opened(two, address)
    one.post(address, early | {"text": BASE.replace("thirty", "sixty")})
    answer = two.post(address, late | {"text": BASE.replace("thirty", "ten")})
    page = two.post(where(agreement, row, act="merge"), merging(answer, act="edit"))
    assert page.status_code == 200
    assert "within sixty ten days" in text(page)
    assert "data-autosave" not in page.content.decode()
    assert now_of(row).text == BASE.replace("thirty", "sixty")
    sent = filled(page, text=BASE.replace("thirty", "forty")) | {"shown": page.context["shown"]}
    assert two.post(address, sent).status_code == 302
    assert now_of(row).text == BASE.replace("thirty", "forty")


def test_structured_fields_are_merged_field_by_field(made: World, agreement: Agreement) -> None:
    row = first(agreement.datasets)
    row = drafting.edit(row, values={"elements": ["Name", "Date"]}, actor=made.riverton_liaison, now=NOW)
    address = where(agreement, row, "dataset")
    one, two = browser(made.riverton_liaison), browser(made.riverton_counsel)
    early, late = opened(one, address), opened(two, address)
    one.post(address, early | {"name": "Theirs", "elements": "Name\nDate\nPlace", "personal_data": "on"})
    answer = two.post(address, late | {"name": "Mine", "elements": "Name\nPhoto", "description": "As typed."})
    assert answer.status_code == 412
    shown = {one.name: one for one in answer.context["fields"]}
    assert {*shown} >= {"name", "elements", "description"}
    to = where(agreement, row, "dataset", "merge")
    assert two.post(to, merging(answer)).status_code == 400
    assert two.post(to, merging(answer, **{"pick-name": "theirs"})).status_code == 302
    after = now_of(row)
    assert (after.name, after.elements, after.description) == (
        "Theirs",
        ["Name", "Photo", "Place"],
        "As typed.",
    )


def test_a_third_change_while_deciding_is_shown_not_overwritten(made: World, agreement: Agreement) -> None:
    row = row_of(agreement, made)
    address, one, two = where(agreement, row), browser(made.riverton_liaison), browser(made.riverton_counsel)
    early, late = opened(one, address), opened(two, address)
    one.post(address, early | {"heading": "Theirs"})
    answer = two.post(address, late | {"text": f"{BASE} And more."})
    drafting.edit(row, values={"text": f"Third. {BASE}"}, actor=made.riverton_liaison, now=NOW)
    again = two.post(where(agreement, row, act="merge"), merging(answer))
    assert again.status_code == 412
    assert "changed once more" in text(again)
    assert two.post(where(agreement, row, act="merge"), merging(again)).status_code == 302
    assert now_of(row).text == f"Third. {BASE} And more."


def test_a_row_moved_meanwhile_is_saved_in_its_new_place(made: World, agreement: Agreement) -> None:
    row = row_of(agreement, made)
    client, address = browser(made.riverton_counsel), where(agreement, row)
    form = opened(client, address)
    other = agreement.provisions.order_by("position_in_order")[3]
    drafting.move(row, after=other, actor=made.riverton_liaison, now=NOW)
    assert client.post(address, form | {"text": "Moved and written."}).status_code == 302
    assert now_of(row).text == "Moved and written."
    assert now_of(row).position_in_order > now_of(other).position_in_order


@pytest.mark.parametrize("kind", ["provision", "dataset", "flow", "commitment", "measure"])
def test_words_for_a_row_taken_out_meanwhile_go_in_as_a_new_one(
    made: World, agreement: Agreement, kind: str
) -> None:
    row = first(getattr(agreement, f"{kind}s"))
    client, address = browser(made.riverton_counsel), where(agreement, row, kind)
    form = opened(client, address)
    drafting.remove(row, actor=made.riverton_liaison, now=NOW)
    assert (
        quietly(client, address, form).json()["says"]
        == "Riverton Liaison took this out while you were writing."
    )
    answer = client.post(address, form)
    assert answer.status_code == 409
    assert f"Riverton Liaison took this {kind} out" in text(answer)
    more = {"dataset": str(row.dataset_id)} if kind == "flow" else {}
    added = client.post(answer.context["add_url"], filled(answer) | more)
    assert added.status_code == 302, text(added)
    assert getattr(agreement, f"{kind}s").filter(removed=False).latest("last_event_id").pk != row.pk
    assert now_of(row).removed


def test_words_for_a_flow_whose_dataset_went_are_given_back(made: World, agreement: Agreement) -> None:
    row = first(agreement.flows)
    client, address = browser(made.riverton_counsel), where(agreement, row, "flow")
    form = opened(client, address) | {"method": "By pigeon"}
    drafting.remove(row.dataset, actor=made.riverton_liaison, now=NOW)
    answer = client.post(address, form)
    assert answer.status_code == 409
    assert "By pigeon" in text(answer)


def test_words_typed_after_the_text_left_ones_hands_are_given_back(made: World, agreement: Agreement) -> None:
    row = row_of(agreement, made)
    client, address = browser(made.riverton_counsel), where(agreement, row)
    form = opened(client, address) | {"text": "Late.", "heading": "Short"}
    negotiating.share(agreement, actor=made.riverton_liaison, now=NOW)
    said = quietly(client, address, form)
    assert (said.status_code, said.json()["state"]) == (409, "closed")
    assert "Mesa County District Attorney's turn" in said.json()["says"]
    answer = client.post(address, form)
    assert answer.status_code == 409
    assert "Late." in text(answer)
    assert "Short" in text(answer)
    assert form["shown"] not in answer.content.decode()
    for act in ("merge", "edit"):
        assert now_of(row).text == BASE
        assert client.post(where(agreement, row, act=act), form).status_code == 409


def test_each_save_of_one_form_stands_on_the_one_before(made: World, agreement: Agreement) -> None:
    row = row_of(agreement, made)
    client, address = browser(made.riverton_counsel), where(agreement, row)
    form = opened(client, address)
    for words in ("One.", "One. Two.", "One. Two. Three."):
        answer = quietly(client, address, form | {"text": words})
        assert answer.status_code == 200
        assert answer.json()["state"] == "saved"
        form |= {name: str(answer.json()[name]) for name in ("seen", "shown")}
    assert now_of(row).text == "One. Two. Three."
    assert int(form["seen"]) == now_of(row).last_event_id


def test_an_answer_lost_on_its_way_makes_no_conflict_with_oneself(made: World, agreement: Agreement) -> None:
    row = row_of(agreement, made)
    client, address = browser(made.riverton_counsel), where(agreement, row)
    form, elsewhere = opened(client, address), opened(client, address)
    assert quietly(client, address, form | {"text": "First."}).status_code == 200
    assert quietly(client, address, form | {"text": "First, then more."}).status_code == 200
    assert now_of(row).text == "First, then more."
    told = quietly(client, address, elsewhere | {"text": "In another window."})
    assert told.status_code == 412
    assert "You yourself, in another window or a moment ago," in told.json()["says"]
    assert (
        quietly(browser(made.riverton_liaison), address, form | {"text": "By somebody else."}).status_code
        == 412
    )
    assert now_of(row).text == "First, then more."


def test_saving_what_stands_there_already_is_no_conflict_and_no_entry(
    made: World, agreement: Agreement
) -> None:
    row = row_of(agreement, made)
    client, address = browser(made.riverton_counsel), where(agreement, row)
    form, before = opened(client, address), now_of(row).last_event_id
    assert quietly(client, address, form).status_code == 200
    assert now_of(row).last_event_id == before


def test_what_is_wrong_is_said_at_the_field_and_not_saved(made: World, agreement: Agreement) -> None:
    client, address = browser(made.riverton_counsel), where(agreement, agreement.term, "term")
    form = opened(client, address)
    answer = quietly(client, address, form | {"kind": "fixed_date", "last_day": "31/31/2027"})
    assert answer.status_code == 400
    assert [*answer.json()["errors"]] == ["last_day"]
    assert now_of(agreement.term).kind != "fixed_date"


@pytest.mark.parametrize("seen", ["", "0", "1", "999999999", "-5", "x"])
def test_a_form_that_names_no_state_it_stands_on_overwrites_nothing(
    made: World, agreement: Agreement, seen: str
) -> None:
    row = row_of(agreement, made)
    row = drafting.edit(row, values={"text": f"{BASE} More."}, actor=made.riverton_liaison, now=NOW)
    client, address = browser(made.riverton_counsel), where(agreement, row)
    answer = client.post(address, opened(client, address) | {"seen": seen, "text": "Blind."})
    assert answer.status_code in {400, 412}
    assert now_of(row).text == f"{BASE} More."


def test_what_both_began_with_is_shown_only_to_those_who_saw_it(made: World, agreement: Agreement) -> None:
    row = row_of(agreement, made)
    negotiating.share(agreement, actor=made.riverton_liaison, now=NOW)
    row = drafting.edit(row, values={"text": "Kestrel, a first thought."}, actor=made.mesa_liaison, now=NOW)
    secret = row.last_event_id
    drafting.edit(row, values={"text": "A second thought."}, actor=made.mesa_liaison, now=NOW)
    negotiating.return_text(agreement, actor=made.mesa_liaison, now=NOW)
    client, address = browser(made.riverton_liaison), where(agreement, row)
    form = opened(client, address)
    answer = client.post(address, form | {"seen": str(secret), "text": "Guessing."})
    assert answer.status_code == 412
    assert "Kestrel" not in answer.content.decode()
    assert "A second thought." in text(answer)
    told = quietly(client, address, form | {"seen": str(secret), "text": "Guessing."}).json()["says"]
    assert "Mesa Liaison" not in told + text(answer)
    assert "Somebody at another party" in told


def test_a_form_says_who_else_of_ones_agency_has_it_open(
    made: World, agreement: Agreement, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.clear()
    row = row_of(agreement, made)
    one, two, address = browser(made.riverton_liaison), browser(made.riverton_counsel), where(agreement, row)
    assert one.get(address).context["others"] == []
    page = two.get(address)
    assert page.context["others"] == ["Riverton Liaison"]
    assert "Riverton Liaison is also editing this" in text(page)
    assert two.get(where(agreement, first(agreement.datasets), "dataset")).context["others"] == []
    assert quietly(one, address, opened(one, address)).json()["others"] == ["Riverton Counsel"]
    negotiating.share(agreement, actor=made.riverton_liaison, now=NOW)
    theirs = browser(made.mesa_liaison).get(address)
    assert theirs.status_code == 200
    assert theirs.context["others"] == []

    class Broken:
        def get(self, key: str) -> None:
            raise ConnectionError(key)

    monkeypatch.setattr(presence, "cache", Broken())
    assert browser(made.mesa_counsel).get(address).context["others"] == []


def test_the_log_says_which_saves_came_from_one_form(made: World, agreement: Agreement) -> None:
    row = row_of(agreement, made)
    client, address = browser(made.riverton_counsel), where(agreement, row)
    form = opened(client, address) | {"once": str(uuid4())}
    quietly(client, address, form | {"text": "Typed."})
    event = Event.objects.get(pk=now_of(row).last_event_id)
    assert body(event)["facts"]["sitting"] == form["once"]


def test_words_for_a_place_that_went_meanwhile_are_still_added(made: World, agreement: Agreement) -> None:
    row = row_of(agreement, made)
    client, add = browser(made.riverton_counsel), url(agreement, f"draft/add/provision/?after={row.pk}")
    form = filled(client.get(add), heading="Weather", text="Snow counts.", after=str(row.pk))
    drafting.remove(row, actor=made.riverton_liaison, now=NOW)
    assert client.post(add, form).status_code == 302
    assert agreement.provisions.get(heading="Weather").position_in_order > now_of(row).position_in_order
    moved = client.post(url(agreement, f"draft/move/{row.pk}/"), {"after": ""}, follow=True)
    assert "took this out" in text(moved)
