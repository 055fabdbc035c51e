"""The pages of one agreement: who sees what, and what is answered to bad input."""

from datetime import timedelta
from uuid import uuid4

import pytest

from agreements.models import AgreementUserObjectPermission, Stage
from agreements.operations import negotiating
from audit.models import Event
from tests import builders
from tests.agreements.pages import browser, filled, first, text, url
from tests.builders import NOW, World, again
from tests.notarising import kept

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
TABS = ["", "data/", "checks/", "discussion/", "versions/", "approvals/", "dates/", "files/"]


@pytest.mark.parametrize("stage", list(builders.STAGES))
def test_every_tab_opens_in_every_stage_for_the_lead(made: World, stage: Stage) -> None:
    agreement = builders.STAGES[stage](made)
    for who in (made.riverton_liaison, made.riverton_signatory, made.riverton_auditor):
        client = browser(who)
        for tab in TABS:
            answer = client.get(url(agreement, tab))
            assert answer.status_code == 200, tab
            assert agreement.reference in text(answer)


def test_a_stranger_finds_nothing_anywhere(made: World) -> None:
    agreement, client = builders.shared(made, short=True), browser(made.outsider)
    paths = [
        *TABS,
        "draft/",
        "draft/text/",
        "steps/share/",
        "sign/",
        "access/",
        "files/final.pdf",
        "versions/1/",
    ]
    assert {client.get(url(agreement, path)).status_code for path in paths} == {404}


def test_a_visitor_who_is_not_signed_in_is_asked_to(made: World, client: object) -> None:
    agreement = builders.drafted(made, short=True)
    answer = client.get(url(agreement))  # type: ignore[attr-defined]
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_an_unshared_draft_does_not_exist_for_the_partner(made: World) -> None:
    agreement = builders.drafted(made, short=True)
    assert browser(made.mesa_liaison).get(url(agreement)).status_code == 404


def test_the_other_party_reads_the_version_and_not_the_edits_in_progress(made: World) -> None:
    agreement = builders.shared(made, short=True)
    row = first(agreement.provisions.order_by("position_in_order"))
    mesa = browser(made.mesa_liaison)
    page = mesa.get(url(agreement, f"draft/edit/provision/{row.pk}/"))
    mesa.post(url(agreement, f"draft/edit/provision/{row.pk}/"), filled(page, text="Mesa is thinking aloud."))
    assert "Mesa is thinking aloud." in text(mesa.get(url(agreement)))
    riverton = browser(made.riverton_liaison)
    assert "Mesa is thinking aloud." not in text(riverton.get(url(agreement)))
    answer = riverton.post(url(agreement, f"draft/edit/provision/{row.pk}/"), {"text": "Mine, " * 20})
    assert answer.status_code == 409
    assert "Mine, Mine" in text(answer)
    assert "Mesa is thinking aloud." not in text(answer)


def test_a_private_comment_is_seen_by_its_agency_only_with_the_words(made: World) -> None:
    agreement = builders.shared(made, short=True)
    mesa = browser(made.mesa_counsel)
    page = mesa.get(url(agreement, "discussion/"))
    sent = filled(page, text="Our red line is 30 days.", private="on")
    for _ in range(2):
        assert mesa.post(url(agreement, "discussion/"), sent).status_code == 302
    assert agreement.comments.count() == 1
    assert "Only Mesa County District Attorney sees this" in text(mesa.get(url(agreement, "discussion/")))
    for tab in TABS:
        assert "red line" not in text(browser(made.riverton_counsel).get(url(agreement, tab)))


def test_a_comment_on_another_agreements_provision_is_refused(made: World) -> None:
    agreement, other = builders.shared(made, short=True), builders.shared(made, short=True)
    client = browser(made.mesa_liaison)
    foreign = first(other.provisions)
    page = client.get(url(agreement, "discussion/"))
    answer = client.post(
        url(agreement, "discussion/"), filled(page, text="Kept words", provision=str(foreign.pk))
    )
    assert answer.status_code == 400
    assert "Kept words" in answer.content.decode()
    remark = negotiating.comment(other, text="There", actor=made.mesa_liaison, now=NOW)
    answer = client.post(url(agreement, "discussion/"), {"text": "x", "reply_to": str(remark.pk)})
    assert answer.status_code == 404
    assert client.post(url(agreement, f"discussion/{remark.pk}/resolve/")).status_code == 404


def test_hostile_and_overlong_comments_do_no_harm(made: World) -> None:
    agreement, client = builders.shared(made, short=True), browser(made.mesa_liaison)
    page = client.get(url(agreement, "discussion/"))
    assert client.post(url(agreement, "discussion/"), filled(page, text="x" * 8001)).status_code == 400
    assert client.post(url(agreement, "discussion/"), filled(page, text="a\x00b")).status_code == 400
    assert client.post(url(agreement, "discussion/"), filled(page, text="   ")).status_code == 400
    hostile = "<script>alert(1)</script>{{ settings.SECRET_KEY }}{% debug %}"
    assert client.post(url(agreement, "discussion/"), filled(page, text=hostile)).status_code == 302
    shown = client.get(url(agreement, "discussion/")).content.decode()
    assert "<script>alert(1)" not in shown
    assert "{{ settings.SECRET_KEY }}" in shown


def test_versions_are_compared_word_by_word(made: World) -> None:
    agreement = builders.shared(made, short=True)
    row = first(agreement.provisions.exclude(text="").order_by("position_in_order"))
    mesa = browser(made.mesa_liaison)
    page = mesa.get(url(agreement, f"draft/edit/provision/{row.pk}/"))
    mesa.post(url(agreement, f"draft/edit/provision/{row.pk}/"), filled(page, text=f"Hereby: {row.text}"))
    mesa.post(url(agreement, "steps/return/"), {"note": "One word."})
    answer = mesa.get(url(agreement, "versions/compare/?from=1&to=2"))
    assert answer.status_code == 200
    assert "inserted: Hereby" in text(answer)
    for query in ("?from=1&to=99", "?from=x&to=2", "", "?from=٣&to=1"):
        assert mesa.get(url(agreement, f"versions/compare/{query}")).status_code == 404
    assert mesa.get(url(agreement, "versions/99/")).status_code == 404


def test_the_final_document_is_prepared_then_downloaded_and_the_download_recorded(
    made: World, settings: object
) -> None:
    agreement, client = builders.executed(made, short=True), browser(made.mesa_liaison)
    waiting = client.get(url(agreement, "files/"))
    assert "is being prepared" in text(waiting)
    assert client.get(url(agreement, "files/final.pdf")).status_code == 302
    content = b"%PDF-1.7 a small file"
    kept(again(agreement), content)
    assert "Download the signed PDF" in text(client.get(url(agreement, "files/")))
    answer = client.get(url(agreement, "files/final.pdf"))
    assert answer.content == content
    assert answer["Content-Type"] == "application/pdf"
    assert Event.objects.filter(stream=agreement.pk, action="document.downloaded").count() == 1
    assert client.head(url(agreement, "files/final.pdf")).status_code == 405


def test_a_lost_file_is_said_and_no_download_recorded(made: World, settings: object) -> None:
    agreement, client = builders.executed(made, short=True), browser(made.mesa_liaison)
    kept(again(agreement), b"%PDF-1.7 a small file")
    for path in settings.DOCUMENTS.rglob("*.pdf"):  # type: ignore[attr-defined]
        path.unlink()
    answer = client.get(url(agreement, "files/final.pdf"), follow=True)
    assert "is not in the store" in text(answer)
    assert not Event.objects.filter(action="document.downloaded").exists()


def test_access_is_given_and_taken_away(made: World) -> None:
    agreement, client = builders.shared(made, short=True), browser(made.mesa_counsel)
    until = (NOW + timedelta(days=30)).date().isoformat()
    sent = {"email": made.nobody.email, "conveys": "comment", "until": until, "reason": "Outside counsel"}
    for wrong in (
        {"email": "who@nowhere.example"},
        {"until": "2020-01-01"},
        {"until": "soon"},
        {"conveys": "sign"},
        {"reason": ""},
    ):
        answer = client.post(url(agreement, "access/"), sent | wrong)
        assert answer.status_code == 400, wrong
    assert client.post(url(agreement, "access/"), sent).status_code == 302
    visitor = browser(made.nobody)
    assert visitor.get(url(agreement)).status_code == 200
    assert visitor.get(url(agreement, "access/")).status_code == 403
    revoke = url(agreement, f"access/{made.nobody.pk}/revoke/")
    assert client.post(revoke, {"reason": ""}).status_code == 400
    assert client.post(revoke, {"reason": "Done"}).status_code == 302
    assert visitor.get(url(agreement)).status_code == 404
    assert client.post(revoke, {"reason": "Again"}).status_code == 404
    assert not AgreementUserObjectPermission.objects.exists()


def test_those_who_may_not_give_access_are_refused(made: World) -> None:
    agreement = builders.shared(made, short=True)
    assert browser(made.mesa_liaison).get(url(agreement, "access/")).status_code == 403


def test_unknown_ids_are_not_found(made: World) -> None:
    client = browser(made.riverton_liaison)
    for path in ("", "draft/", "sign/", "files/"):
        assert client.get(f"/agreements/{uuid4()}/{path}").status_code == 404
