"""Roles and accounts: given, changed, ended; refused where they must be."""

import datetime as dt

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied, ValidationError

from agencies.models import Membership, SigningAuthority, User, memberships_of
from agencies.operations import people
from audit.record import SYSTEM
from tests.agencies import builders
from tests.agencies.builders import NOW, TODAY, actions, mails

TOMORROW = TODAY + dt.timedelta(days=1)


def roles_of(user, on=TODAY):
    return sorted(row.role for row in memberships_of(user, today=on))


def test_a_role_given_is_held_recorded_and_told(cast):
    people.grant_membership(cast.rpd, cast.liaison, role="counsel", actor=cast.admin, now=NOW)
    assert roles_of(cast.liaison) == ["counsel", "liaison"]
    assert actions(cast.rpd.pk)[-1] == "membership.granted"
    assert mails("lee@rpd.example")[-1]["subject"] == "You are now counsel of Riverton PD"


def test_the_same_role_cannot_be_held_twice(cast):
    with pytest.raises(ValidationError, match="already has this role"):
        people.grant_membership(cast.rpd, cast.liaison, role="liaison", actor=cast.admin, now=NOW)


def test_an_administrator_cannot_pull_in_strangers(cast):
    with pytest.raises(ValidationError, match="Invite them"):
        people.grant_membership(cast.rpd, cast.outsider, role="auditor", actor=cast.admin, now=NOW)


def test_an_unknown_role_is_refused(cast):
    with pytest.raises(ValidationError) as refused:
        people.grant_membership(cast.rpd, cast.liaison, role="king", actor=cast.admin, now=NOW)
    assert "role" in refused.value.message_dict


@pytest.mark.parametrize("who", ["liaison", "signatory", "outsider", "overseer"])
def test_only_the_administrator_manages_people(cast, who):
    actor, held = getattr(cast, who), cast.liaison.memberships.get()
    before = actions(cast.rpd.pk)
    for attempt in (
        lambda: people.grant_membership(cast.rpd, cast.liaison, role="counsel", actor=actor, now=NOW),
        lambda: people.change_role(held, role="counsel", actor=actor, now=NOW),
        lambda: people.retire_membership(held, actor=actor, now=NOW),
        lambda: people.invite(cast.rpd, email="x@rpd.example", role="liaison", actor=actor, now=NOW),
        lambda: people.deactivate_user(
            cast.liaison if who != "liaison" else cast.signatory, actor=actor, now=NOW
        ),
    ):
        with pytest.raises(PermissionDenied):
            attempt()
    assert actions(cast.rpd.pk) == before


def test_changing_a_role_keeps_who_held_which_when(cast):
    held = cast.liaison.memberships.get()
    later = NOW + dt.timedelta(days=10)
    people.change_role(held, role="counsel", actor=cast.admin, now=later)
    assert roles_of(cast.liaison, TODAY + dt.timedelta(days=9)) == ["liaison"]
    assert roles_of(cast.liaison, TODAY + dt.timedelta(days=10)) == ["counsel"]


def test_changing_a_role_to_itself_changes_nothing(cast):
    before = actions(cast.rpd.pk)
    people.change_role(cast.liaison.memberships.get(), role="liaison", actor=cast.admin, now=NOW)
    assert actions(cast.rpd.pk) == before


def test_a_role_ends_at_once_or_on_a_later_day(cast):
    held = cast.liaison.memberships.get()
    people.retire_membership(held, actor=cast.admin, now=NOW, until=TOMORROW)
    assert roles_of(cast.liaison) == ["liaison"]
    assert roles_of(cast.liaison, TOMORROW) == []
    people.retire_membership(cast.signatory.memberships.get(), actor=cast.admin, now=NOW)
    assert roles_of(cast.signatory) == []


def test_a_role_cannot_end_twice_nor_in_the_past(cast):
    held = cast.liaison.memberships.get()
    with pytest.raises(ValidationError, match="before"):
        people.retire_membership(held, actor=cast.admin, now=NOW, until=TODAY - dt.timedelta(days=1))
    people.retire_membership(held, actor=cast.admin, now=NOW)
    with pytest.raises(ValidationError, match="already been ended"):
        people.retire_membership(held, actor=cast.admin, now=NOW)


def test_the_last_administrator_stays(cast):
    held = cast.admin.memberships.get()
    for attempt in (
        lambda: people.retire_membership(held, actor=cast.admin, now=NOW),
        lambda: people.retire_membership(held, actor=cast.admin, now=NOW, until=TOMORROW),
        lambda: people.change_role(held, role="liaison", actor=cast.admin, now=NOW),
        lambda: people.deactivate_user(cast.admin, actor=SYSTEM, now=NOW),
    ):
        with pytest.raises(ValidationError, match="at least one administrator"):
            attempt()
    assert roles_of(cast.admin) == ["administrator"]
    assert User.objects.get(pk=cast.admin.pk).is_active


def test_two_administrators_cannot_both_leave_one_after_the_other(cast):
    second = builders.person("two@rpd.example", administrator=cast.rpd)
    people.retire_membership(cast.admin.memberships.get(), actor=cast.admin, now=NOW, until=TOMORROW)
    with pytest.raises(ValidationError, match="at least one administrator"):
        people.retire_membership(second.memberships.get(), actor=cast.admin, now=NOW, until=TOMORROW)


def test_the_authority_to_sign_ends_with_the_signatory_role(cast):
    builders.authority(cast.signatory, cast.rpd)
    people.retire_membership(cast.signatory.memberships.get(), actor=cast.admin, now=NOW)
    assert not SigningAuthority.objects.active(on=TODAY).exists()


def test_a_closed_account_loses_roles_authority_and_token(cast):
    builders.authority(cast.signatory, cast.rpd)
    people.create_token(cast.signatory, actor=cast.signatory, now=NOW)
    people.deactivate_user(cast.signatory, actor=cast.admin, now=NOW)
    user = User.objects.get(pk=cast.signatory.pk)
    assert not user.is_active
    assert not hasattr(user, "auth_token")
    assert Membership.objects.get(user=user).until == TODAY
    assert SigningAuthority.objects.get(person=user).until == TODAY
    assert actions(user.pk)[-1] == "person.deactivated"
    people.deactivate_user(user, actor=SYSTEM, now=NOW)
    assert actions(user.pk).count("person.deactivated") == 1


def test_an_account_shared_by_two_agencies_is_not_one_administrators_to_close(cast):
    builders.member(cast.liaison, cast.county, "liaison")
    with pytest.raises(PermissionDenied):
        people.deactivate_user(cast.liaison, actor=cast.admin, now=NOW)


def test_people_rename_themselves_and_each_change_is_recorded(cast):
    people.rename(cast.liaison, name="Lee Ann Liaison", title="Sergeant", actor=cast.liaison, now=NOW)
    user = User.objects.get(pk=cast.liaison.pk)
    assert user.label == "Lee Ann Liaison, Sergeant (lee@rpd.example)"
    assert actions(user.pk)[-1] == "person.renamed"
    before = len(actions(user.pk))
    people.rename(user, name="Lee Ann Liaison", title="Sergeant", actor=user, now=NOW)
    assert len(actions(user.pk)) == before
    with pytest.raises(PermissionDenied):
        people.rename(user, name="Mallory", actor=cast.outsider, now=NOW)


def test_an_address_is_one_person_however_it_is_written(cast):
    with pytest.raises(ValidationError) as refused:
        people.register_person(email="ADA@rpd.example", name="Other", actor=SYSTEM, now=NOW)
    assert "email" in refused.value.message_dict
    assert User.objects.get_by_natural_key(" Ada@RPD.example ") == cast.admin


def test_a_new_address_is_the_new_login(cast):
    people.change_email(cast.liaison, email="Lee.New@rpd.example", actor=cast.admin, now=NOW)
    assert EmailAddress.objects.get(user=cast.liaison).email == "lee.new@rpd.example"
    assert actions(cast.liaison.pk)[-1] == "person.email_changed"
    with pytest.raises(PermissionDenied):
        people.change_email(cast.liaison, email="mine@evil.example", actor=cast.outsider, now=NOW)


def test_only_operators_open_accounts_directly(cast):
    with pytest.raises(PermissionDenied):
        people.register_person(email="x@rpd.example", name="X", actor=cast.admin, now=NOW)


@pytest.mark.parametrize("password", ["short", "password1234567"[:14], "aaaaaaaaaaaaa"])
def test_weak_passwords_are_refused_at_their_field(db, password):
    with pytest.raises(ValidationError) as refused:
        people.register_person(email="x@rpd.example", name="X", password=password, actor=SYSTEM, now=NOW)
    assert list(refused.value.message_dict) == ["password"]


def test_a_token_is_its_owners_alone(cast):
    with pytest.raises(PermissionDenied):
        people.create_token(cast.liaison, actor=cast.admin, now=NOW)
    first = people.create_token(cast.liaison, actor=cast.liaison, now=NOW)
    assert people.create_token(cast.liaison, actor=cast.liaison, now=NOW) != first
    people.revoke_token(cast.liaison, actor=cast.liaison, now=NOW)
    people.revoke_token(cast.liaison, actor=cast.liaison, now=NOW)
    assert actions(cast.liaison.pk)[-3:] == [
        "person.api_token_created",
        "person.api_token_created",
        "person.api_token_revoked",
    ]
