"""What is owed, through the pages and the programs' door: from the in-tray to what was accepted, and the measures drawn."""

from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agreements.models import Agreement, Duty, DutyState
from agreements.operations import owing, stating
from tests import builders
from tests.agreements.pages import browser, filled, text, url
from tests.agreements.test_owing import SPRING, SUMMER, on
from tests.api.calling import Program, errors
from tests.builders import World
from tests.kept import kept

pytestmark = pytest.mark.django_db


@pytest.fixture
def spring(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is noon of the last day on which an executed agreement's first quarter is over."""
    monkeypatch.setattr(timezone, "now", lambda: on(SUMMER))


@pytest.fixture
def owing_(made: World, spring: None) -> Agreement:
    """Executed, and its first quarter asked for by the sweep of the hour."""
    return kept("what is owed in spring", lambda: _asked(made))


def _asked(made: World) -> Agreement:
    agreement = builders.executed(made, template="rms-cad")
    stating.due(now=on(SPRING))
    return agreement


@pytest.fixture
def duty(owing_: Agreement, made: World) -> Duty:
    """What Riverton owes."""
    rows = owing_.duties.filter(kind="commitment", party__agency=made.riverton).select_related("agreement")
    return rows.order_by("due_on", "id")[0]


def test_from_the_in_tray_to_what_was_accepted(made: World, owing_: Agreement, duty: Duty) -> None:
    admin, partner = browser(made.riverton_administrator), browser(made.mesa_liaison)
    where = duty.get_absolute_url()
    assert where in admin.get("/").content.decode(), "nobody sees to it yet: the administrator has it"
    page = admin.get(where)
    assert "the administrators of" in text(page) and "Hand it in" not in text(page)
    given = admin.post(
        f"{where}owner/", {"owner": str(made.riverton_liaison.pk), "reason": "Keeps the list."}
    )
    assert given.status_code == 302
    own = browser(made.riverton_liaison)
    assert "Hand it in" in text(own.get("/"))
    empty = own.post(where, _form(own, where) | {"note": ""})
    assert empty.status_code == 400 and "Say how it was done" in text(empty)
    future = own.post(
        where, _form(own, where) | {"note": "Typed words stay", "on": str(SUMMER + timedelta(days=1))}
    )
    assert future.status_code == 400 and "Typed words stay" in text(future) and "not come yet" in text(future)
    assert own.post(where, _form(own, where) | {"note": "The signed list."}).status_code == 302
    assert "Accept or return it" in text(partner.get("/")) and where not in own.get("/").content.decode()
    short = partner.post(f"{where}return/", {"reason": ""})
    assert short.status_code == 400 and "Give the reason" in text(short)
    assert partner.post(f"{where}return/", {"reason": "Page 2 is missing."}).status_code == 302
    assert "Page 2 is missing." in text(own.get(where))
    assert own.post(where, _form(own, where) | {"note": "With page 2."}).status_code == 302
    again = own.post(where, _form(own, where) | {"note": "Once more"})
    assert again.status_code == 409 and "handed in already" in text(again) and "Once more" in text(again)
    assert partner.post(f"{where}accept/", {"answer": ""}).status_code == 302
    assert Duty.objects.get(pk=duty.pk).state == DutyState.ACCEPTED
    listed = text(own.get(url(owing_, "duties/")))
    assert "Done, and no longer asked for" in listed and "The next twelve months" in listed
    sheet = own.get(url(owing_, "duties.csv")).content.decode()
    assert sheet.startswith('"what","kind","party","due"') and "Accepted" in sheet


def _form(client: Any, where: str) -> dict[str, Any]:
    """What the form for handing in holds when it is opened; a number of its own where it is closed by now."""
    form = client.get(where).context["forms"].get("handing_in")
    if form is None:
        return {"on": str(SUMMER)}
    return {"on": str(SUMMER), "once": str(form["once"].value())}


def test_words_that_settle_no_day_are_shown_as_such(made: World, owing_: Agreement) -> None:
    page = text(browser(made.mesa_liaison).get(url(owing_, "duties/")))
    assert "Without days of their own" in page and "Continuous" in page


def test_a_measure_is_drawn_and_told_in_a_table(made: World, owing_: Agreement) -> None:
    measure = owing_.measures.filter(removed=False, target__startswith="At least").earliest(
        "position_in_order"
    )
    client, where = browser(made.mesa_liaison), url(owing_, f"measures/{measure.pk}/")
    page = client.get(where)
    assert "No value is recorded yet" in text(page) and b"<svg viewBox" not in page.content
    for value, on_ in (("12", SPRING), ("99.9000", SUMMER)):
        assert client.post(where, filled(client.get(where), value=value, on=str(on_))).status_code == 302
    page = client.get(where)
    body = page.content.decode()
    assert (
        "cc-chart__missed" in body
        and "cc-chart__point" in body
        and 'role="img"' in body
        and "style=" not in body
    )
    assert "99.9 " in text(page) and "Not reached" in text(page) and "Reached" in text(page)
    twice = client.post(where, filled(client.get(where), value="5", on=str(SUMMER)))
    assert twice.status_code == 400 and "recorded already" in text(twice)
    wrong = client.post(where, filled(client.get(where), value="many", on=str(SUMMER)))
    assert wrong.status_code == 400 and "Give a number in figures" in text(wrong)
    back = url(owing_, f"observations/{measure.observations.get(on=SPRING).pk}/take-back/")
    assert client.post(back, {"reason": "Another measure's."}).status_code == 302
    assert "Taken back" in text(client.get(where))
    assert '"Not reached"' in client.get(f"{where}values.csv").content.decode()


def test_a_program_does_the_same(made: World, owing_: Agreement, duty: Duty) -> None:
    own, partner = Program(made.riverton_counsel), Program(made.mesa_counsel)
    base = f"agreements/{owing_.pk}/"
    rows = own.rows(f"{base}duties/")
    assert str(duty.pk) in [row["id"] for row in rows] and {row["state"] for row in rows} == {"open"}
    assert own.rows(f"{base}duties/coming/")[0]["due_on"] > str(SUMMER)
    where = f"{base}duties/{duty.pk}/"
    refused = own.call("post", f"{where}hand-in/", {"on": str(SUMMER), "note": "", "more": 1})
    assert refused.status_code == 400 and "more" in errors(refused)
    done = own.call("post", f"{where}hand-in/",
                    {"on": str(SUMMER), "file": b64encode(b"%PDF-1.4 list").decode()})  # fmt: skip
    assert done.status_code == 200 and done.json()["state"] == "handed_in"
    (evidence,) = done.json()["evidence"]
    paper = partner.get(f"{base}evidence/{evidence['id']}/file.pdf")
    assert paper.content == b"%PDF-1.4 list"
    assert own.call("post", f"{where}accept/", {}).status_code == 403
    assert partner.call("post", f"{where}return/", {"reason": "Not signed."}).json()["state"] == "returned"
    assert own.call("post", f"{where}hand-in/", {"on": str(SUMMER), "note": "Signed."}).status_code == 200
    assert own.call("post", f"{where}hand-in/", {"on": str(SUMMER), "note": "Signed."}).status_code == 409
    assert partner.call("post", f"{where}accept/", {"answer": "Thanks"}).json()["evidence"][1][
        "accepted"
    ] in {True, False}
    assert own.call("post", f"{where}owner/", {"owner": None, "reason": "x"}).status_code == 409
    measure = owing_.measures.filter(removed=False).earliest("position_in_order")
    said = {"measure": str(measure.pk), "value": "7", "on": str(SUMMER)}
    value = partner.call("post", f"{base}observations/", said)
    assert value.status_code == 201
    assert partner.call("post", f"{base}observations/", said | {"on": "2027-01-01"}).status_code == 400
    back = partner.call("post", f"{base}observations/{value.json()['id']}/take-back/", {"reason": "Wrong."})
    assert back.status_code == 200 and back.json()["withdrawn_at"]


def test_a_certificate_is_signed_on_its_page(made: World, monkeypatch: pytest.MonkeyPatch) -> None:
    agreement = builders.executed(made)
    after = agreement.last_day + timedelta(days=1)  # type: ignore[operator]
    monkeypatch.setattr(timezone, "now", lambda: on(after))
    owing.ask(now=on(after))
    row = agreement.duties.filter(kind="closeout", party__agency=made.mesa).select_related("agreement")[0]
    client = browser(made.mesa_counsel)
    page = client.get(row.get_absolute_url())
    assert "I certify for Mesa County District Attorney" in text(page)
    sent = {
        "on": str(after),
        "how": "destroyed",
        "once": str(page.context["forms"]["handing_in"]["once"].value()),
    }
    wrong = client.post(row.get_absolute_url(), sent | {"typed_name": "Chief"})
    assert wrong.status_code == 400 and "type your name as it stands here" in text(wrong)
    assert client.post(row.get_absolute_url(), sent | {"typed_name": "Mesa Counsel"}).status_code == 302
    assert "Signed by Mesa Counsel" in text(client.get(row.get_absolute_url()))
    closing = text(client.get(url(agreement, "duties/")))
    assert "After the end" in closing and "Handed in" in closing and "Clocks that run from the end" in closing
