"""What people type that does not fit: said at the field in plain words, and kept as it was typed."""

from html import escape
from typing import Any

import pytest
from django.utils import timezone

from agreements.models import Agreement
from tests import builders
from tests.agreements.pages import browser, filled, first, text, url
from tests.builders import NOW, World

pytestmark = pytest.mark.django_db
TURNED = "Kept for \u202esyad 03\u202c only"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    return builders.world()


@pytest.fixture
def agreement(made: World) -> Agreement:
    return builders.drafted(made, template="alpr")


def row_of(agreement: Agreement, kind: str) -> Any:
    rows = {"agreement": agreement, "term": agreement.term}
    return rows.get(kind) or first(getattr(agreement, {"party": "parties"}.get(kind, f"{kind}s")))


@pytest.mark.parametrize(
    ("kind", "name", "typed", "says"),
    [
        ("provision", "text", TURNED, "After “Kept for” stands an invisible mark"),
        ("provision", "heading", "\u2067Scope", "At its beginning stands an invisible mark"),
        ("provision", "text", "bell \x07", "can't be stored or printed"),
        ("provision", "text", "long " * 12_001, "at most 50000 characters"),
        ("agreement", "title", "x" * 201, "at most 200 characters"),
        ("agreement", "annexes", "A list\n" + "y" * 201, "A line is longer than 200 characters"),
        ("party", "legal_authority", TURNED, "invisible mark"),
        ("party", "contact_email", "dana at riverton", "valid email"),
        ("party", "notice_days", "4000", "at most 3,660"),
        ("party", "notice_days", "-1", "Give at least 0."),
        ("party", "notice_days", "a month", "Give a whole number in figures"),
        ("dataset", "name", "", "required"),
        ("dataset", "elements", "z" * 161, "A line is longer than 160 characters"),
        ("flow", "legal_basis", TURNED, "invisible mark"),
        ("flow", "retention_days", "9" * 30, "Give at most"),
        ("flow", "breach_hours", "1.5", "Give a whole number in figures"),
        ("commitment", "text", "", "required"),
        ("measure", "baseline", "w" * 161, "at most 160 characters"),
        ("term", "cure_days", "9999", "Give at most 3,660."),
        ("term", "review_months", "121", "Give at most 120."),
        ("term", "survival", "v" * 601, "at most 600 characters"),
        ("term", "absolute_end", "0026-01-01", "between 1900 and 2200"),
    ],
)
def test_what_does_not_fit_is_said_at_the_field_and_kept(
    made: World, agreement: Agreement, kind: str, name: str, typed: str, says: str
) -> None:
    client, row = browser(made.riverton_liaison), row_of(agreement, kind)
    where = url(agreement, f"draft/edit/{kind}/{row.pk}/")
    answer = client.post(where, filled(client.get(where), **{name: typed}))
    assert answer.status_code == 400
    assert says in " ".join(answer.context["form"].errors[name])
    assert says in text(answer)
    assert escape(typed.replace("\n", "")) in answer.content.decode().replace("\n", "").replace("\r", "")
    assert type(row).objects.get(pk=row.pk).last_event_id == row.last_event_id


def test_letters_written_from_right_to_left_are_welcome(made: World, agreement: Agreement) -> None:
    client, row = browser(made.riverton_liaison), first(agreement.provisions)
    where = url(agreement, f"draft/edit/provision/{row.pk}/")
    answer = client.post(where, filled(client.get(where), text="The form is called “طلب” and “בקשה”."))
    assert answer.status_code == 302
    assert "בקשה" in text(client.get(answer["Location"]))


def test_no_field_is_cut_by_the_browser(made: World, agreement: Agreement) -> None:
    client = browser(made.riverton_liaison)
    for kind in ("agreement", "party", "provision", "dataset", "flow", "commitment", "measure", "term"):
        page = client.get(url(agreement, f"draft/edit/{kind}/{row_of(agreement, kind).pk}/"))
        editing = page.content.decode().partition('id="editing"')[2]
        assert "maxlength" not in editing, kind


def answered(client: Any, where: str, **changes: str) -> tuple[dict[str, str], Any]:
    """What the forms of all parties send, as the page shows them, with some changed; and the answer to it."""
    page = client.get(where)
    sent: dict[str, str] = {}
    for one in page.context["answers"]:
        for field in one.form:
            value = field.value()
            sent[field.html_name] = (
                "\n".join(value) if isinstance(value, list) else "" if value is None else str(value)
            )
    return sent | changes, page


def test_what_all_parties_are_asked_is_saved_together_or_not_at_all(
    made: World, agreement: Agreement
) -> None:
    client, where = browser(made.riverton_liaison), url(agreement, "draft/authority/")
    wrong, _ = answered(
        client, where, **{"party-1-legal_authority": "C.R.S. 1", "party-2-legal_authority": TURNED}
    )
    answer = client.post(where, wrong)
    assert answer.status_code == 400
    assert "C.R.S. 1" in answer.content.decode()
    assert set(agreement.parties.values_list("legal_authority", flat=True)) == {""}
    right = wrong | {"party-2-legal_authority": "C.R.S. 2", "go": "responsibilities"}
    answer = client.post(where, right)
    assert answer["Location"] == url(agreement, "draft/responsibilities/")
    assert list(agreement.parties.order_by("position").values_list("legal_authority", flat=True)) == [
        "C.R.S. 1",
        "C.R.S. 2",
    ]


def test_the_second_of_two_editors_sees_what_the_first_saved(made: World, agreement: Agreement) -> None:
    where = url(agreement, "draft/security/")
    one, two = browser(made.riverton_liaison), browser(made.riverton_counsel)
    early, _ = answered(one, where, **{"term-incident_hours": "2"})
    late, _ = answered(two, where, **{"term-incident_hours": "3"})
    assert one.post(where, early).status_code == 302
    answer = two.post(where, late)
    assert answer.status_code == 412
    assert "Saved meanwhile: “2”" in text(answer)
    again, seen = answer.context["answers"][0].form, "term-seen"
    assert two.post(where, late | {seen: str(again["seen"].value())}).status_code == 302
    assert type(agreement.term).objects.get(pk=agreement.term.pk).incident_hours == 3


def test_the_preview_shows_what_is_typed_for_all_parties_and_saves_nothing(
    made: World, agreement: Agreement
) -> None:
    client, where = browser(made.riverton_liaison), url(agreement, "draft/authority/")
    sent, _ = answered(
        client, where, **{"party-1-legal_authority": "C.R.S. 1", "party-2-legal_authority": "C.R.S. 2"}
    )
    answer = client.post(url(agreement, "draft/preview/"), sent | {"_part": "authority"})
    assert "C.R.S. 1" in text(answer)
    assert "C.R.S. 2" in text(answer)
    assert set(agreement.parties.values_list("legal_authority", flat=True)) == {""}


def test_the_preview_of_the_term_leaves_the_kind_of_agreement_alone(
    made: World, agreement: Agreement
) -> None:
    client, where = browser(made.riverton_liaison), url(agreement, "draft/term/")
    sent = filled(client.get(where), kind="evergreen", months="") | {
        "_kind": "term",
        "_row": str(agreement.term.pk),
    }
    shown = text(client.post(url(agreement, "draft/preview/"), sent))
    assert shown.startswith("Data sharing agreement")
    assert "no fixed length" in shown
