"""What sign-in keeps secret, and how its mail travels."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agencies import factors
from agencies.adapter import MFAAdapter
from agencies.models import User
from audit.record import SYSTEM
from tests.agencies.builders import PASSWORD, actions, mails
from tests.builders import NOW

pytestmark = pytest.mark.django_db


def test_second_factor_secrets_are_unreadable_in_the_database(cast):
    adapter = get_adapter()
    assert isinstance(adapter, MFAAdapter)
    kept = adapter.encrypt("JBSWY3DPEHPK3PXP")
    Authenticator.objects.create(user=cast.liaison, type="totp", data={"secret": kept})
    assert "JBSWY3DPEHPK3PXP" not in str(Authenticator.objects.values("data"))
    assert adapter.decrypt(Authenticator.objects.get().data["secret"]) == "JBSWY3DPEHPK3PXP"


def test_a_changed_site_secret_still_reads_old_factors_while_it_is_listed(settings):
    old, settings.SECRET_KEY_FALLBACKS = settings.SECRET_KEY, []
    kept = MFAAdapter().encrypt("secret")
    settings.SECRET_KEY = "another" * 10
    with pytest.raises(InvalidToken):
        MFAAdapter().decrypt(kept)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert MFAAdapter().decrypt(kept) == "secret"


def test_an_old_key_can_go_once_every_secret_is_encrypted_anew(cast, settings, capsys):
    old, settings.SECRET_KEY_FALLBACKS = settings.SECRET_KEY, []
    factors.enrol_app(cast.liaison, "JBSWY3DPEHPK3PXP", actor=SYSTEM, now=NOW)
    Authenticator.objects.create(
        user=cast.liaison, type="recovery_codes", data={"seed": "unreadable", "used_mask": 0}
    )
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another" * 10, [old]
    call_command("reencrypt_factors")
    assert "1 secrets encrypted anew; 1 could not be read" in capsys.readouterr().out
    settings.SECRET_KEY_FALLBACKS = []
    assert factors.next_code(cast.liaison, "JBSWY3DPEHPK3PXP", now=NOW)


def test_a_code_opens_the_door_once(cast, client):
    factors.enrol_app(cast.liaison, "JBSWY3DPEHPK3PXP", actor=SYSTEM, now=NOW)
    door = reverse("account_login")
    said = {"login": "lee@rpd.example", "password": PASSWORD}
    assert client.post(door, said)["Location"] == reverse("mfa_authenticate")
    code = factors.next_code(cast.liaison, "JBSWY3DPEHPK3PXP", now=timezone.now())
    assert "_auth_user_id" not in client.session
    assert client.post(reverse("mfa_authenticate"), {"code": code}).status_code == 302
    assert "_auth_user_id" in client.session
    other = Client()
    other.post(door, said)
    assert other.post(reverse("mfa_authenticate"), {"code": code}).status_code == 200
    assert "_auth_user_id" not in other.session


def test_a_secret_that_no_key_opens_proves_nothing(cast):
    Authenticator.objects.create(user=cast.liaison, type="totp", data={"secret": "in the clear"})
    assert factors.accepted(cast.liaison, "000000", now=NOW) is None


def test_a_forgotten_password_is_answered_by_a_queued_mail(cast, client):
    answer = client.post(reverse("account_reset_password"), {"email": "lee@rpd.example"})
    assert answer.status_code == 302
    assert "/accounts/password/reset/key/" in mails("lee@rpd.example")[-1]["text"]


def test_asking_for_a_strangers_password_tells_nothing(cast, client):
    known = client.post(reverse("account_reset_password"), {"email": "lee@rpd.example"})
    unknown = client.post(reverse("account_reset_password"), {"email": "nobody@rpd.example"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])


def test_nobody_changes_their_login_address_themselves(cast, as_user):
    browser = as_user(cast.liaison)
    browser.post(reverse("account_email"), {"email": "mine@evil.example", "action_add": ""})
    assert User.objects.get(pk=cast.liaison.pk).email == "lee@rpd.example"
    assert list(EmailAddress.objects.filter(user=cast.liaison).values_list("email", flat=True)) == [
        "lee@rpd.example"
    ]
    assert "person.email_changed" not in actions(cast.liaison.pk)
