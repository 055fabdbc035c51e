"""Drafting in the browser: the guided start, editing in place, two editors, and input that is wrong."""

import io
import zipfile
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from agreements import guide
from agreements.models import Agreement
from agreements.operations import drafting
from tests import builders
from tests.agreements.pages import browser, filled, first, text, url
from tests.builders import NOW, World, again

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
PARTS = list(guide.PARTS)


def start(made: World, client: Any, **changes: Any) -> Any:
    """Send the form of the guided start."""
    page = client.get("/agreements/new/")
    sent = filled(
        page, start="cjis-iea", title="Case records", lead=str(made.riverton.pk), partners=[str(made.mesa.pk)]
    )
    return client.post("/agreements/new/", {k: v for k, v in (sent | changes).items() if v is not None})


def test_each_template_begins_a_draft(made: World) -> None:
    client = browser(made.riverton_liaison)
    shown = client.get("/agreements/new/")
    assert "not criminal justice information" in text(shown)
    for template in ("cjis-iea", "alpr", "sro"):
        answer = start(made, client, start=template)
        assert answer.status_code == 302, text(answer)
        assert client.get(answer["Location"], follow=True).status_code == 200
    assert Agreement.objects.count() == 3


def test_the_same_form_sent_twice_begins_one_draft(made: World) -> None:
    client, once = browser(made.riverton_liaison), str(uuid4())
    first, second = start(made, client, once=once), start(made, client, once=once)
    assert first["Location"] == second["Location"]
    assert Agreement.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": "", "start": "blank", "kind": "MOU"}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"start": "no-such"}, "start"),
        ({"start": None}, "start"),
        ({"partners": []}, "partners"),
        ({"partners": ["not-a-uuid"]}, "partners"),
        ({"partners": [str(uuid4())]}, "partners"),
        ({"lead": str(uuid4())}, "lead"),
        ({"start": "import"}, "file"),
        ({"start": "blank", "kind": "nonsense"}, "kind"),
    ],
)
def test_a_start_that_is_wrong_is_said_at_the_field(made: World, changes: dict[str, Any], field: str) -> None:
    answer = start(made, browser(made.riverton_liaison), **changes)
    assert answer.status_code == 400
    assert answer.context["form"].errors[field]
    assert not Agreement.objects.exists()


def test_nobody_drafts_for_an_agency_that_is_not_theirs(made: World) -> None:
    assert start(made, browser(made.riverton_liaison), lead=str(made.mesa.pk)).status_code == 400
    assert browser(made.riverton_signatory).get("/agreements/new/").status_code == 403
    assert browser(made.nobody).get("/agreements/new/").status_code == 403


def _docx(**parts: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return held.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("text.pdf", b"%PDF-1.7"),
        ("text.exe", b"MZ"),
        ("text.txt", _docx(other=b"x")),
        ("text.txt", b"\x00\x01\x02\x03"),
        ("text.txt", b""),
        ("text.txt", b"   \n\n"),
        ("text.docx", b"not a zip file"),
        ("text.docx", b"PK\x03\x04 broken"),
        ("text.docx", _docx(other=b"x")),
        ("text", b"no suffix"),
    ],
)
def test_a_file_that_is_no_text_is_refused_at_the_field(made: World, name: str, content: bytes) -> None:
    answer = start(
        made, browser(made.riverton_liaison), start="import", file=SimpleUploadedFile(name, content)
    )
    assert answer.status_code == 400
    assert answer.context["form"].errors["file"]
    assert "Case records" in answer.content.decode()
    assert not Agreement.objects.exists()


def test_a_file_over_five_megabytes_is_refused(made: World) -> None:
    big = SimpleUploadedFile("long.txt", b"word " * (1024 * 1024 + 1))
    answer = start(made, browser(made.riverton_liaison), start="import", file=big)
    assert answer.status_code == 400
    assert "larger than 5 MB" in text(answer)


def test_an_imported_text_becomes_numbered_provisions(made: World) -> None:
    body = b"1. PURPOSE\n\nTo share records.\n\n2. TERM\n\nThree years <script>alert(1)</script>.\n"
    client = browser(made.riverton_liaison)
    answer = start(made, client, start="import", file=SimpleUploadedFile("old mou.txt", body))
    assert answer.status_code == 302, text(answer)
    agreement = Agreement.objects.get()
    shown = client.get(url(agreement, "draft/text/"))
    assert "To share records." in text(shown)
    assert "<script>alert" not in shown.content.decode()
    assert agreement.source_name == "old mou.txt"


def test_every_part_opens_and_unknown_ones_do_not(made: World) -> None:
    agreement, client = builders.drafted(made), browser(made.riverton_liaison)
    for part in PARTS:
        answer = client.get(url(agreement, f"draft/{part}/"))
        assert answer.status_code == 200, part
        assert agreement.reference in text(answer)
    assert client.get(url(agreement, "draft/nonsense/")).status_code == 404
    assert client.post(url(agreement, "draft/text/")).status_code == 404


def test_a_provision_is_edited_added_moved_and_taken_out(made: World) -> None:
    agreement, client = builders.drafted(made), browser(made.riverton_liaison)
    first, second = agreement.provisions.order_by("position_in_order")[:2]
    where = url(agreement, f"draft/edit/provision/{first.pk}/")
    answer = client.post(where, filled(client.get(where), text="New words of ours."))
    assert answer.status_code == 302
    assert "Just changed" in text(client.get(answer["Location"]))
    add = url(agreement, f"draft/add/provision/?after={first.pk}")
    sent = filled(client.get(add), heading="Weather", text="Snow counts.", after=str(first.pk))
    for _ in range(2):
        assert client.post(add, sent).status_code == 302
    added = agreement.provisions.get(heading="Weather")
    assert list(agreement.provisions.order_by("position_in_order")[:3]) == [first, added, second]
    client.post(url(agreement, f"draft/move/{added.pk}/"), {"after": str(second.pk)})
    assert list(agreement.provisions.order_by("position_in_order")[:3]) == [first, second, added]
    client.post(url(agreement, f"draft/remove/provision/{added.pk}/"), {"seen": again_id(added)})
    assert again_row(added).removed
    assert "Snow counts." not in text(client.get(url(agreement, "draft/text/")))


def again_row(row: Any) -> Any:
    """The row as the database has it now."""
    return type(row).objects.get(pk=row.pk)


def again_id(row: Any) -> int:
    """The row's last event now."""
    return int(again_row(row).last_event_id)


def test_a_row_taken_out_meanwhile_is_not_brought_back(made: World) -> None:
    agreement, client = builders.drafted(made), browser(made.riverton_liaison)
    row = first(agreement.provisions)
    where = url(agreement, f"draft/edit/provision/{row.pk}/")
    sent = filled(client.get(where), text="Kept words.", seen="")
    drafting.remove(row, actor=made.riverton_counsel, now=NOW)
    answer = client.post(where, sent)
    assert answer.status_code == 409
    assert "Kept words." in text(answer)
    assert "was taken out of the agreement" in text(client.get(where, follow=True))


def test_overlong_and_hostile_text_is_refused_or_shown_as_typed(made: World) -> None:
    agreement, client = builders.drafted(made), browser(made.riverton_liaison)
    row = first(agreement.provisions)
    where = url(agreement, f"draft/edit/provision/{row.pk}/")
    page = client.get(where)
    for changes in ({"text": "x" * 50_001}, {"heading": "x" * 301}, {"text": "a\x00b"}, {"level": "9"}, {"level": "x"},
                    {"text": "", "heading": ""}, {"text": "lone \ud800 surrogate".encode("utf-8", "replace").decode()[:0]}):  # fmt: skip
        if changes.get("text") == "" and "heading" not in changes:
            continue
        assert client.post(where, filled(page, **changes)).status_code == 400, changes
    hostile = "<img src=x onerror=alert(1)> {term.last_day} {{ 7|add:7 }} [x](javascript:alert(1))"
    assert client.post(where, filled(page, text=hostile)).status_code == 302
    body = client.get(url(agreement, "draft/text/")).content.decode()
    assert "<img src=x" not in body
    assert "14" not in body[body.find("onerror") : body.find("onerror") + 60]
    assert 'href="javascript' not in body


def test_data_and_flows_are_added_with_choices_of_this_agreement_only(made: World) -> None:
    agreement, other, client = builders.drafted(made), builders.drafted(made), browser(made.riverton_liaison)
    add = url(agreement, "draft/add/dataset/")
    sent = filled(client.get(add), name="Body-worn video", category="incident", elements="Clip\nTime\nClip")
    assert client.post(add, sent | {"category": "nonsense"}).status_code == 400
    assert client.post(add, sent).status_code == 302
    dataset = agreement.datasets.get(name="Body-worn video")
    assert dataset.elements == ["Clip", "Time"]
    flow = url(agreement, f"draft/add/flow/?dataset={dataset.pk}")
    parties, foreign = list(agreement.parties.order_by("position")), first(other.parties)
    good = filled(client.get(flow), dataset=str(dataset.pk), provider=str(parties[0].pk), recipient=str(parties[1].pk),
                  purposes=["prosecution"])  # fmt: skip
    for wrong in ({"provider": str(foreign.pk)}, {"recipient": str(parties[0].pk)}, {"purposes": ["nonsense"]},
                  {"retention_days": "-1"}, {"retention_days": "9" * 30}, {"breach_hours": "soon"}):  # fmt: skip
        answer = client.post(flow, good | wrong)
        assert answer.status_code == 400, wrong
    assert client.post(flow, good).status_code == 302
    assert dataset.flows.get().purposes == ["prosecution"]
    elsewhere = first(other.datasets)
    assert client.get(url(agreement, f"draft/add/flow/?dataset={elsewhere.pk}")).status_code == 404
    assert client.get(url(agreement, "draft/add/flow/")).status_code == 404


def test_rows_of_another_agreement_are_not_found_here(made: World) -> None:
    agreement, other, client = builders.drafted(made), builders.drafted(made), browser(made.riverton_liaison)
    for kind, row in (
        ("provision", first(other.provisions)), ("dataset", first(other.datasets)), ("flow", first(other.flows)),
        ("party", first(other.parties)), ("term", other.term), ("agreement", other),
        ("commitment", first(other.commitments)), ("measure", first(other.measures)),
    ):  # fmt: skip
        assert client.get(url(agreement, f"draft/edit/{kind}/{row.pk}/")).status_code == 404, kind
        assert client.post(url(agreement, f"draft/edit/{kind}/{row.pk}/"), {}).status_code == 404, kind
        assert client.post(url(agreement, f"draft/remove/{kind}/{row.pk}/"), {}).status_code == 404, kind
    assert client.post(url(agreement, f"draft/move/{first(other.provisions).pk}/"), {}).status_code == 404
    assert client.get(url(agreement, f"draft/edit/nonsense/{uuid4()}/")).status_code == 404
    assert client.get(url(agreement, "draft/add/party/")).status_code == 404


@pytest.mark.parametrize("kind", ["agreement", "party", "dataset", "flow", "commitment", "measure", "term"])
def test_every_kind_of_row_is_edited_in_place(made: World, kind: str) -> None:
    agreement, client = builders.drafted(made), browser(made.riverton_liaison)
    rows = {"agreement": agreement, "party": first(agreement.parties), "dataset": first(agreement.datasets),
            "flow": first(agreement.flows), "commitment": first(agreement.commitments),
            "measure": first(agreement.measures), "term": agreement.term}  # fmt: skip
    changes: dict[str, dict[str, Any]] = {
        "agreement": {"title": "Another title"}, "party": {"legal_authority": "C.R.S. 1-2-3"},
        "dataset": {"name": "Other name"}, "flow": {"method": "By courier"}, "commitment": {"text": "Another duty"},
        "measure": {"name": "Another measure"}, "term": {"months": "24"},
    }  # fmt: skip
    row = rows[kind]
    where = url(agreement, f"draft/edit/{kind}/{row.pk}/")
    page = client.get(where)
    answer = client.post(where, filled(page, **changes[kind]))
    assert answer.status_code == 302, text(answer)
    (name, value), *_ = changes[kind].items()
    assert str(getattr(again_row(row), name)) == value


def test_a_term_that_ends_before_it_begins_is_refused_at_the_field(made: World) -> None:
    agreement, client = builders.drafted(made), browser(made.riverton_liaison)
    where = url(agreement, "draft/term/")
    sent = filled(
        client.get(where),
        effective_rule="date",
        effective_on="2026-07-01",
        kind="fixed_date",
        last_day="2026-06-30",
    )
    answer = client.post(where, sent)
    assert answer.status_code == 400
    assert "The last day is before the first day" in text(answer)
    assert "2026-06-30" in answer.content.decode()
    for wrong in ({"last_day": "31/12/2026x"}, {"last_day": ""}, {"kind": "months", "months": ""}, {"months": "99999"},
                  {"effective_rule": "someday"}, {"review_months": "-3"}):  # fmt: skip
        assert client.post(where, sent | {"last_day": "2027-06-30"} | wrong).status_code == 400, wrong
    assert again(agreement).term.kind == "months"
    assert client.post(where, sent | {"last_day": "2027-06-30"}).status_code == 302


def test_a_signatory_of_another_agency_can_not_be_named(made: World) -> None:
    agreement, client = builders.drafted(made), browser(made.riverton_liaison)
    party = agreement.parties.get(agency=made.mesa)
    where = url(agreement, f"draft/edit/party/{party.pk}/")
    page = client.get(where)
    answer = client.post(where, filled(page, signatory=str(made.riverton_signatory.pk)))
    assert answer.status_code == 400
    assert client.post(where, filled(page, signatory=str(made.mesa_signatory.pk))).status_code == 302
    assert again_row(party).signatory_name == made.mesa_signatory.name


def test_drafting_is_refused_to_those_who_may_not_and_closed_when_it_is_not_ones_turn(made: World) -> None:
    agreement = builders.shared(made)
    assert browser(made.mesa_auditor).get(url(agreement, "draft/text/")).status_code == 403
    answer = browser(made.riverton_liaison).get(url(agreement, "draft/text/"))
    assert answer.status_code == 409
    assert "It is Mesa County District Attorney's turn" in text(answer)


def test_an_agency_is_a_party_once(made: World) -> None:
    agreement, client = builders.drafted(made), browser(made.riverton_liaison)
    where = url(agreement, "draft/partner/")
    assert client.get(where).status_code == 200
    assert client.post(where, {"agency": str(made.mesa.pk)}).status_code == 400
    assert client.post(where, {"agency": "nonsense"}).status_code == 400
    assert client.post(where, {"agency": str(made.harbor.pk), "roles": ["emperor"]}).status_code == 400
    assert client.post(where, {"agency": str(made.harbor.pk)}).status_code == 302
    assert agreement.parties.count() == 3


def test_a_clause_of_the_template_can_be_put_in_with_its_origin(made: World) -> None:
    agreement, client = builders.drafted(made), browser(made.riverton_liaison)
    page = client.get(url(agreement, "draft/text/"))
    offered = page.context["offered"]
    if not offered:
        pytest.skip("this template keeps nothing at hand")
    add = url(agreement, f"draft/add/provision/?clause={offered[0].ref}")
    assert client.post(add, filled(client.get(add))).status_code == 302
    assert agreement.provisions.filter(origin=offered[0].origin).exists()


def test_the_preview_shows_what_is_typed_and_saves_nothing(made: World) -> None:
    agreement, other, client = builders.drafted(made), builders.drafted(made), browser(made.riverton_liaison)
    rows = {"provision": first(agreement.provisions), "term": agreement.term, "flow": first(agreement.flows),
            "agreement": agreement, "party": first(agreement.parties)}  # fmt: skip
    changes: dict[str, dict[str, Any]] = {
        "provision": {"text": "Typed but not saved."}, "term": {"months": "77"}, "flow": {"method": "By pigeon"},
        "agreement": {"title": "Working title"}, "party": {"legal_name": "The Town of Riverton"},
    }  # fmt: skip
    before = again(agreement).last_event_id
    for kind, row in rows.items():
        page = client.get(url(agreement, f"draft/edit/{kind}/{row.pk}/"))
        sent = filled(page, **changes[kind]) | {"_kind": kind, "_row": str(row.pk)}
        answer = client.post(url(agreement, "draft/preview/"), sent)
        assert answer.status_code == 200, kind
        assert next(iter(changes[kind].values())) in text(answer)
    assert again(agreement).last_event_id == before
    foreign = first(other.provisions)
    sent = {"_kind": "provision", "_row": str(foreign.pk), "text": "x", "level": "2"}
    assert client.post(url(agreement, "draft/preview/"), sent).status_code == 404
    assert client.post(url(agreement, "draft/preview/"), {"_kind": "x", "_row": "y"}).status_code == 404
