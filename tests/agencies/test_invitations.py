"""Invitations: one link, one use, fourteen days."""

import datetime as dt

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied, ValidationError

from agencies.models import Invitation, Membership, User
from agencies.operations import people
from agencies.operations.invitations import InvitationClosed, digest
from common.models import Job
from tests.agencies import builders
from tests.agencies.builders import NOW, PASSWORD, actions, invited_token

DAYS_14 = dt.timedelta(days=14)


def invite(cast, email="nia@rpd.example", role="counsel", now=NOW):
    return people.invite(cast.rpd, email=email, name="Nia New", role=role, actor=cast.admin, now=now)


def join(token, now=NOW, **given):
    return people.join(
        token, **({"name": "Nia New", "title": "City Attorney", "password": PASSWORD} | given), now=now
    )


def test_a_newcomer_joins_with_a_name_and_a_password(cast):
    invite(cast, email="Nia@RPD.example")
    held = join(invited_token("nia@rpd.example"))
    assert (held.user.email, held.role, held.agency) == ("nia@rpd.example", "counsel", cast.rpd)
    assert User.objects.get(email="nia@rpd.example").check_password(PASSWORD)
    assert EmailAddress.objects.get(user=held.user).verified
    assert actions(cast.rpd.pk)[-2:] == ["person.invited", "invitation.accepted"]
    assert actions(held.user_id) == ["person.registered"]


def test_the_secret_is_kept_only_as_a_hash_and_has_256_bits(cast):
    sent = invite(cast)
    assert len(sent.token) >= 43
    assert Invitation.objects.get().token_sha256 == digest(sent.token)
    assert sent.token not in str(Invitation.objects.values())


def test_a_link_works_once(cast):
    token = invite(cast).token
    join(token)
    with pytest.raises(InvitationClosed):
        join(token)
    assert Membership.objects.filter(user__email="nia@rpd.example").count() == 1


def test_a_link_stops_working_after_fourteen_days(cast):
    token = invite(cast).token
    with pytest.raises(InvitationClosed):
        join(token, now=NOW + DAYS_14)
    join(token, now=NOW + DAYS_14 - dt.timedelta(seconds=1))


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "../../etc", "\x00", "\ud800", "é" * 500])
def test_a_link_that_was_tampered_with_opens_nothing(cast, token):
    invite(cast)
    with pytest.raises(InvitationClosed):
        join(token)


def test_a_withdrawn_link_stops_working(cast):
    sent = invite(cast)
    people.revoke_invitation(sent.invitation, actor=cast.admin, now=NOW)
    people.revoke_invitation(sent.invitation, actor=cast.admin, now=NOW)
    with pytest.raises(InvitationClosed):
        join(sent.token)
    assert actions(cast.rpd.pk).count("invitation.revoked") == 1


def test_an_accepted_invitation_cannot_be_withdrawn(cast):
    sent = invite(cast)
    join(sent.token)
    with pytest.raises(ValidationError, match="already been accepted"):
        people.revoke_invitation(sent.invitation, actor=cast.admin, now=NOW)


def test_a_link_into_a_closed_agency_opens_nothing(cast):
    from_before = invite(cast).token
    builders.agency_operations.edit_agency(cast.rpd, actor=builders.SYSTEM, now=NOW, active=False)
    with pytest.raises(InvitationClosed):
        join(from_before)


def test_pressing_invite_twice_sends_one_mail(cast):
    invite(cast)
    with pytest.raises(ValidationError, match="already waiting"):
        invite(cast)
    assert Job.objects.filter(payload__to="nia@rpd.example").count() == 1


def test_an_expired_invitation_gives_way_to_a_new_one(cast):
    old = invite(cast).token
    new = invite(cast, now=NOW + DAYS_14).token
    assert actions(cast.rpd.pk)[-2:] == ["invitation.expired", "person.invited"]
    with pytest.raises(InvitationClosed):
        join(old, now=NOW + DAYS_14)
    join(new, now=NOW + DAYS_14)


def test_nobody_is_invited_to_a_role_they_hold(cast):
    with pytest.raises(ValidationError) as refused:
        invite(cast, email="lee@rpd.example", role="liaison")
    assert "email" in refused.value.message_dict


def test_an_address_of_another_domain_is_pointed_out_and_still_invited(cast):
    assert invite(cast, email="lawyer@firm.example").warnings
    assert not invite(cast, email="x@traffic.rpd.example").warnings


@pytest.mark.parametrize(
    "email", ["", "nobody", "a@b", "x" * 300 + "@rpd.example", "a@rpd.example\nBcc: b@c.example"]
)
def test_what_is_no_address_is_refused_at_its_field(cast, email):
    with pytest.raises(ValidationError) as refused:
        invite(cast, email=email)
    assert "email" in refused.value.message_dict


def test_a_hostile_agency_name_cannot_forge_a_mail_header(cast):
    facts = {"short_name": "Evil\nBcc: all@rpd.example"}
    builders.agency_operations.edit_agency(cast.rpd, actor=builders.SYSTEM, now=NOW, **facts)
    invite(cast)
    assert "\n" not in builders.mails("nia@rpd.example")[-1]["subject"]


def test_a_known_person_accepts_signed_in_and_nobody_else_can(cast):
    token = invite(cast, email="olga@mesa.example", role="auditor").token
    with pytest.raises(PermissionDenied, match="already has an account"):
        join(token)
    with pytest.raises(PermissionDenied, match="Sign in with that address"):
        people.accept_invitation(token, actor=cast.liaison, now=NOW)
    held = people.accept_invitation(token, actor=cast.outsider, now=NOW)
    assert (held.user, held.role) == (cast.outsider, "auditor")


def test_a_role_given_meanwhile_is_not_doubled_by_accepting(cast):
    token = invite(cast, email="lee@rpd.example", role="counsel").token
    builders.member(cast.liaison, cast.rpd, "counsel")
    people.accept_invitation(token, actor=cast.liaison, now=NOW)
    assert Membership.objects.filter(user=cast.liaison, role="counsel").count() == 1


def test_a_closed_account_is_opened_again_by_its_owners_invitation(cast):
    people.deactivate_user(cast.liaison, actor=cast.admin, now=NOW)
    token = invite(cast, email="lee@rpd.example", role="liaison").token
    held = join(token, name="Lee Liaison")
    assert held.user == cast.liaison
    assert User.objects.get(pk=cast.liaison.pk).is_active
    assert actions(cast.liaison.pk)[-1] == "person.reactivated"


def test_closing_an_account_withdraws_its_agencys_invitations(cast):
    token = invite(cast, email="lee@rpd.example", role="counsel").token
    people.deactivate_user(cast.liaison, actor=cast.admin, now=NOW)
    with pytest.raises(InvitationClosed):
        join(token)
