"""Comments: about provisions and terms, naming people who are told and get no access by it, private ones staying private."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from agreements.models import Access, Comment
from agreements.operations import negotiating
from audit.models import Event
from common.models import Job
from tests import builders
from tests.agreements.pages import browser, filled, text, url
from tests.api.calling import Program
from tests.builders import NOW, World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


def told(subject: str) -> set[str]:
    return {job.payload["to"] for job in Job.objects.all() if subject in str(job.payload.get("subject"))}


def test_whoever_is_named_is_told_once_and_gets_no_access(made: World) -> None:
    agreement = builders.shared(made)
    seen = set(Access.objects.values_list("principal", "agreement"))
    words = f"@{made.mesa_signatory.name}, @riverton.counsel and @{made.outsider.name}: is this right?"
    row = negotiating.comment(agreement, text=words, actor=made.mesa_liaison, now=NOW)
    assert set(row.mentions) == {made.mesa_signatory.pk, made.riverton_counsel.pk}
    assert told("named you") == {made.mesa_signatory.email, made.riverton_counsel.email}
    assert made.riverton_counsel.email not in told("Comment on")
    assert made.riverton_liaison.email in told("Comment on")
    assert set(Access.objects.values_list("principal", "agreement")) == seen


def test_in_a_private_comment_nobody_elsewhere_is_named_or_told(made: World) -> None:
    agreement = builders.shared(made)
    words = f"@{made.riverton_counsel.name} must not know: @{made.mesa_counsel.name}"
    row = negotiating.comment(agreement, text=words, private=True, actor=made.mesa_liaison, now=NOW)
    assert row.mentions == [made.mesa_counsel.pk]
    assert all(
        "riverton" not in job.payload["to"]
        for job in Job.objects.all()
        if "must not know" in str(job.payload)
    )
    for person in (made.riverton_counsel, made.outsider):
        with pytest.raises(ValidationError, match="can't read"):
            negotiating.comment(
                agreement, text="Psst.", private=True, told=[person.pk], actor=made.mesa_liaison, now=NOW
            )
    assert Comment.objects.count() == 1


def test_before_it_is_shared_the_partner_is_not_told(made: World) -> None:
    agreement = builders.drafted(made)
    negotiating.comment(
        agreement, text=f"@{made.mesa_counsel.name} will ask.", actor=made.riverton_liaison, now=NOW
    )
    assert not told("named you")


def test_a_comment_is_about_a_structured_term_on_the_page_and_in_the_api(made: World) -> None:
    agreement = builders.shared(made)
    client = browser(made.riverton_counsel)
    page = client.get(url(agreement, "discussion/"))
    sent = filled(page, text="Why so long?", provision="term:review")
    assert client.post(url(agreement, "discussion/"), sent).status_code == 302
    assert "About Term: Review" in text(client.get(url(agreement, "discussion/")))
    dataset = agreement.datasets.first()
    assert dataset is not None
    program, path = Program(made.mesa_counsel), f"agreements/{agreement.pk}/comments/"
    body = {"text": "Which rows?", "topic": f"dataset:{dataset.pk}", "told": [str(made.mesa_liaison.pk)]}
    assert program.call("post", path, body).json()["about"] == f"Dataset: {dataset.name}"
    assert made.mesa_liaison.email in told("named you")
    for wrong in ({"topic": "term:nothing"}, {"topic": "dataset:x"}, {"told": [str(made.outsider.pk)]}):
        assert program.call("post", path, {"text": "x", **wrong}).status_code == 400, wrong


def test_a_private_remark_leaves_no_trace_for_others(made: World) -> None:
    """Its words, its topic, whom it names, that it is there at all: pages, counts, API, mails, events."""
    agreement = builders.shared(made)
    paths = ["", "discussion/", "suggestions/", "versions/", "history/", "data/", "checks/"]
    riverton = browser(made.riverton_counsel)
    plain = {path: text(riverton.get(url(agreement, path))) for path in paths}
    negotiating.comment(agreement, text=f"kestrel-7731 @{made.mesa_counsel.name}", topic="term:review", private=True,
                        actor=made.mesa_liaison, now=NOW)  # fmt: skip
    for path in [path for path in paths if path != "history/"]:
        assert text(riverton.get(url(agreement, path))) == plain[path], path
    assert "kestrel-7731" not in text(riverton.get(url(agreement, "history/")))
    program = Program(made.riverton_counsel)
    assert program.rows(f"agreements/{agreement.pk}/comments/") == []
    assert "kestrel-7731" not in str(program.rows(f"agreements/{agreement.pk}/events/"))
    public = Event.objects.filter(private_to=None)
    assert not any(b"kestrel-7731" in bytes(event.body) for event in public)
