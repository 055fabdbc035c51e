"""An agency's own clauses and positions: who keeps them, who reads them, and that nobody else ever does."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from agreements.library import shelf
from agreements.lifecycle import StepNotOpen
from agreements.models import AgencyClause, AgencyPosition, Agreement
from agreements.operations import drafting, inserting, keeping, negotiating
from audit.models import Event, Unaudited
from audit.record import Stale
from audit.sentences import sentence
from tests import builders
from tests.agreements.pages import browser, filled, text
from tests.builders import NOW, World, again

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
SECRET = "Zebra: give way on the deadline only."
VALUES: dict[str, Any] = {
    "heading": "Audit by our own inspector", "part": "measures", "kind": "procedure", "position": "standard",
    "text": "Our inspector may look at every **log** on notice of {term.notice}.", "family": "audit", "note": SECRET,
    "source": "C.R.S. 24-72-305", "conditions": {"categories": ["CJI"], "bindings": []},
}  # fmt: skip
REF = "own:riverton-police-department:audit-by-our-own-inspector"


def kept(made: World, **values: Any) -> AgencyClause:
    """A clause of Riverton's own."""
    return keeping.write_clause(made.riverton, values=VALUES | values, actor=made.riverton_counsel, now=NOW)


def stated(made: World, **said: Any) -> AgencyPosition:
    """Riverton's position on audits."""
    asked = {"matter": "audit", "stance": "standard", "fallbacks": ["audit-by-report"], "note": SECRET} | said
    return keeping.set_position(made.riverton, actor=made.riverton_counsel, now=NOW, **asked)


def test_each_change_is_a_new_version_and_the_old_ones_stay(made: World) -> None:
    first = kept(made)
    assert (first.ref, first.version, first.conditions) == (REF, 1, {"categories": ["CJI"]})
    with pytest.raises(Unaudited):
        first.save()
    second = keeping.revise_clause(
        first, values={"text": "Other words."}, actor=made.riverton_counsel, now=NOW
    )
    assert (second.version, second.heading) == (2, first.heading)
    same = keeping.revise_clause(
        second, values={"text": "Other words."}, actor=made.riverton_counsel, now=NOW
    )
    assert same == second
    texts = {one.version: one.text for one in shelf.versions(REF, [made.riverton])}
    assert texts == {1: VALUES["text"], 2: "Other words."}
    with pytest.raises(Stale):
        keeping.revise_clause(
            first, values={"text": "Late."}, seen=first.last_event_id, actor=made.riverton_counsel, now=NOW
        )
    gone = keeping.retire_clause(second, reason="Nobody used it.", actor=made.riverton_counsel, now=NOW)
    assert gone.retired_at == NOW and shelf.newest(REF, made.riverton.pk) is None
    with pytest.raises(StepNotOpen):
        keeping.retire_clause(second, reason="Twice.", actor=made.riverton_counsel, now=NOW)
    again_ = keeping.revise_clause(second, values={}, actor=made.riverton_counsel, now=NOW)
    assert again_.version == 3 and shelf.newest(REF, made.riverton.pk) is not None
    other = kept(made)
    assert other.key == "audit-by-our-own-inspector-2"


def test_the_history_says_what_was_done_to_the_agencys_people_alone(made: World) -> None:
    row = kept(made)
    keeping.revise_clause(row, values={"text": "Other words."}, actor=made.riverton_counsel, now=NOW)
    keeping.retire_clause(row, reason="Old.", actor=made.riverton_counsel, now=NOW)
    position = stated(made)
    keeping.withdraw_position(position, reason="Under review.", actor=made.riverton_counsel, now=NOW)
    events = Event.objects.filter(stream=made.riverton.pk).order_by("-id")[:5]
    assert all(event.private_to == made.riverton.pk for event in events)
    said = " ".join(sentence(event) for event in events)
    assert "wrote version 2" in said and "{" not in said and "Under review." in said


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"part": "nowhere"}, "part"), ({"family": "nothing"}, "family"), ({"heading": ""}, "heading"),
        ({"text": "See [this](http://x)."}, "text"), ({"text": "Within {term.lst}."}, "text"), ({"text": ""}, "text"),
        ({"text": "<b>bold</b>"}, "text"), ({"conditions": {"categories": ["HIV"]}}, "conditions"),
        ({"conditions": {"colour": ["red"]}}, "conditions"), ({"position": "own"}, "position"), ({"kind": "x"}, "kind"),
        ({"heading": "A\x00B"}, "heading"), ({"agency_id": "x"}, "agency_id"), ({"version": 7}, "version"),
    ],
)  # fmt: skip
def test_a_clause_with_a_fault_is_refused_at_its_field(
    made: World, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        kept(made, **values)
    assert field in refused.value.message_dict or field == "conditions"
    assert not AgencyClause.objects.exists()


def test_only_counsel_and_administrators_of_the_agency_keep_them(made: World) -> None:
    row = kept(made)
    position = stated(made)
    for key, person in made.people.items():
        may = key in {"riverton_counsel", "riverton_administrator"}
        acts = (
            lambda actor: keeping.write_clause(made.riverton, values=VALUES, actor=actor, now=NOW),
            lambda actor: keeping.revise_clause(row, values={"note": actor.name}, actor=actor, now=NOW),
            lambda actor: keeping.set_position(made.riverton, matter="audit", stance="mandatory", actor=actor, now=NOW),
        )  # fmt: skip
        for act in acts:
            if may:
                act(person)
            else:
                with pytest.raises(PermissionDenied):
                    act(person)
        if not may:
            with pytest.raises(PermissionDenied):
                keeping.retire_clause(row, reason="x", actor=person, now=NOW)
            with pytest.raises(PermissionDenied):
                keeping.withdraw_position(position, reason="x", actor=person, now=NOW)


@pytest.mark.parametrize(
    "said",
    [
        {"matter": "nothing"}, {"preferred": "term"}, {"fallbacks": ["term"]}, {"fallbacks": ["audit", "audit"]},
        {"preferred": "audit", "fallbacks": ["audit"]}, {"stance": "own"}, {"fallbacks": ["own:mesa:x"]},
    ],
)  # fmt: skip
def test_a_position_names_texts_on_its_matter_once(made: World, said: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        stated(made, **said)


def addresses(ref: str) -> list[str]:
    tails = (
        "",
        "usage/",
        "divergence/",
        "put/",
        "revise/",
        "retire/",
        "position/",
        "position/withdraw/",
        "?version=1",
    )
    return [f"/clauses/{ref}/{tail}" for tail in tails]


STRANGERS = (
    "mesa_counsel",
    "mesa_administrator",
    "mesa_auditor",
    "outsider",
    "overseer",
    "board_liaison",
    "nobody",
)


@pytest.mark.parametrize("who", STRANGERS)
def test_another_agency_finds_no_trace_of_them(made: World, who: str) -> None:
    kept(made)
    stated(made, preferred=REF)
    agreement = builders.shared(made)
    client = browser(made.people[who])
    for there, absent in zip(addresses(REF), addresses(f"{REF[:-1]}x"), strict=True):
        one, two = client.get(there), client.get(absent)
        assert one.status_code == two.status_code == 404, there
        assert len(one.content) == len(two.content), there
    pages = ["/clauses/", "/clauses/?q=inspector", "/clauses/?q=zebra", f"/clauses/?whose={made.riverton.slug}",
             "/clauses/audit/", "/clauses/audit/usage/", "/clauses/audit/divergence/", "/audit/?q=inspector", "/agencies/"]  # fmt: skip
    pages += [
        f"/agreements/{agreement.pk}/{tail}"
        for tail in ("", "history/", "draft/text/", "checks/", "versions/")
    ]
    for page in pages:
        answer = client.get(page)
        said = answer.content.decode().replace("/clauses/?q=inspector", "").replace('value="inspector"', "")
        assert "Zebra" not in said and "by our own" not in said, page
        assert REF not in said, page


def test_drafters_are_offered_their_own_and_told_their_positions(made: World) -> None:
    kept(made, family="", heading="Badge numbers")
    kept(made, family="", heading="Old badge", position="fallback")
    stated(made)
    agreement = builders.drafted(made)
    client = browser(made.riverton_liaison)
    page = client.get(f"/agreements/{agreement.pk}/draft/text/")
    offered = {one.heading: one for one in page.context["offered"]}
    assert "Badge numbers" in offered and "Old badge" not in offered
    assert any("offer this if the other side refuses" in mark for mark in offered["Records and audit"].marks)
    assert "See in library" in text(page) and "Fallback: offer this if the other side refuses" in text(page)
    note = text(client.get("/clauses/audit/"))
    assert "Your agency’s standard" in note and "Zebra" in note
    negotiating.share(builders.completed(made, agreement), actor=made.riverton_liaison, now=NOW)
    theirs = browser(made.mesa_liaison).get(f"/agreements/{agreement.pk}/draft/text/")
    assert theirs.status_code == 200 and "Badge numbers" not in text(theirs)


def test_a_text_put_in_remembers_where_it_came_from_and_takes_no_note_along(made: World) -> None:
    kept(made)
    agreement = builders.drafted(made)
    with pytest.raises(StepNotOpen, match="in the text already"):
        inserting.insert_clause(agreement, key=REF, actor=made.riverton_liaison, now=NOW)
    row = inserting.insert_clause(agreement, key=REF, instead=True, actor=made.riverton_liaison, now=NOW)
    assert (row.origin, row.heading) == (f"{REF}@1", VALUES["heading"])
    assert agreement.provisions.filter(removed=False, origin__startswith="audit@").count() == 0
    negotiating.share(builders.completed(made, again(agreement)), actor=made.riverton_liaison, now=NOW)
    client = browser(made.mesa_counsel)
    for tail in ("", "versions/1/", "draft/text/", "history/", "checks/"):
        assert "Zebra" not in client.get(f"/agreements/{agreement.pk}/{tail}").content.decode(), tail
    assert "Our inspector" in text(client.get(f"/agreements/{agreement.pk}/"))
    assert client.get(f"/clauses/{REF}/").status_code == 404
    edit = f"/agreements/{agreement.pk}/draft/edit/provision/{{}}/"
    own, common = row.pk, agreement.provisions.get(origin="disputes@1").pk
    theirs = browser(made.mesa_liaison)
    assert "See in library" in text(theirs.get(edit.format(common)))
    assert "This began with" not in text(theirs.get(edit.format(own)))
    ours = browser(made.riverton_liaison)
    assert agreement.reference in text(ours.get(f"/clauses/{REF}/usage/"))
    back = inserting.insert_clause(
        again(agreement), key="audit", exact=True, instead=True, actor=made.mesa_liaison, now=NOW
    )
    assert (back.pk, back.origin) == (row.pk, "audit@1")


def test_an_own_clause_goes_only_into_a_text_in_its_agencys_hands(made: World) -> None:
    kept(made, family="")
    agreement = builders.shared(made)  # Mesa's turn
    for key in (REF, "own:riverton-police-department:nothing", "nothing"):
        with pytest.raises(ValidationError, match="no such clause"):
            inserting.insert_clause(agreement, key=key, exact=True, actor=made.mesa_liaison, now=NOW)
    both = builders.person(made, "both_sides", {"riverton": "counsel", "mesa": "liaison"}, NOW)
    page = browser(both).get(f"/clauses/{REF}/put/")
    assert page.status_code == 200 and "No draft is in your hands" in text(page)


def test_a_clause_is_written_revised_and_retired_in_the_browser(made: World) -> None:
    client = browser(made.riverton_counsel)
    assert browser(made.riverton_liaison).get("/clauses/new/").status_code == 403
    page = client.get("/clauses/new/?from=audit")
    sent = filled(page, heading="Audit our way", text="", categories=["CJI"])
    assert client.post("/clauses/new/", sent).status_code == 400
    answer = client.post("/clauses/new/", sent | {"text": "Our words, said our way."})
    assert answer.status_code == 302
    where = answer["Location"]
    assert client.post("/clauses/new/", sent | {"text": "Our words, said our way."})["Location"] == where
    assert AgencyClause.objects.count() == 1
    page = client.get(f"{where}revise/")
    stale = filled(page, text="Our first words.")
    assert client.post(f"{where}revise/", stale).status_code == 302
    late = client.post(f"{where}revise/", stale | {"text": "Too late."})
    assert (
        late.status_code == 412
        and "Too late." in late.content.decode()
        and "Our first words." in late.content.decode()
    )
    assert "said our way" in text(client.get(f"{where}?version=1"))
    assert client.post(f"{where}retire/", {"reason": ""}).status_code == 400
    assert client.post(f"{where}retire/", {"reason": "Enough."}).status_code == 302
    assert "No longer offered" in text(client.get(where))
    assert client.get("/clauses/audit/revise/").status_code == 404


def test_a_position_is_set_and_withdrawn_in_the_browser(made: World) -> None:
    client, where = browser(made.riverton_administrator), "/clauses/audit/position/"
    page = client.get(where)
    sent = filled(page, stance="mandatory", fallback_1="audit-by-report", note=SECRET)
    twice = client.post(where, sent | {"preferred": "audit-by-report"})
    assert twice.status_code == 400 and "Name each text once" in text(twice)
    assert client.post(where, sent).status_code == 302
    page = text(client.get("/clauses/audit/"))
    assert "Position of Riverton Police Department" in page and "Your agency does not move on this" in page
    assert client.post(where, sent | {"seen": "1"}).status_code == 412
    assert client.post(f"{where}withdraw/", {"reason": "Under review."}).status_code == 302
    assert AgencyPosition.objects.get().withdrawn_at is not None
    assert "None yet" in text(client.get("/clauses/audit/"))


def test_a_clause_of_the_library_is_put_into_a_chosen_draft(made: World) -> None:
    agreement: Agreement = builders.drafted(made)
    client = browser(made.riverton_liaison)
    page = client.get(f"/clauses/audit-by-report/put/?draft={agreement.pk}")
    assert page.context["form"].initial["draft"] == str(agreement.pk)
    there = client.post("/clauses/audit-by-report/put/", {"draft": str(agreement.pk)})
    assert there.status_code == 409 and "in the text already" in text(there)
    put = client.post("/clauses/audit-by-report/put/", {"draft": str(agreement.pk), "instead": "on"})
    assert put.status_code == 302 and "changed=" in put["Location"]
    assert agreement.provisions.filter(origin="audit-by-report@1", removed=False).count() == 1
    foreign = client.post("/clauses/audit-by-report/put/", {"draft": str(builders.shared(made).pk)})
    assert foreign.status_code == 400
    assert browser(made.riverton_signatory).get("/clauses/audit/put/").status_code == 403
    add = f"/agreements/{agreement.pk}/draft/add/provision/?clause=audit-by-report"
    assert client.post(add, filled(client.get(add))).status_code == 302
    drafting.edit(agreement.provisions.filter(origin="audit-by-report@1")[0], values={"text": "x"}, actor=made.riverton_liaison, now=NOW)  # fmt: skip
