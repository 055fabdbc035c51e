"""What the tables say is what happens: stage x step x person, yes/no = list, and the documents written from them."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction

from agencies import policy as agency_policy
from agencies.models import Role, User
from agreements import policy
from agreements.access.rights import OF_AGENCY
from agreements.lifecycle import STEPS, Step, StepNotOpen, open_steps, opened
from agreements.models import STANDINGS, Agreement, Stage
from agreements.operations import ending, granting, signing
from tests import builders
from tests.builders import NOW, World, again

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
DOCS = Path(__file__).parent.parent / "docs"

PEOPLE = (
    *(f"{agency}_{role}" for agency in ("riverton", "mesa") for role in builders.ROLES),
    "outsider", "overseer", "board_liaison", "nobody",
)  # fmt: skip


def _ended(made: World) -> Agreement:
    agreement = builders.executed(made)
    ending.terminate(agreement, ground="mutual", reason="Done.", actor=made.mesa_counsel, now=NOW)
    return again(agreement)


def _declined(made: World) -> Agreement:
    agreement = builders.in_signing(made)
    signing.decline(agreement, reason="No.", actor=made.mesa_signatory, now=NOW)
    return again(agreement)


def _abandoned(made: World) -> Agreement:
    agreement = builders.shared(made)
    ending.abandon(agreement, reason="Not needed.", actor=made.riverton_liaison, now=NOW)
    return again(agreement)


IN_STAGE: dict[Stage, Callable[[World], Agreement]] = {
    **builders.STAGES,
    Stage.ENDED: _ended,
    Stage.DECLINED: _declined,
    Stage.ABANDONED: _abandoned,
}


Seats = list[tuple[Role, bool]]
"""The roles a person has in the agencies that see an agreement, and whether in the lead agency."""


def _seats(agreement: Agreement, person: User) -> Seats:
    shared = agreement.shared_at is not None
    found: Seats = []
    for member in person.memberships.select_related("agency"):
        lead = member.agency_id == agreement.lead_id
        if lead or (shared and agreement.parties.filter(agency=member.agency).exists()):
            found.append((Role(member.role), lead))
    return found


def _may(step: Step, seats: Seats) -> bool:
    """The naive reading of the two tables for the people of the cast, written apart from the code under test."""
    for role, lead in seats:
        if step.permission in policy.GRANTS[role]:
            return lead or step.permission not in policy.LEAD_ONLY
    return False


@pytest.mark.parametrize("stage", list(Stage))
def test_every_step_opens_for_exactly_those_the_tables_name(stage: Stage, made: World) -> None:
    agreement = IN_STAGE[stage](made)
    assert agreement.stage == stage
    for key in PEOPLE:
        person = made.people[key]
        shown = {step.name for step in open_steps(agreement, person, today=TODAY)}
        seats = _seats(agreement, person)
        turn = person.memberships.filter(agency=agreement.turn_id).exists()
        for step in STEPS.values():
            outcome = _try(step, agreement, person)
            allowed = _may(step, seats)
            holder = not turn if step.name == "suggest" else turn or not step.turn
            applies = step.name not in {
                "resume",
                "unimport",
                "acknowledge",
                "cure",
            }  # nothing of theirs is there
            open_now = stage in step.sources and holder and applies
            expected = "open" if allowed and open_now else "closed" if allowed else "forbidden"
            assert outcome == expected, (stage, step.name, key)
            assert (step.name in shown) == (expected == "open"), (stage, step.name, key)


def _try(step: Step, agreement: Agreement, person: User) -> str:
    try:
        with transaction.atomic():
            opened(step.name, agreement, actor=person, today=TODAY)
    except PermissionDenied:
        return "forbidden"
    except StepNotOpen:
        return "closed"
    return "open"


@pytest.mark.slow
def test_the_yes_no_form_of_every_permission_is_its_list_form(made: World) -> None:
    agreements = [build(made) for build in IN_STAGE.values()]
    granting.grant(agreements[4], person=made.outsider, conveys="comment", until=TODAY + timedelta(days=30),
                   reason="Outside view.", actor=made.riverton_administrator, now=NOW)  # fmt: skip
    for key in PEOPLE:
        person = made.people[key]
        shown = {agreement.pk: policy.actions_on(person, agreement, today=TODAY) for agreement in agreements}
        for action in policy.ACTIONS:
            listed = set(
                policy.permitted(person, action, Agreement.objects.all(), today=TODAY).values_list(
                    "pk", flat=True
                )
            )
            for agreement in agreements:
                answer = agreement.pk in listed
                assert policy.may(person, action, agreement, today=TODAY) is answer, (key, action)
                assert (action in shown[agreement.pk]) is answer, (key, action)


def test_a_grant_ends_on_its_day(made: World) -> None:
    agreement = builders.executed(made)
    until = TODAY + timedelta(days=30)
    granting.grant(agreement, person=made.outsider, conveys="view", until=until, reason="Outside counsel.",
                   actor=made.riverton_administrator, now=NOW)  # fmt: skip
    assert policy.visible(made.outsider, today=until - timedelta(days=1)).exists()
    assert not policy.visible(made.outsider, today=until).exists()
    granting.revoke(
        agreement, person=made.outsider, reason="Over.", actor=made.riverton_administrator, now=NOW
    )
    assert not policy.visible(made.outsider, today=TODAY).exists()


def _written(name: str, text: str) -> None:
    """A page of docs/ written from the tables; UPDATE_DOCS=1 rewrites it on purpose."""
    page = DOCS / name
    if os.environ.get("UPDATE_DOCS"):
        page.write_text(text, encoding="utf-8")
    assert page.read_text(encoding="utf-8") == text, (
        f"{name} is out of date: run the tests once with UPDATE_DOCS=1."
    )


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines) + "\n"


def test_docs_lifecycle_says_what_the_table_says() -> None:
    rows = [
        [
            step.label,
            ", ".join(stage.label for stage in step.sources) if len(step.sources) < len(Stage) else "Any",
            step.target.label if step.target else "Unchanged",
            f"`{step.permission}`" + (", on its turn" if step.turn else ""),
            step.help,
        ]
        for step in STEPS.values()
    ]
    stages = "".join(f"- **{stage.label}**\n" for stage in Stage)
    standings = "".join(f"- {word}\n" for word in STANDINGS.values())
    _written(
        "lifecycle.md",
        "# The life of an agreement\n\nThis page is written by a test from `agreements/lifecycle.py`.\n\n"
        f"Stages (what people did):\n\n{stages}\n"
        "Executed follows from the last party's signature, or from the import of what was signed outside. Where an executed agreement stands on a day follows from "
        f"its dates and is never stored:\n\n{standings}\n"
        + _table(["Step", "Open while", "Leads to", "Who", "What it does"], rows),
    )


def _with_agency() -> list[list[str]]:
    return [
        [f"`{action}`", *("yes" if action in agency_policy.GRANTS[role] else "" for role in Role),
         "yes" if action in agency_policy.OVERSEERS else "", words]
        for action, words in sorted(OF_AGENCY.items())
    ]  # fmt: skip


def test_every_right_with_an_agency_has_its_words() -> None:
    assert set(OF_AGENCY) == set().union(*agency_policy.GRANTS.values())


def test_docs_permissions_say_what_the_table_says() -> None:
    rows = []
    for action in policy.ACTIONS:
        cells = ["yes" if action in policy.GRANTS[role] else "" for role in Role]
        note = "lead agency only" if action in policy.LEAD_ONLY else ""
        rows.append([f"`{action}`", *cells, "yes" if action in policy.OVERSIGHT else "", note])
    steps = [
        [f"`{step.permission}`", step.label, *("yes" if stage in step.sources else "" for stage in Stage)]
        for step in STEPS.values()
    ]
    grants = [
        [f"`{name}`", ", ".join(f"`{a}`" for a in sorted(actions))]
        for name, actions in policy.GRANTABLE.items()
    ]
    _written(
        "permissions.md",
        "# Who may do what\n\nThis page is written by a test from `agreements/policy.py` and "
        "`agreements/lifecycle.py`.\n\nPeople act through a role in a party agency. Whatever a person may not see "
        "does not exist for them.\n\n"
        + _table(["Action", *(role.label for role in Role), "Overseeing auditor", "Note"], rows)
        + "\nAn object grant to one person, with an end date, conveys:\n\n"
        + _table(["Grant", "Actions"], grants)
        + "\nWith an agency itself, from `agencies/policy.py`; its own clauses and positions stay within it:\n\n"
        + _table(
            ["Action", *(role.label for role in Role), "Overseeing auditor", "What it is"], _with_agency()
        )
        + "\nIn which stage each step is open:\n\n"
        + _table(["Action", "Step", *(stage.label for stage in Stage)], steps),
    )


def test_standing_in_lists_is_standing_on_the_page(made: World) -> None:
    agreement = builders.executed(made)
    assert agreement.last_day is not None
    days = [TODAY, agreement.last_day, agreement.last_day + timedelta(days=1), agreement.last_day - timedelta(days=90),
            agreement.last_day - timedelta(days=91), TODAY - timedelta(days=1)]  # fmt: skip
    for build in (
        lambda: again(agreement),
        lambda: _suspend(made, agreement),
        lambda: _terminate(made, agreement),
    ):
        row = build()
        for day in days:
            _same_standing(row, day)


def _same_standing(agreement: Agreement, day: date) -> None:
    from_list = [
        name for name in STANDINGS if Agreement.objects.filter(pk=agreement.pk).standing(name, today=day)
    ]
    assert from_list == [builders.standing_of(agreement, day)], day


def _suspend(made: World, agreement: Agreement) -> Agreement:
    ending.suspend(agreement, grounds="Audit.", from_on=TODAY, until_on=TODAY + timedelta(days=9),
                   actor=made.mesa_counsel, now=NOW)  # fmt: skip
    return again(agreement)


def _terminate(made: World, agreement: Agreement) -> Agreement:
    ending.terminate(again(agreement), ground="notice", reason="New law.", actor=made.mesa_counsel, now=NOW)
    return again(agreement)
