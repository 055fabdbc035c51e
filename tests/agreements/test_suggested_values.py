"""Other values of structured terms as suggestions; several suggestions decided in one act; what dossiers hold of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from agreements import dossier
from agreements.lifecycle import StepNotOpen
from agreements.models import Agreement, Flow, Suggestion, SuggestionKind, SuggestionState
from agreements.operations import deciding, drafting, negotiating, suggesting
from agreements.operations.suggesting import Proposal
from audit.models import Event
from tests import builders
from tests.agreements.pages import browser, filled, text, url
from tests.api.calling import Program
from tests.builders import NOW, World, again

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
VALUE, REPLACE = SuggestionKind.VALUE, SuggestionKind.REPLACE


def flow_of(agreement: Agreement) -> Flow:
    return Flow.objects.filter(agreement=agreement, removed=False).order_by("position_in_order")[0]


def suggested(made: World, agreement: Agreement, *proposals: Proposal) -> list[Suggestion]:
    """By Riverton, while Mesa has the turn."""
    return suggesting.suggest(agreement, proposals, actor=made.riverton_liaison, now=NOW)


def test_each_kind_of_row_takes_the_value_when_it_is_accepted(made: World) -> None:
    agreement = builders.shared(made)
    flow, party = flow_of(agreement), agreement.parties.order_by("position")[0]
    dataset, measure = flow.dataset, agreement.measures.order_by("position_in_order")[0]
    wanted: dict[str, tuple[Any, str, Any]] = {
        "term": (agreement.term, "review_months", 7),
        f"flow:{flow.pk}": (flow, "prohibited_uses", ["Selling it", "Immigration enforcement"]),
        f"party:{party.pk}": (party, "notice_days", 91),
        f"dataset:{dataset.pk}": (dataset, "description", "Only closed cases."),
        f"measure:{measure.pk}": (measure, "target", "At least 99 percent"),
    }
    rows = suggested(
        made, agreement, *(Proposal(VALUE, topic=key, field=name, value=value) for key, (_, name, value) in wanted.items())
    )  # fmt: skip
    for row in rows:
        suggesting.accept(row, answer="Agreed.", actor=made.mesa_liaison, now=NOW)
    for target, name, value in wanted.values():
        assert getattr(type(target).objects.get(pk=target.pk), name) == value, name
    assert "term.edited" in Event.objects.filter(stream=agreement.pk).values_list("action", flat=True)


def test_a_day_is_suggested_as_text_and_stands_as_a_day(made: World) -> None:
    agreement = builders.shared(made)
    row = suggested(made, agreement, Proposal(VALUE, topic="term", field="last_day", value="2029-06-30"))[0]
    suggesting.accept(row, actor=made.mesa_liaison, now=NOW)
    assert str(again(agreement).term.last_day) == "2029-06-30"
    assert "30 Jun 2029" in row.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"topic": "term", "field": "review_months", "value": "often"},
        {"topic": "term", "field": "review_months", "value": {"a": 1}},
        {"topic": "term", "field": "renewal", "value": "whenever"},
        {"topic": "term", "field": "agreement", "value": "x"},
        {"topic": "term", "field": "nothing", "value": "x"},
        {"topic": "flow:00000000-0000-4000-8000-000000000000", "field": "method", "value": "x"},
        {"topic": "flow:x", "field": "method", "value": "x"},
        {"topic": "", "field": "", "value": None},
        {"topic": "provision:x", "field": "text", "value": "x"},
        {"topic": "term", "field": "last_day", "value": "yesterday"},
        {"topic": "term", "field": "kind", "value": "fixed_date"},
        {"topic": "term", "field": "survival", "value": {"a": 1}},
        {"topic": "term", "field": "survival", "value": "a\x00b"},
        {"topic": "term", "field": "survival", "value": "x" * 601},
        {"topic": "term", "field": "review_months", "value": 10**30},
    ],
)
def test_what_cannot_stand_is_refused_in_words(made: World, wrong: dict[str, Any]) -> None:
    agreement = builders.shared(made)
    with pytest.raises(ValidationError):
        suggested(made, agreement, Proposal(VALUE, **wrong))
    answer = Program(made.riverton_counsel).call(
        "post", f"agreements/{agreement.pk}/suggestions/", {"kind": "value", **wrong}
    )
    assert answer.status_code == 400
    assert not Suggestion.objects.exists()


def test_the_value_that_stands_there_is_no_suggestion(made: World) -> None:
    agreement = builders.shared(made)
    months = agreement.term.review_months
    with pytest.raises(ValidationError, match="stands there"):
        suggested(made, agreement, Proposal(VALUE, topic="term", field="review_months", value=months))


def test_a_program_suggests_only_what_the_catalog_knows(made: World) -> None:
    agreement = builders.shared(made)
    path, flow = f"agreements/{agreement.pk}/suggestions/", flow_of(agreement)
    body = {"kind": "value", "topic": f"flow:{flow.pk}", "field": "purposes", "reason": "Narrower."}
    program = Program(made.riverton_counsel)
    assert program.call("post", path, {**body, "value": ["whatever"]}).status_code == 400
    made_ = program.call("post", path, {**body, "value": list(flow.purposes[:1])})
    assert (made_.status_code, made_.json()["base_value"]) == (201, list(flow.purposes))


def test_a_value_that_changed_since_is_not_overwritten_unless_it_was_read(made: World) -> None:
    agreement = builders.shared(made)
    row = suggested(made, agreement, Proposal(VALUE, topic="term", field="review_months", value=7))[0]
    drafting.edit(agreement.term, values={"review_months": 9}, actor=made.mesa_liaison, now=NOW)
    with pytest.raises(StepNotOpen, match="9 months"):
        suggesting.accept(row, actor=made.mesa_liaison, now=NOW)
    assert again(agreement).term.review_months == 9
    suggesting.accept(row, seen=again(agreement).term.last_event_id, actor=made.mesa_liaison, now=NOW)
    assert again(agreement).term.review_months == 7


def test_what_only_stands_together_is_suggested_and_accepted_in_an_order_in_which_it_can(made: World) -> None:
    agreement = builders.shared(made)
    client, place = browser(made.riverton_liaison), url(agreement, "suggestions/value/term/")
    sent = filled(client.get(place), kind="fixed_date", last_day="2029-06-30")
    assert client.post(place, sent).status_code == 302
    rows = list(Suggestion.objects.order_by("place"))
    assert [row.field for row in rows] == ["last_day", "kind"]
    with pytest.raises(ValidationError, match="last day"):
        suggesting.accept(rows[1], actor=made.mesa_liaison, now=NOW)
    done = deciding.decide_all(
        agreement, [row.pk for row in rows], accept=True, answer="Agreed.", actor=made.mesa_liaison, now=NOW
    )
    assert (done.done, done.left) == (2, ())
    assert (again(agreement).term.kind, str(again(agreement).term.last_day)) == ("fixed_date", "2029-06-30")


def test_a_row_taken_out_and_a_value_handed_over_otherwise_end_it(made: World) -> None:
    agreement = builders.shared(made)
    measure = agreement.measures.order_by("position_in_order")[0]
    gone, old = suggested(
        made, agreement, Proposal(VALUE, topic=f"measure:{measure.pk}", field="target", value="All"),
        Proposal(VALUE, topic="term", field="review_months", value=7),
    )  # fmt: skip
    drafting.remove(measure, actor=made.mesa_liaison, now=NOW)
    with pytest.raises(StepNotOpen, match="taken out"):
        suggesting.accept(gone, actor=made.mesa_liaison, now=NOW)
    drafting.edit(agreement.term, values={"review_months": 9}, actor=made.mesa_liaison, now=NOW)
    negotiating.return_text(agreement, actor=made.mesa_liaison, now=NOW)
    assert set(Suggestion.objects.values_list("state", flat=True)) == {SuggestionState.OUTDATED}
    assert {gone.pk, old.pk} == set(Suggestion.objects.values_list("pk", flat=True))


def test_on_the_page_each_field_that_is_changed_becomes_a_suggestion(made: World) -> None:
    agreement = builders.shared(made)
    flow = flow_of(agreement)
    drafting.edit(flow, values={"storage": "kestrel-7731"}, actor=made.mesa_liaison, now=NOW)
    riverton = browser(made.riverton_liaison)
    assert f"flow:{flow.pk}" in riverton.get(url(agreement, "suggestions/value/")).content.decode()
    place = url(agreement, f"suggestions/value/flow:{flow.pk}/")
    page = riverton.get(place)
    assert b"kestrel-7731" not in page.content
    sent = filled(page, retention_days="45", legal_basis="A new law", reason="Our statute says so.")
    assert riverton.post(place, sent).status_code == 302
    assert riverton.post(place, sent).status_code == 302  # sent twice, made once
    rows = Suggestion.objects.all()
    assert {(row.field, row.value) for row in rows} == {("retention_days", 45), ("legal_basis", "A new law")}
    shown = text(browser(made.mesa_counsel).get(url(agreement, "suggestions/")))
    for words in ("Another value for", "inserted: A new law", "Why: Our statute says so."):
        assert words in shown, words
    same = riverton.post(place, filled(riverton.get(place)))
    assert same.status_code == 400
    assert "Nothing differs" in text(same)
    assert browser(made.mesa_liaison).get(place).status_code == 409
    assert riverton.get(url(agreement, "suggestions/value/flow:x/")).status_code == 404


def several(made: World, agreement: Agreement) -> list[Suggestion]:
    """Two of the liaison, one of them about a provision; and one of counsel."""
    provision = agreement.provisions.order_by("position_in_order")[1]
    found = suggested(
        made, agreement, Proposal(VALUE, topic="term", field="review_months", value=7),
        Proposal(REPLACE, provision=provision.pk, heading=provision.heading, text="Other words."),
    )  # fmt: skip
    more = Proposal(SuggestionKind.INSERT, text="One more.")
    return [*found, *suggesting.suggest(agreement, [more], actor=made.riverton_counsel, now=NOW)]


@pytest.mark.parametrize("accept", [True, False])
def test_all_of_one_person_are_decided_in_one_act_each_recorded(made: World, accept: bool) -> None:
    agreement = builders.shared(made)
    one, two, other = several(made, agreement)
    page = browser(made.mesa_liaison)
    assert f"all 2 suggestions of {made.riverton_liaison.name}" in text(
        page.get(url(agreement, "suggestions/"))
    )
    act = "accept" if accept else "reject"
    sent = {"suggestions": [str(one.pk), str(two.pk)], "answer": "We spoke about all of them."}
    done = page.post(url(agreement, f"suggestions/all/{act}/"), sent, follow=True)
    assert f"2 suggestions are {act}ed" in text(done)
    rows = Suggestion.objects.filter(pk__in=[one.pk, two.pk])
    assert {(row.state, row.answer) for row in rows} == {(f"{act}ed", "We spoke about all of them.")}
    assert Event.objects.filter(action=f"suggestion.{act}ed").count() == 2
    assert Suggestion.objects.get(pk=other.pk).open
    assert (again(agreement).term.review_months == 7) is accept


def test_what_cannot_be_accepted_waits_on_and_is_named(made: World) -> None:
    agreement = builders.shared(made)
    one, two, _ = several(made, agreement)
    live = agreement.provisions.get(pk=two.provision_id)
    drafting.edit(live, values={"text": "Mesa's words."}, actor=made.mesa_liaison, now=NOW)
    body = {"act": "accept", "answer": "Yes.", "suggestions": [str(one.pk), str(two.pk)]}
    answer = (
        Program(made.mesa_counsel).call("post", f"agreements/{agreement.pk}/suggestions/decide/", body).json()
    )
    assert (answer["done"], [row["id"] for row in answer["left"]]) == (1, [str(two.pk)])
    assert "has changed" in answer["left"][0]["why"]
    assert Suggestion.objects.get(pk=two.pk).open
    assert agreement.provisions.get(pk=live.pk).text == "Mesa's words."


def test_many_are_decided_by_those_with_the_turn_about_one_person_and_with_a_reason(made: World) -> None:
    agreement = builders.shared(made)
    rows = [row.pk for row in several(made, agreement)]
    common: dict[str, Any] = {"accept": True, "now": NOW}
    for person, error in ((made.riverton_liaison, StepNotOpen), (made.mesa_auditor, PermissionDenied)):
        with pytest.raises(error):
            deciding.decide_all(agreement, rows[:2], answer="x", actor=person, **common)
    for keys, answer in ((rows, "x"), (rows[:2], " ")):
        with pytest.raises(ValidationError):
            deciding.decide_all(agreement, keys, answer=answer, actor=made.mesa_liaison, **common)
    with pytest.raises(StepNotOpen, match="open any more"):
        deciding.decide_all(agreement, [], answer="x", actor=made.mesa_liaison, **common)
    assert set(Suggestion.objects.values_list("state", flat=True)) == {"open"}


def test_a_dossier_holds_every_suggestion_with_what_became_of_it(made: World) -> None:
    agreement = builders.shared(made)
    one, two, _ = several(made, agreement)
    suggesting.accept(one, answer="Agreed.", actor=made.mesa_liaison, now=NOW)
    suggesting.reject(two, answer="Too vague.", actor=made.mesa_liaison, now=NOW)
    reader = dossier.Reader(frozenset({made.riverton.pk}))
    files = dict(dossier.members(again(agreement), reader, final=None, word=None))
    place = f"documents/{dossier.folder_of(agreement)}/suggestions"
    said = json.loads(files[f"{place}.json"])
    became = {row["id"]: (row["state"], row["answer"]) for row in said}
    assert (became.pop(str(one.pk)), became.pop(str(two.pk))) == (
        ("accepted", "Agreed."),
        ("rejected", "Too vague."),
    )
    assert list(became.values()) == [("open", "")]
    value = next(row for row in said if row["id"] == str(one.pk))
    assert (value["topic"], value["field"], value["value"]) == ("term", "review_months", 7)
    page = files[f"{place}.html"].decode()
    for words in ("Too vague.", made.mesa_liaison.name, "One more.", "<ins>7</ins> months"):
        assert words in page, words
    assert b"suggestions.html" in files[f"documents/{dossier.folder_of(agreement)}/index.html"]


def test_since_i_last_looked_as_data(made: World) -> None:
    agreement = builders.shared(made)
    path, program = f"agreements/{agreement.pk}/redline/since/", Program(made.riverton_counsel)
    first = program.get(path).json()
    assert (first["from"], first["to"], first["provisions"]) == (None, None, [])
    row = agreement.provisions.order_by("position_in_order")[1]
    drafting.edit(row, values={"text": "Mesa's words."}, actor=made.mesa_liaison, now=NOW)
    negotiating.return_text(agreement, actor=made.mesa_liaison, now=NOW)
    found = program.get(path).json()
    assert (found["from"], found["to"], found["summary"]) == (1, 2, "1 provision changed")
    assert Program(made.outsider).call("get", path).status_code == 404


def test_a_comment_is_dealt_with_and_opened_again(made: World) -> None:
    agreement = builders.shared(made)
    row = negotiating.comment(agreement, text="Why?", private=True, actor=made.mesa_counsel, now=NOW)
    client, place = browser(made.mesa_liaison), url(agreement, f"discussion/{row.pk}/")
    for act, word in (("resolve", "marked as dealt with"), ("reopen", "open again")):
        assert word in text(client.post(f"{place}{act}/", follow=True))
        row.refresh_from_db()
        assert (row.resolved_at is None) is (act == "reopen")
        assert browser(made.riverton_counsel).post(f"{place}{act}/").status_code == 404
    told = Event.objects.filter(stream=agreement.pk, action__in=["comment.resolved", "comment.reopened"])
    assert {event.private_to for event in told} == {made.mesa.pk}
    program = Program(made.mesa_counsel)
    for act in ("resolve", "reopen"):
        where = f"agreements/{agreement.pk}/comments/"
        seen = next(one["etag"] for one in program.rows(where) if one["id"] == str(row.pk))
        assert program.call("post", f"{where}{row.pk}/{act}/", on=seen).status_code == 200
