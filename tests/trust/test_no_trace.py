"""What an agency does in private changes nothing that others can see, count or measure.

Every page and every answer of the API is taken twice, with private comments in between: the same bytes, the same
status, the same tag and date, the same number of queries.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agreements.models import Agreement, Comment, SuggestionKind
from agreements.operations import negotiating, suggesting
from agreements.operations.suggesting import Proposal
from audit import heads
from tests import builders
from tests.agreements.pages import browser
from tests.builders import NOW, World
from tests.trust.addresses import DOORS, ELSEWHERE, FILES, PAGES

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]

WATCHERS = ("riverton_counsel", "riverton_auditor", "overseer", "outsider")
CHANGING = re.compile(
    rb'(name="csrfmiddlewaretoken" value="|"X-CSRFToken": ?"|name="once" value="|nonce="|request=|"request_id": ?")[^"]+'
)
"""Secrets that a page makes anew each time it is shown."""
LOGS = ("history.csv", "history.jsonl", "readers.csv")
"""What is taken from the log numbers its entries without a gap, so it tells that others have entries of their own, by
number and hash; neither of what kind nor in which words."""
WARM: list[object] = []
"""What was answered first of all in this process, when its catalog and texts were read."""
HEADERS = ("ETag", "Last-Modified", "Location", "Content-Disposition", "Link")


class Seen(NamedTuple):
    """What somebody can tell of one answer."""

    status: int
    body: bytes
    headers: tuple[str | None, ...]
    queries: int


@pytest.fixture
def agreement(made: World) -> Agreement:
    """In negotiation, with a shared comment and a suggestion."""
    agreement = builders.shared(made)
    negotiating.comment(agreement, text="Seen by all.", actor=made.mesa_liaison, now=NOW)
    suggesting.suggest(
        agreement, [Proposal(SuggestionKind.INSERT, text="More.")], actor=made.riverton_liaison, now=NOW
    )
    return builders.again(agreement)


def addresses(agreement: Agreement) -> list[str]:
    """Every address that is read, filled with what all parties know."""
    rows = {"comment": agreement.comments.get().pk, "provision": agreement.provisions.order_by("pk")[0].pk,
            "suggestion": agreement.suggestions.get().pk, "n": 1, "m": 1, "entry": 1}  # fmt: skip
    rows |= dict.fromkeys(("waiver", "filing", "intake", "batch", "dossier"), agreement.pk)
    own = [f"/agreements/{agreement.pk}/{place}" for place in (*PAGES, *FILES)]
    own += [f"/api/v1/agreements/{agreement.pk}/{place}" for place in (*DOORS, *FILES)]
    return [address.format(**rows) for address in (*own, *ELSEWHERE, "/agreements/?q=between", "/?q=between")]


def taken(client: Client, asked: list[str]) -> dict[str, Seen]:
    """What is answered; whatever an answer writes is undone, so that the next one finds the same."""
    found = {}
    for address in asked:
        cache.set(heads.REFUSED, "", 600)
        with transaction.atomic(), CaptureQueriesContext(connection) as queries:
            answer: Any = client.get(address)
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            transaction.set_rollback(True)
        told = tuple(answer.headers.get(name) for name in HEADERS)
        found[address] = Seen(answer.status_code, CHANGING.sub(b"", body), told, len(queries))
    return found


def in_private(agreement: Agreement, made: World) -> None:
    """Mesa's people talk among themselves: about the whole, a provision and a term, in a thread, to its end."""
    provision = agreement.provisions.order_by("position_in_order").first()
    about: list[dict[str, Any]] = [{}, {"provision": provision}, {"topic": "term:review"}]
    for place, more in enumerate(about):
        words = f"Between us {place}, @{made.mesa_counsel.name} and @{made.riverton_counsel.name}"
        row = negotiating.comment(
            agreement, text=words, private=True, actor=made.mesa_liaison, now=NOW, **more
        )
        negotiating.comment(agreement, text="Yes.", reply_to=row, actor=made.mesa_counsel, now=NOW)
    negotiating.resolve(row, actor=made.mesa_liaison, now=NOW)


@pytest.mark.parametrize("key", WATCHERS)
@pytest.mark.slow
def test_private_talk_leaves_no_trace_for_others(key: str, agreement: Agreement, made: World) -> None:
    asked = addresses(agreement)
    if not WARM:
        WARM.append(taken(browser(made.riverton_counsel), asked))
    client = browser(made.people[key])
    before = taken(client, asked)
    in_private(agreement, made)
    after = taken(client, asked)
    differing = {address for address in asked if before[address] != after[address]}
    assert {address for address in differing if not address.endswith(LOGS)} == set()
    assert [address for address in asked if b"Between us" in after[address].body] == []
    acts = [
        len(re.findall(b"made_privately", b"".join(seen[a].body for a in asked))) for seen in (before, after)
    ]
    assert acts[0] == acts[1]  # the desk's list of acts names it to everybody
    answered = [seen for seen in before.values() if seen.status == 200]
    assert len(answered) > (12 if key == "outsider" else 60)


def test_a_trace_would_be_found(agreement: Agreement, made: World) -> None:
    """A shared comment changes what others see, by the same reading."""
    client = browser(made.riverton_counsel)
    place = f"/agreements/{agreement.pk}/"
    before = taken(client, [place])
    negotiating.comment(agreement, text="To all.", actor=made.mesa_liaison, now=NOW)
    assert Comment.objects.filter(private_to=None).count() == 2
    assert taken(client, [place]) != before
