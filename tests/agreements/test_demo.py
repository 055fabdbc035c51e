"""The demo region: everything there is to show, told in order, and once."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.core.management import CommandError, call_command

from agencies.models import Agency, Role, SigningAuthority, User, memberships_of
from agreements import demo, policy, standing
from agreements.demo import region, story
from agreements.models import (
    STANDINGS,
    Agreement,
    AgreementUserObjectPermission,
    Comment,
    Reminder,
    Review,
    Stage,
)
from audit.models import Event
from common import outbox
from common.models import Job

NOW = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)
TODAY = NOW.date()
PASSWORD = "Try-Concordat-2026"


@pytest.mark.slow
def test_the_history_shows_everything_and_is_told_once(db: None, settings: object) -> None:
    settings.DEMO_PASSWORD = PASSWORD  # type: ignore[attr-defined]
    demo.build(password=PASSWORD, now=NOW)
    _has_agencies_and_people()
    _has_every_standing()
    _has_what_people_did()
    _is_told_in_order()
    assert set(outbox.due(NOW).values_list("run_after", flat=True)) == {NOW}, "nobody could do it before"
    before = Event.objects.count(), Job.objects.count()
    call_command("demo", verbosity=0)
    assert (Event.objects.count(), Job.objects.count()) == before


def _has_agencies_and_people() -> None:
    assert (Agency.objects.count(), User.objects.count()) == (13, 40)
    people = list(User.objects.all())
    assert all(person.email.endswith(".example") and person.title for person in people)
    assert people[0].check_password(PASSWORD)
    held = {
        role
        for person in people
        for role in memberships_of(person, today=TODAY).values_list("role", flat=True)
    }
    assert held == set(Role)
    assert SigningAuthority.objects.active(on=TODAY).count() == 13
    overseer = User.objects.get(name="Beatrix Olander")
    assert 20 < policy.visible(overseer, today=TODAY).count() < 60


def _has_every_standing() -> None:
    agreements = list(Agreement.objects.all())
    assert len(agreements) == 60
    assert {row.stage for row in agreements} == set(Stage)
    assert {standing.of(row, today=TODAY).key for row in agreements} == set(STANDINGS)
    assert {row.template.partition("@")[0] for row in agreements} == {"cjis-iea", "alpr", "sro", ""}
    evergreen = Agreement.objects.filter(stage=Stage.EXECUTED, last_day=None, review_due_on__lt=TODAY)
    assert evergreen.count() == 2
    texts = Agreement.objects.filter(stage=Stage.NEGOTIATION)
    assert len({row.turn_id == row.lead_id for row in texts}) == 2


def _has_what_people_did() -> None:
    assert Comment.objects.exclude(private_to=None).exists()
    assert Comment.objects.exclude(reply_to=None).exists()
    assert Review.objects.exists()
    assert Reminder.objects.exists()
    assert AgreementUserObjectPermission.objects.filter(until__gt=TODAY).exists()


def _is_told_in_order() -> None:
    at = list(Event.objects.order_by("id").values_list("at", flat=True))
    late = [one for one, after in pairwise(at) if one - after > timedelta(hours=2)]
    assert not late
    assert max(at) <= NOW
    assert at[0] < NOW - timedelta(days=700)
    assert Job.objects.filter(created_at__gt=NOW).count() == 0


def test_every_agreement_of_the_book_has_a_title_of_its_own() -> None:
    book = region.read("agreements.toml")
    titles = Counter(one["title"] for one in book["agreements"])
    assert len(titles) == 60
    assert {one["path"] for one in book["agreements"]} == set(story.PATHS)
    assert {one["title"] for one in book["grant"]} <= set(titles)


def test_without_a_demo_password_nothing_is_built(db: None, settings: object) -> None:
    settings.DEMO_PASSWORD = ""  # type: ignore[attr-defined]
    with pytest.raises(CommandError, match="switched off"):
        call_command("demo")
    assert not Agency.objects.exists()
