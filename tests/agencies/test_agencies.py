"""The registry: entering, editing, searching agencies; oversight."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from agencies.models import Agency, Oversight
from agencies.operations.agencies import edit_agency, register_agency, set_oversight
from audit.record import SYSTEM
from common.http import Stale
from tests.agencies import builders
from tests.agencies.builders import NOW, TODAY, actions


def edit(agency, actor, **facts):
    return edit_agency(agency, actor=actor, now=NOW, **facts)


def test_only_operators_register_agencies(cast):
    with pytest.raises(PermissionDenied):
        register_agency(name="Mine", kind="city", actor=cast.admin, now=NOW)


def test_agencies_of_one_name_have_different_addresses(db):
    slugs = [builders.agency("Riverton PD").slug for _ in range(3)]
    assert slugs == ["riverton-pd", "riverton-pd-2", "riverton-pd-3"]
    assert builders.agency("New").slug == "new-2"
    assert builders.agency("Ñ警察").slug
    assert builders.agency("警察").slug == "agency"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 201),
        ("name", "A\x00B"),
        ("kind", "circus"),
        ("ori", "CO039"),
        ("ori", "co0390100"),
        ("ori", "CO0390100\n"),
        ("timezone", "Mars/Olympus"),
        ("fiscal_year_start", 13),
        ("email_domains", ["rpd.example", "not a domain"]),
        ("website", "javascript:alert(1)"),
        ("approvals_required", 0),
        ("reminders", {"days_before": [-1]}),
        ("reminders", {"days_before": [True]}),
        ("reminders", {"colour": "red"}),
        ("reminders", {"copy_to": ["nobody"]}),
        ("reminders", ["x"]),
        ("cj_status", "maybe"),
    ],
)
def test_bad_facts_are_refused_at_their_field_and_change_nothing(cast, field, value):
    before = actions(cast.rpd.pk)
    with pytest.raises(ValidationError) as refused:
        edit(cast.rpd, SYSTEM, **{field: value})
    assert field in refused.value.message_dict
    assert actions(cast.rpd.pk) == before


def test_the_administrator_edits_and_each_edit_is_one_event(cast):
    row = edit(cast.rpd, cast.admin, ori="CO0390100", phone="+1 970 555 0100")
    assert actions(cast.rpd.pk)[-1] == "agency.edited"
    count = len(actions(cast.rpd.pk))
    edit(cast.rpd, cast.admin, ori="CO0390100")
    assert len(actions(cast.rpd.pk)) == count
    assert row.ori == Agency.objects.get(pk=row.pk).ori == "CO0390100"


@pytest.mark.parametrize("who", ["liaison", "signatory", "outsider", "overseer"])
def test_nobody_else_edits(cast, who):
    with pytest.raises(PermissionDenied):
        edit(cast.rpd, getattr(cast, who), name="Hacked")


def test_what_kind_of_body_it_is_is_not_its_own_to_say(cast):
    for facts in ({"kind": "court"}, {"active": False}, {"parent": cast.county}):
        with pytest.raises(PermissionDenied):
            edit(cast.rpd, cast.admin, **facts)
    with pytest.raises(ValidationError):
        edit(cast.rpd, SYSTEM, slug="other")


def test_two_editors_the_second_is_told(cast):
    seen = Agency.objects.get(pk=cast.rpd.pk).last_event_id
    edit(cast.rpd, cast.admin, phone="1", seen=seen)
    with pytest.raises(Stale):
        edit(cast.rpd, cast.admin, phone="2", seen=seen)
    assert Agency.objects.get(pk=cast.rpd.pk).phone == "1"


def test_no_agency_stands_above_itself(cast):
    edit(cast.rpd, SYSTEM, parent=cast.county)
    with pytest.raises(ValidationError, match="above itself"):
        edit(cast.county, SYSTEM, parent=cast.rpd)
    with pytest.raises(ValidationError):
        edit(cast.county, SYSTEM, parent=cast.county)


def test_search_finds_each_word_in_names_place_or_ori(cast):
    edit(cast.rpd, SYSTEM, ori="CO0390100", jurisdiction="Colorado")
    for text in ("river", "POLICE riverton", "co0390100", "colorado police"):
        assert list(Agency.objects.search(text)) == [cast.rpd], text
    for text in ("riverton court", "%", "_", "'; --", "x" * 5000, "\x00zzz"):
        assert not Agency.objects.search(text).exists(), text


def test_oversight_begins_and_ends(cast):
    later = TODAY + dt.timedelta(days=30)
    assert Oversight.objects.active(on=TODAY).filter(agency=cast.rpd).exists()
    set_oversight(cast.auditors, cast.rpd, actor=SYSTEM, now=NOW, until=later)
    assert Oversight.objects.active(on=later - dt.timedelta(days=1)).exists()
    assert not Oversight.objects.active(on=later).exists()
    assert actions(cast.auditors.pk)[-2:] == ["oversight.granted", "oversight.ended"]


def test_oversight_cannot_be_doubled_reversed_or_of_oneself(cast):
    with pytest.raises(ValidationError):
        set_oversight(cast.auditors, cast.rpd, actor=SYSTEM, now=NOW)
    with pytest.raises(ValidationError) as refused:
        set_oversight(cast.auditors, cast.rpd, actor=SYSTEM, now=NOW, until=TODAY - dt.timedelta(days=1))
    assert "until" in refused.value.message_dict
    with pytest.raises(ValidationError):
        set_oversight(cast.rpd, cast.rpd, actor=SYSTEM, now=NOW)


def test_a_body_cannot_make_itself_overseer(cast):
    boss = builders.person("boss@state.example", administrator=cast.auditors)
    with pytest.raises(PermissionDenied):
        set_oversight(cast.auditors, cast.county, actor=boss, now=NOW)
