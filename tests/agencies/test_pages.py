"""The pages of agencies, people, invitations, accounts and mail, as browsers see them."""

import re

import pytest
from django.core.cache import cache
from django.urls import reverse

from agencies.models import Agency, Invitation, Membership, SigningAuthority, User
from agencies.operations import people
from audit.models import Event
from audit.record import SYSTEM
from common import mail
from tests.agencies import builders
from tests.agencies.builders import PASSWORD, actions, invited_token

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}"
pytestmark = pytest.mark.django_db


def url(name, *args):
    return reverse(f"agencies:{name}", args=args)


def text(answer):
    return answer.content.decode()


def agency_pages(cast):
    slug, held = cast.rpd.slug, cast.liaison.memberships.get().pk
    return {
        "public": [url("registry"), url("agency", slug), url("account"), url("mail")],
        "managed": [
            url("edit", slug),
            url("people", slug),
            url("membership", slug, held),
            url("grant_authority", slug),
        ],
    }


@pytest.mark.parametrize(
    ("who", "status"),
    [("admin", 200), ("liaison", 403), ("signatory", 403), ("overseer", 403), ("outsider", 404)],
)
def test_who_may_open_which_page(cast, as_user, who, status):
    browser, pages = as_user(getattr(cast, who)), agency_pages(cast)
    for page in pages["public"]:
        assert browser.get(page).status_code == 200, page
    for page in pages["managed"]:
        assert browser.get(page).status_code == status, page
    assert browser.get(url("register")).status_code == 403


@pytest.mark.parametrize(("who", "status"), [("liaison", 403), ("overseer", 403), ("outsider", 404)])
def test_who_may_not_press_which_button(cast, as_user, who, status):
    sent = people.invite(cast.rpd, email="n@rpd.example", role="counsel", actor=cast.admin, now=builders.NOW)
    held, signs = cast.liaison.memberships.get().pk, builders.authority(cast.signatory, cast.rpd).pk
    browser, slug, before = as_user(getattr(cast, who)), cast.rpd.slug, Event.objects.count()
    for page in (
        url("invite", slug),
        url("add_role", slug),
        url("change_role", slug, held),
        url("end_role", slug, held),
        url("revoke_invitation", slug, sent.invitation.pk),
        url("revoke_authority", slug, signs),
        url("grant_authority", slug),
        url("edit", slug),
    ):
        assert browser.post(page, {"role": "counsel"}).status_code == status, page
    assert Event.objects.count() == before


def test_without_an_account_every_page_leads_to_the_sign_in(cast, client):
    for pages in agency_pages(cast).values():
        for page in pages:
            answer = client.get(page)
            assert answer.status_code == 302, page
            assert answer["Location"].startswith("/accounts/login/")


def test_rows_of_other_agencies_are_not_found_through_ones_own(cast, as_user):
    foreign = cast.outsider.memberships.get().pk
    browser = as_user(cast.admin)
    for name in ("membership", "change_role", "end_role", "revoke_invitation", "revoke_authority"):
        page = url(name, cast.rpd.slug, foreign)
        assert browser.post(page, {"role": "liaison"}).status_code in (404, 405), name
    assert browser.get(url("membership", cast.rpd.slug, foreign)).status_code == 404
    assert browser.get(url("agency", "no-such")).status_code == 404


def test_the_profile_shows_people_to_members_only(cast, as_user):
    page = url("agency", cast.rpd.slug)
    assert "lee@rpd.example" in text(as_user(cast.signatory).get(page))
    assert "lee@rpd.example" not in text(as_user(cast.outsider).get(page))


def test_the_registry_searches_filters_and_turns_pages(cast, as_user):
    for n in range(30):
        builders.agency(f"Court {n:02}", kind="court")
    browser = as_user(cast.liaison)
    first = browser.get(url("registry"), {"kind": "court"})
    assert first.context["agencies"][0].name == "Court 00"
    assert len(first.context["agencies"]) == 25
    second = browser.get(url("registry") + first.context["more"])
    assert [a.name for a in second.context["agencies"]] == [f"Court {n:02}" for n in range(25, 30)]
    assert not second.context["more"]
    assert [a.pk for a in browser.get(url("registry"), {"q": "riverton"}).context["agencies"]] == [
        cast.rpd.pk
    ]
    for odd in ({"kind": "circus"}, {"after": "x"}, {"after": "\x00"}, {"q": "\x00"}, {"q": "x" * 3000}):
        assert browser.get(url("registry"), odd).status_code == 200, odd


def test_the_administrator_invites_and_the_newcomer_joins(cast, as_user, client, settings):
    settings.EMAIL_URL = ""
    browser = as_user(cast.admin)
    page = browser.post(
        url("invite", cast.rpd.slug),
        {"invite-email": "Nia@rpd.example", "invite-name": "Nia", "invite-role": "counsel"},
        follow=True,
    )
    link = re.search(r"/invitations/[^/\s\"&]+/", text(page))[0]
    assert link == url("invitation", invited_token("nia@rpd.example"))
    browser.logout()
    assert "counsel of Riverton Police Department" in text(client.get(link))
    typed = {"name": "Nia New", "title": "Attorney", "password": PASSWORD, "again": PASSWORD}
    answer = client.post(link, typed)
    assert answer["Location"] == url("agency", cast.rpd.slug)
    nia = User.objects.get(email="nia@rpd.example")
    assert client.session["_auth_user_id"] == str(nia.pk)
    assert actions(nia.pk) == ["person.registered", "person.signed_in"]
    assert client.post(link, typed)["Location"] == url("agency", cast.rpd.slug)  # pressed twice
    client.logout()
    assert client.get(link).status_code == 404


def test_with_a_mail_server_the_link_is_not_shown_to_the_inviter(cast, as_user, settings):
    settings.EMAIL_URL = "smtp://mail.example"
    form = {"invite-email": "nia@rpd.example", "invite-role": "counsel"}
    page = as_user(cast.admin).post(url("invite", cast.rpd.slug), form, follow=True)
    assert "/invitations/" + invited_token("nia@rpd.example") not in text(page)


def test_mistakes_keep_what_was_typed(cast, as_user):
    browser = as_user(cast.admin)
    answer = browser.post(url("invite", cast.rpd.slug), {"invite-email": HOSTILE, "invite-role": "counsel"})
    assert answer.status_code == 422
    assert "<script>alert" not in text(answer)
    assert "&lt;script&gt;alert(1)" in text(answer)
    answer = browser.post(url("edit", cast.rpd.slug), {"name": "Kept name", "ori": "bad"})
    assert answer.status_code == 422
    assert "Kept name" in text(answer)
    answer = browser.post(
        url("end_role", cast.rpd.slug, cast.liaison.memberships.get().pk), {"until": "2001-01-01"}
    )
    assert answer.status_code == 422
    assert Membership.objects.get(user=cast.liaison).until is None


def test_a_weak_password_keeps_the_name_and_opens_no_account(cast, client):
    token = people.invite(cast.rpd, email="n@rpd.example", role="counsel", actor=cast.admin, now=_now()).token
    for password, again in (("tooweak1", "tooweak1"), (PASSWORD, "another one entirely"), ("", "")):
        form = {"name": "Nia Typed", "password": password, "again": again}
        answer = client.post(url("invitation", token), form)
        assert answer.status_code == 422
        assert "Nia Typed" in text(answer)
        assert not password or password not in text(answer)
    assert not User.objects.filter(email="n@rpd.example").exists()


@pytest.mark.parametrize("token", ["x", "a" * 43, "%00", "%ED%A0%80", "é"])
def test_a_tampered_link_is_a_plain_message(client, db, token):
    answer = client.get(f"/invitations/{token}/")
    assert answer.status_code == 404
    assert "used" in text(answer)


def test_somebody_else_cannot_accept_a_known_persons_invitation(cast, as_user):
    token = people.invite(
        cast.rpd, email="olga@mesa.example", role="auditor", actor=cast.admin, now=_now()
    ).token
    page = url("invitation", token)
    browser = as_user(cast.liaison)
    assert "This invitation is for olga@mesa.example" in text(browser.get(page))
    assert browser.post(page).status_code == 403
    assert as_user(cast.outsider).post(page)["Location"] == url("agency", cast.rpd.slug)


def test_roles_are_added_changed_and_ended_on_the_pages(cast, as_user):
    browser, slug = as_user(cast.admin), cast.rpd.slug
    browser.post(url("add_role", slug), {"add-user": str(cast.liaison.pk), "add-role": "counsel"})
    held = Membership.objects.get(user=cast.liaison, role="counsel")
    browser.post(url("change_role", slug, held.pk), {"role": "auditor"})
    held = Membership.objects.get(user=cast.liaison, role="auditor")
    assert browser.post(url("end_role", slug, held.pk)).status_code == 302
    assert browser.post(url("end_role", slug, held.pk)).status_code == 422
    assert actions(cast.rpd.pk)[-3:] == ["membership.granted", "membership.changed", "membership.ended"]


def test_the_last_administrator_is_told_why_not(cast, as_user):
    page = url("end_role", cast.rpd.slug, cast.admin.memberships.get().pk)
    answer = as_user(cast.admin).post(page)
    assert answer.status_code == 422
    assert "at least one administrator" in text(answer)


def test_an_authority_is_recorded_and_revoked_on_the_pages(cast, as_user):
    browser, slug = as_user(cast.admin), cast.rpd.slug
    form = {
        "person": str(cast.signatory.pk),
        "basis_kind": "office",
        "basis": HOSTILE,
        "since": str(_now().date()),
    }
    assert browser.post(url("grant_authority", slug), form).status_code == 302
    row = SigningAuthority.objects.get()
    page = text(browser.get(url("agency", slug)))
    assert "<script>alert" not in page
    assert browser.post(url("revoke_authority", slug, row.pk), {"reason": ""}).status_code == 422
    assert browser.post(url("revoke_authority", slug, row.pk), {"reason": "Left office"}).status_code == 302
    assert SigningAuthority.objects.get().until is not None


def test_a_stale_edit_keeps_the_text_and_the_first_editors_change(cast, as_user):
    browser = as_user(cast.admin)
    form = browser.get(url("edit", cast.rpd.slug)).context["form"]
    typed = {name: value for name, value in form.initial.items() if value not in (None, [], {})}
    typed |= {"email_domains": "rpd.example", "phone": "second"}
    builders.agency_operations.edit_agency(cast.rpd, actor=SYSTEM, now=_now(), phone="first")
    answer = browser.post(url("edit", cast.rpd.slug), typed)
    assert answer.status_code == 422
    assert "second" in text(answer)
    assert Agency.objects.get(pk=cast.rpd.pk).phone == "first"
    typed["seen"] = Agency.objects.get(pk=cast.rpd.pk).last_event_id
    assert browser.post(url("edit", cast.rpd.slug), typed).status_code == 302
    assert Agency.objects.get(pk=cast.rpd.pk).phone == "second"


def test_an_operator_registers_an_agency_and_its_first_administrator(cast, as_user):
    browser = as_user(User.objects.create_superuser("op@site.example", PASSWORD, name="Op"))
    form = {
        "name": "Fire",
        "short_name": "Fire",
        "kind": "fire_ems",
        "cj_status": "none",
        "timezone": "America/Denver",
    }
    assert browser.post(url("register"), form | {"timezone": "Mars"}).status_code == 422
    answer = browser.post(url("register"), form)
    assert answer["Location"] == url("people", "fire")
    form = {"invite-email": "chief@fire.example", "invite-role": "administrator"}
    assert browser.post(url("invite", "fire"), form).status_code == 302
    assert Invitation.objects.filter(agency__slug="fire", role="administrator").exists()


def test_my_account_renames_me_and_makes_a_token_shown_once(cast, as_user):
    browser = as_user(cast.liaison)
    assert browser.post(url("account"), {"name": ""}).status_code == 422
    browser.post(url("account"), {"name": HOSTILE[:100], "title": "Sergeant"})
    assert "<script>alert" not in text(browser.get(url("account")))
    key = browser.post(url("token_create")).context["new_token"]
    assert key not in text(browser.get(url("account")))
    browser.post(url("token_revoke"))
    assert actions(cast.liaison.pk)[-3:] == [
        "person.renamed",
        "person.api_token_created",
        "person.api_token_revoked",
    ]


def test_my_mail_is_mine_alone_and_its_text_is_only_text(cast, as_user):
    body = f"{HOSTILE} see http://localhost/agreements/1/"
    mail.queue("one", to="lee@rpd.example", subject="Hello", text=body, owner=cast.liaison.pk)
    browser = as_user(cast.liaison)
    page = browser.get(url("mail"))
    newest = page.context["letters"][0]
    assert newest.subject == "Hello"
    letter = text(browser.get(url("letter", newest.id)))
    assert "<script>alert" not in letter
    assert 'href="http://localhost/agreements/1/"' in letter
    assert as_user(cast.signatory).get(url("letter", newest.id)).status_code == 404
    for odd in ("before=x", "before=9999999999999999999999", "before=-1"):
        assert as_user(cast.liaison).get(f"{url('mail')}?{odd}").status_code == 200


def test_my_mail_turns_pages(cast, as_user):
    for n in range(30):
        mail.queue(f"m{n}", to="lee@rpd.example", subject=f"Mail {n}", text="x", owner=cast.liaison.pk)
    browser = as_user(cast.liaison)
    page = browser.get(url("mail"))
    rest = browser.get(url("mail") + page.context["more"])
    subjects = [row.subject for row in (*page.context["letters"], *rest.context["letters"])]
    assert len(set(subjects)) == len(subjects) >= 30
    assert browser.get(url("letter", 2**63)).status_code == 404


def test_signing_in_and_failing_to_are_on_the_persons_history(cast, client):
    cache.clear()
    login = reverse("account_login")
    client.post(login, {"login": "LEE@rpd.example", "password": "wrong"})
    client.post(login, {"login": "nobody@rpd.example", "password": "wrong"})
    client.post(login, {"login": "Lee@rpd.example", "password": PASSWORD})
    assert actions(cast.liaison.pk)[-2:] == ["person.sign_in_failed", "person.signed_in"]
    client.post(reverse("account_logout"))
    assert actions(cast.liaison.pk)[-1] == "person.signed_out"


def test_nobody_signs_up(client, db):
    form = {"email": "x@rpd.example", "password1": PASSWORD, "password2": PASSWORD}
    assert client.get(reverse("account_signup")).status_code == 200
    client.post(reverse("account_signup"), form)
    assert not User.objects.exists()


def test_the_demo_people_are_listed_only_with_demo_data(cast, client, settings):
    settings.DEMO_PASSWORD = ""
    assert "demo_people" not in (client.get(reverse("account_login")).context or {})
    settings.DEMO_PASSWORD = PASSWORD
    shown = client.get(reverse("account_login")).context["demo_people"]
    assert {
        "name": "Ada Admin",
        "title": "",
        "email": "ada@rpd.example",
        "agency": "Riverton PD",
        "role": "Administrator",
    } in shown


def _now():
    return builders.dt.datetime.now(builders.dt.UTC)
