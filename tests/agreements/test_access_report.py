"""What an auditor asks of access: who could, who did, who tried, and that an auditor changes nothing."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.utils import timezone

from agencies.models import Membership, User
from agencies.operations.accounts import deactivate_user
from agencies.operations.agencies import set_oversight
from agencies.operations.roles import change_role, grant_membership, retire_membership
from agreements import policy
from agreements.access import asof, rights
from agreements.lifecycle import STEPS, StepNotOpen, opened
from agreements.models import Agreement
from agreements.operations import granting, noting
from audit.models import Event
from audit.record import SYSTEM
from audit.sentences import body
from tests import builders, test_urls
from tests.agreements.pages import browser, text, url
from tests.builders import NOW, World
from tests.test_urls import SIGNED_IN, Scene, ask, path

pytestmark = pytest.mark.django_db
TODAY = NOW.date()

scene = test_urls.scene


def day(number: int) -> Any:
    """The instant so many days after the world began."""
    return NOW + timedelta(days=number)


def could(agreement: Agreement, on: date, *, whole: bool = True) -> dict[str, set[str]]:
    """What each person could do at the end of the day, as the report says."""
    found: dict[str, set[str]] = {}
    for right in asof.of_agreement(agreement, on=on):
        if right.whole_day == whole:
            found.setdefault(right.email, set()).update(right.actions)
    return found


def allowed(agreement: Agreement, people: Any, on: date) -> dict[str, set[str]]:
    """The same as the policy says it, which is asked for each person's roles once."""
    for person in (people := list(people)):
        person.remember_roles()
    said = {p.email: {a for a in policy.ACTIONS if policy.may(p, a, agreement, today=on)} for p in people}
    return {email: actions for email, actions in said.items() if actions}


def granted(
    agreement: Agreement, person: User, made: World, *, now: Any = NOW, days: int = 30, conveys: str = "view"
) -> None:
    granting.grant(agreement, person=person, conveys=conveys, until=now.date() + timedelta(days=days), reason="Outside view.",
                   actor=made.riverton_counsel, now=now)  # fmt: skip


def test_every_action_has_plain_words() -> None:
    assert set(rights.WORDS) == set(policy.ACTIONS)


def test_today_the_report_says_what_the_policy_says(made: World) -> None:
    agreements = [build(made) for build in (builders.drafted, builders.shared, builders.executed)]
    for agreement in agreements[1:]:
        granted(agreement, made.outsider, made, conveys="export")
        granted(agreement, made.harbor_administrator, made)
    granting.revoke(
        agreements[2], person=made.harbor_administrator, reason="Over.", actor=made.riverton_counsel, now=NOW
    )
    deactivate_user(made.mesa_liaison, actor=SYSTEM, now=NOW)
    for agreement in agreements:
        assert could(agreement, TODAY) == allowed(agreement, User.objects.all(), TODAY), agreement.stage


@pytest.mark.slow
def test_each_past_day_the_report_says_what_the_policy_said_then(made: World) -> None:
    """The policy is asked on the evening of each day; the report much later, when most of it is over."""
    agreement = builders.executed(made, short=True)
    said: dict[date, dict[str, set[str]]] = {}
    for number, act in enumerate(_changes(made, agreement)):
        act(day(number))
        on = day(number).date()
        said[on] = allowed(agreement, User.objects.all(), on)
    assert len({str(sorted((k, sorted(v)) for k, v in one.items())) for one in said.values()}) >= 7
    for on, then in said.items():
        assert could(agreement, on) == then, on
    assert could(agreement, TODAY - timedelta(days=1)) == {}


def _changes(made: World, agreement: Agreement) -> list[Any]:
    """One change of somebody's rights a day."""
    member = {row.user.email: row for row in Membership.objects.select_related("user", "agency")}
    visitor = made.outsider
    return [
        lambda now: None,
        lambda now: granted(agreement, visitor, made, now=now, days=200, conveys="comment"),
        lambda now: change_role(member["mesa.liaison@agency.example"], role="counsel", actor=SYSTEM, now=now),
        lambda now: granting.revoke(
            agreement, person=visitor, reason="Over.", actor=made.riverton_counsel, now=now
        ),
        lambda now: set_oversight(made.board, made.riverton, actor=SYSTEM, now=now, until=now.date()),
        lambda now: granted(agreement, visitor, made, now=now, days=2),
        lambda now: deactivate_user(made.riverton_liaison, actor=SYSTEM, now=now),
        lambda now: None,  # the grant has run out
        lambda now: grant_membership(made.mesa, made.mesa_auditor, role="signatory", actor=SYSTEM, now=now),
        lambda now: retire_membership(member["mesa.counsel@agency.example"], actor=SYSTEM, now=now),
    ]


def test_what_was_taken_away_in_the_course_of_a_day_is_told_apart(made: World) -> None:
    agreement = builders.executed(made, short=True)
    held = Membership.objects.get(user=made.mesa_liaison)
    granted(agreement, made.outsider, made, now=day(1))
    retire_membership(held, actor=SYSTEM, now=day(3))
    granting.revoke(agreement, person=made.outsider, reason="Over.", actor=made.riverton_counsel, now=day(3))
    both = {"mesa.liaison@agency.example", "outsider@agency.example"}
    assert both <= could(agreement, day(2).date()).keys()
    assert not both & could(agreement, day(3).date()).keys()
    assert set(could(agreement, day(3).date(), whole=False)) == both
    assert not both & {right.email for right in asof.of_agreement(agreement, on=day(4).date())}


def test_an_agencys_report_names_roles_authorities_overseers_and_grants_it_gave(made: World) -> None:
    agreement = builders.executed(made, short=True)
    granted(agreement, made.outsider, made)
    found = {(right.via, right.email) for right in asof.of_agency(made.riverton, on=TODAY)}
    assert {via for via, _ in found} == {"role", "signing authority", "oversight", "grant"}
    assert {email for via, email in found if via == "oversight"} == {"overseer@agency.example"}
    assert {email for via, email in found if via == "grant"} == {"outsider@agency.example"}
    assert not any(
        via == "grant" for via, _ in {(r.via, r.email) for r in asof.of_agency(made.mesa, on=TODAY)}
    )
    assert asof.of_agency(made.riverton, on=TODAY - timedelta(days=1)) == []


def test_an_opening_by_grant_or_as_overseer_is_one_event_a_day(made: World) -> None:
    agreement = builders.executed(made, short=True)
    granting.grant(agreement, person=made.outsider, conveys="view", until=timezone.localdate() + timedelta(days=9),
                   reason="Look.", actor=made.riverton_counsel, now=timezone.now())  # fmt: skip
    for person in (made.outsider, made.overseer, made.mesa_counsel, made.riverton_auditor):
        for page in ("", "data/", ""):
            assert browser(person).get(url(agreement, page)).status_code == 200
    seen = Event.objects.filter(stream=agreement.pk, action=noting.VIEWED)
    assert [(row.actor, body(row)["facts"]["by"], row.agency) for row in seen.order_by("number")] == [
        (made.outsider.pk, "a grant", None),
        (made.overseer.pk, "oversight", made.board.pk),
    ]
    assert noting.opened(agreement, actor=made.outsider, now=timezone.now() + timedelta(days=1))


def test_refused_attempts_are_kept_and_bounded(made: World) -> None:
    agreement = builders.still_open(made, builders.in_signing(made, short=True), now=timezone.now())
    auditor, signer = browser(made.mesa_auditor), browser(made.mesa_signatory)
    assert auditor.post(url(agreement, "steps/recall/"), {}).status_code == 403
    form = {
        "seen_hash": agreement.versions.latest("number").sha256,
        "typed_name": "Mesa Signatory",
        "consent": "on",
        "password": "no",
    }
    assert signer.post(url(agreement, "sign/"), form).status_code == 400
    assert browser(made.mesa_liaison).get(f"/audit/streams/{agreement.pk}/export.csv").status_code == 404
    assert browser(made.outsider).get(url(agreement)).status_code == 404
    assert browser(made.outsider).get(f"/audit/streams/{agreement.pk}/export.csv").status_code == 404
    refused = Event.objects.filter(stream=agreement.pk, action=noting.REFUSED).order_by("number")
    facts = [body(row)["facts"] for row in refused]
    assert [(one["kind"], one["tried"]) for one in facts] == [
        ("act", "take the step “recall”"),
        ("password", "sign with a wrong password"),
        ("export", "export the history"),
    ]
    assert {row.private_to for row in refused} == {made.mesa.pk}, (
        "how a party's people fare is its own business"
    )
    for _ in range(noting.MOST + 5):
        noting.refused(agreement, kind="act", tried="x", actor=made.mesa_auditor, now=timezone.now())
    assert refused.filter(actor=made.mesa_auditor.pk).count() == noting.MOST


def test_the_report_of_readers_tells_openings_and_takings_and_is_itself_told(made: World) -> None:
    agreement = builders.executed(made, short=True)
    browser(made.overseer).get(url(agreement))
    auditor = browser(made.riverton_auditor)
    b"".join(auditor.get(f"/audit/streams/{agreement.pk}/export.csv").streaming_content)  # type: ignore[attr-defined]
    page = text(auditor.get(url(agreement, "readers/")))
    assert "Overseer" in page and "Exported the history" in page
    table = auditor.get(url(agreement, "readers.csv")).content.decode()
    assert "agreement.viewed" not in table and table.count("\n") == 4, "two reads, this taking away, the head"
    people = text(auditor.get(f"/agencies/{made.riverton.slug}/readers/"))
    assert "Riverton Auditor" in people and "Mesa" not in people.partition("By person")[2]
    assert auditor.get(url(agreement, "who.csv") + "?on=2026-03-02").content.decode().count("Counsel") >= 2


AUDITORS = ("riverton_auditor", "overseer", "visitor")


@pytest.mark.parametrize("sort", AUDITORS)
def test_an_auditor_of_any_sort_changes_nothing(sort: str, scene: Scene) -> None:
    person = _auditor(sort, scene)
    today = timezone.localdate()
    for agreement in (scene.open, scene.done):
        assert policy.may(person, "view", agreement, today=today) and policy.may(
            person, "export", agreement, today=today
        )
        for name in STEPS:
            with pytest.raises((PermissionDenied, StepNotOpen)), transaction.atomic():
                opened(name, agreement, actor=person, today=today)
    client = browser(person)
    client.get("/")  # the first request of a session writes it
    before = _tables()
    for route, (method, _) in SIGNED_IN.items():
        if route.endswith("certified-copy/") or route == "calendar/make/":
            continue  # taking a copy is recorded, as every download is; one's own calendar is nobody else's
        if (
            method == "POST"
            or "steps" in route
            or route.endswith(("sign/", "edit/", "authority/", "reviews/"))
        ):
            ask(client, "POST", path(route, scene.of(route)))
    for name in STEPS:
        for agreement in (scene.open, scene.done):
            ask(client, "POST", url(agreement, f"steps/{name}/"))
    assert _tables() == before


def _auditor(sort: str, scene: Scene) -> User:
    if sort != "visitor":
        found: User = scene.made.people[sort]
        return found
    for agreement in (scene.open, scene.done):
        granting.grant(agreement, person=scene.made.nobody, conveys="export", reason="An outside audit.",
                       until=timezone.localdate() + timedelta(days=30), actor=scene.made.riverton_administrator,
                       now=timezone.now())  # fmt: skip
    return scene.made.people["nobody"]


def _tables() -> dict[str, bytes]:
    """Every row of the agreements and agencies, as PostgreSQL copies it out."""
    found: dict[str, bytes] = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.startswith(("agencies_", "agreements_")) and table not in {
                "agreements_tally",
                "agreements_tries",
                "agreements_look",
            }:
                out = BytesIO()
                cursor.copy_expert(f'COPY "{table}" TO STDOUT', out)
                found[table] = out.getvalue()
    return found
