"""Who may sign, on what basis, for which days."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from agencies.models import SigningAuthority
from agencies.operations.authority import grant_authority, revoke_authority
from audit.record import SYSTEM
from tests.agencies import builders
from tests.agencies.builders import NOW, TODAY, actions, mails


def grant(cast, actor=None, person=None, **facts):
    said = {"basis_kind": "resolution", "basis": "Resolution 2026-14"} | facts
    return grant_authority(cast.rpd, person or cast.signatory, actor=actor or cast.admin, now=NOW, **said)


def test_an_authority_is_recorded_told_and_holds_for_its_kinds(cast):
    grant(cast, kinds=["cjis_exchange", "mou", "mou"])
    held = SigningAuthority.objects.active(on=TODAY)
    assert held.covering("mou").exists()
    assert not held.covering("other").exists()
    assert held.get().kinds == ["cjis_exchange", "mou"]
    assert actions(cast.rpd.pk)[-1] == "authority.granted"
    assert "Resolution 2026-14" in mails("sam@rpd.example")[-1]["text"]


def test_an_authority_without_kinds_is_for_all(cast):
    grant(cast)
    assert SigningAuthority.objects.covering("anything").exists()


def test_only_a_signatory_of_the_agency_can_have_it(cast):
    for person in (cast.liaison, cast.outsider):
        with pytest.raises(ValidationError) as refused:
            grant(cast, person=person)
        assert "person" in refused.value.message_dict


@pytest.mark.parametrize("who", ["liaison", "signatory", "outsider", "overseer"])
def test_only_the_administrator_grants_and_revokes(cast, who):
    held = builders.authority(cast.signatory, cast.rpd)
    with pytest.raises(PermissionDenied):
        grant(cast, actor=getattr(cast, who))
    with pytest.raises(PermissionDenied):
        revoke_authority(held, actor=getattr(cast, who), now=NOW)


@pytest.mark.parametrize("days", [-1, 0])
def test_an_authority_that_ends_before_it_begins_is_refused(cast, days):
    with pytest.raises(ValidationError) as refused:
        grant(cast, since=TODAY, until=TODAY + dt.timedelta(days=days))
    assert "until" in refused.value.message_dict


@pytest.mark.parametrize(
    ("field", "value"), [("basis", ""), ("basis", "x" * 501), ("basis", "\x00"), ("basis_kind", "whim")]
)
def test_a_bad_basis_is_refused_at_its_field(cast, field, value):
    with pytest.raises(ValidationError) as refused:
        grant(cast, **{field: value})
    assert field in refused.value.message_dict


def test_pressing_twice_records_one(cast):
    grant(cast)
    with pytest.raises(ValidationError, match="already been recorded"):
        grant(cast)
    assert SigningAuthority.objects.count() == 1


def test_a_revoked_authority_ends_today_with_its_reason_and_only_once(cast):
    held = grant(cast)
    revoke_authority(held, actor=cast.admin, now=NOW, reason="Term of office over")
    revoke_authority(held, actor=cast.admin, now=NOW, reason="again")
    assert not SigningAuthority.objects.active(on=TODAY).exists()
    assert actions(cast.rpd.pk).count("authority.revoked") == 1
    grant(cast)  # and it can be granted anew


def test_an_authority_of_a_closed_account_does_not_hold(cast):
    builders.authority(cast.signatory, cast.rpd)
    builders.people.deactivate_user(cast.signatory, actor=SYSTEM, now=NOW)
    assert not SigningAuthority.objects.active(on=TODAY).exists()
