"""Who may do what with an agency, as a list and as yes or no."""

import datetime as dt

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied

from agencies import policy
from agencies.models import Agency, Role, User
from agencies.operations.people import retire_membership
from audit.record import SYSTEM
from tests.agencies import builders
from tests.agencies.builders import NOW, TODAY


def test_the_yes_or_no_form_is_the_list_form_for_every_person_and_action(cast):
    people = [
        *User.objects.all(),
        SYSTEM,
        User.objects.create_superuser("op@site.example", "x" * 20, name="Op"),
    ]
    for actor in people:
        for action in sorted(policy.ACTIONS):
            listed = set(policy.permitted(actor, action, Agency.objects.all(), today=TODAY))
            asked = {a for a in Agency.objects.all() if policy.may(actor, action, a, today=TODAY)}
            assert asked == listed, (actor.label, action)


@pytest.mark.parametrize("role", Role.values)
def test_a_role_allows_what_the_table_says_and_nothing_elsewhere(cast, role):
    user = builders.person("new@rpd.example", **{role: cast.rpd})
    for action in sorted(policy.ACTIONS - policy.ANYONE):
        allowed = set(policy.permitted(user, action, Agency.objects.all(), today=TODAY))
        assert allowed == ({cast.rpd} if action in policy.GRANTS[Role(role)] else set()), action


def test_an_overseers_auditor_sees_the_people_and_changes_nothing(cast):
    assert policy.may(cast.overseer, "view_people", cast.rpd, today=TODAY)
    assert not policy.may(cast.overseer, "manage_people", cast.rpd, today=TODAY)
    assert not policy.may(cast.overseer, "view_people", cast.county, today=TODAY)


def test_nobody_acts_before_their_first_day_or_from_their_last(cast):
    builders.person("next@rpd.example", administrator=cast.rpd)
    held = cast.admin.memberships.get()
    retire_membership(held, actor=SYSTEM, now=NOW, until=TODAY + dt.timedelta(days=5))
    for days, allowed in ((-1, False), (0, True), (4, True), (5, False)):
        on = TODAY + dt.timedelta(days=days)
        assert policy.may(cast.admin, "edit_agency", cast.rpd, today=on) is allowed, days


def test_strangers_and_closed_accounts_see_nothing(cast):
    cast.liaison.is_active = False
    for actor in (cast.liaison, AnonymousUser()):
        assert not policy.permitted(actor, "view_agency", Agency.objects.all(), today=TODAY).exists()


def test_a_refusal_names_who_can(cast):
    with pytest.raises(PermissionDenied, match=r"only the administrator of Riverton PD can\. Ask Ada Admin"):
        policy.require(cast.liaison, "manage_people", cast.rpd, today=TODAY)


def test_an_action_that_is_in_no_table_is_a_mistake(cast):
    with pytest.raises(ValueError, match="no such action"):
        policy.may(cast.admin, "fly", cast.rpd, today=TODAY)
