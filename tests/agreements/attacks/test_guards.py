"""Each guard taken out: its attack succeeds, so the test named after the attack fails. That is what the test is worth."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.request import HTTPRedirectHandler

import pytest
from django.test import Client

from agencies import adapter, factors
from agencies.models import validators
from agreements import pictures, stepup
from agreements.operations import inking, requesting, signing
from common import middleware, outbox, outgoing
from tests.agreements import test_ink as ink
from tests.agreements.attacks import test_documents as documents
from tests.agreements.attacks import test_outside_world as outside
from tests.agreements.attacks import test_what_is_signed as what
from tests.agreements.attacks import test_who_signs as who
from tests.builders import World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
NEVER = re.compile("(?!)")


def every_period(row: Any, now: Any) -> list[int]:
    """As if codes could be used again."""
    at = int(now.timestamp()) // 30
    return [at - 1, at, at + 1]


def whoever(agreement: Any, actor: Any, today: Any) -> Any:
    """As if turn and time did not matter."""
    return signing.open_request(agreement, actor)


def any_party(agreement: Any, scan: str, actor: Any, today: Any) -> Any:
    """As if whoever put a scan in could confirm it."""
    row = inking.waiting(agreement).get(file_sha256=scan)
    return row, row.party.agency_id


GUARDS: dict[str, tuple[Any, str, Any, Callable[..., None], tuple[Any, ...]]] = {
    "a code is used up": (factors, "_counters", every_period, who.test_s01_a_code_is_good_once_and_only_in_its_time, ()),
    "a second factor is needed": (factors, "held", lambda user: frozenset({"totp"}),
                                  who.test_s01_without_a_second_factor_nobody_signs_and_the_page_says_what_to_do, ()),
    "tries are counted": (stepup, "begun", lambda *a, **b: 0, who.test_s01_the_lock_after_five_wrong_tries_needs_no_cache, ("settings",)),
    "the order": (signing, "_request", whoever, who.test_s04_out_of_turn_nothing_is_signed_whatever_is_tried, ()),
    "the last day": (signing, "_request", whoever, who.test_s04_nobody_signs_after_the_last_day_until_the_lead_gives_another, ()),
    "the posted hash": (signing, "frozen", lambda agreement, request, seen: agreement.frozen,
                        what.test_s07_a_signature_of_another_text_than_the_frozen_one_is_refused, ("0" * 64,)),
    "the text against the history": (signing, "_untouched", lambda agreement, version: True,
                                     what.test_s07_the_database_refuses_another_text_and_without_its_guards_nobody_can_sign_it, ()),
    "who hands over": (requesting, "_administered", lambda person, today: [row.agency_id for row in person.memberships.all()],
                       who.test_s16_only_who_is_asked_or_administers_hands_over_and_both_sides_are_told, ()),
    "which proxy is believed": (middleware, "_among", lambda address, networks: True, what.test_s09_only_a_proxy_of_ours_is_believed_and_only_its_last_word, ("settings",)),
    "what mails call the site": (adapter, "_ours", lambda url: url, what.test_s09_no_mail_calls_the_site_what_a_request_called_it, ("settings", "client")),
    "links in names": (validators, "_LINK", NEVER, what.test_s14_a_name_carries_no_link_nor_a_trick_into_our_mails, (what.TRICKS[0],)),
    "tricks in names": (validators, "_TRICKS", NEVER, what.test_s14_a_name_carries_no_link_nor_a_trick_into_our_mails, (what.TRICKS[3],)),
    "no document is given up": (outbox, "MAX_FAILURES", 5,
                                documents.test_s06_rendering_broken_for_three_days_then_mended_seals_all_and_none_by_hand, ("monkeypatch",)),
    "pictures are drawn anew": (pictures, "_redrawn", lambda data: data, what.test_a_picture_is_kept_as_pixels_alone_and_nothing_needs_one, ()),
    "another party confirms ink": (inking, "_of_another", any_party, ink.test_nobody_of_the_same_agency_confirms, ("riverton_counsel",)),
    "no redirections": (outgoing, "_NoRedirects", HTTPRedirectHandler, outside.test_s15_even_the_configured_authority_sends_us_nowhere_else,
                        (outside.INSIDE[0],)),
}  # fmt: skip
"""What is taken out of where, what stands in its place, the attack, and what its test takes beside the world."""


@pytest.mark.parametrize("guard", list(GUARDS))
def test_without_this_guard_its_attack_succeeds(
    guard: str, made: World, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, name, instead, attack, takes = GUARDS[guard]
    monkeypatch.setattr(place, name, instead)
    known = {"settings": settings, "client": Client(), "monkeypatch": monkeypatch}
    given = [known.get(one, one) for one in takes]
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        attack(*([] if attack in NO_WORLD else [made]), *given)


NO_WORLD = (
    what.test_s09_only_a_proxy_of_ours_is_believed_and_only_its_last_word,
    outside.test_s15_even_the_configured_authority_sends_us_nowhere_else,
)
