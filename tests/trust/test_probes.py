"""No byte of another agency's private entries, whatever is asked (tests/trust/probes.py)."""

from __future__ import annotations

import os
from random import Random
from typing import Any
from uuid import UUID

import pytest
from django.db.models import Q
from django.test import Client

from agencies.models import Agency
from agreements.operations import drafting, negotiating
from audit.record import record
from tests import builders
from tests.builders import NOW, World
from tests.trust.probes import FEW, KINDS, Ground

pytestmark = pytest.mark.django_db

PROBES = int(os.environ.get("PROBES") or FEW)
PEOPLE = (
    *(f"{agency}_{role}" for agency in ("riverton", "mesa") for role in builders.ROLES),
    "outsider", "harbor_administrator", "overseer", "board_liaison", "nobody",
)  # fmt: skip
CANARIES = {agency: f"kestrel-7731-{agency}" for agency in ("riverton", "mesa")}


@pytest.fixture
def made() -> World:
    return builders.world()


@pytest.fixture
def ground(made: World) -> Ground:
    """An agreement in negotiation and a draft, each agency with remarks, a draft's words and entries of its own."""
    draft = builders.drafted(made, title="Exchange of hidden records")
    for agreement in (shared := builders.shared(made), draft):
        _first_words(agreement, made)
    for agency, canary in CANARIES.items():
        person = made.people[f"{agency}_liaison"]
        negotiating.comment(shared, text=f"Between us: {canary}", private=True, actor=person, now=NOW)
        for stream in (shared.pk, made.agencies[agency].pk):
            record("thing.noted", stream=stream, actor=person, now=NOW, agency=made.agencies[agency].pk,
                   private_to=made.agencies[agency].pk, facts={"text": canary})  # fmt: skip
    agencies = tuple(agency.pk for agency in made.agencies.values())
    people = tuple(made.people[key].pk for key in ("mesa_liaison", "riverton_counsel"))
    references = (shared.reference, draft.reference)
    return Ground((shared.pk, draft.pk, *agencies, *people), agencies, references, 120, CANARIES)


def _first_words(agreement: Any, made: World) -> None:
    """Words of whose turn it is that are taken back before anybody else sees the text."""
    agency = "riverton" if agreement.turn_id == made.riverton.pk else "mesa"
    row = agreement.provisions.order_by("position_in_order").first()
    before = row.text
    for text in (f"{CANARIES[agency]} {before}", before):
        drafting.edit(row, values={"text": text}, actor=made.people[f"{agency}_liaison"], now=NOW)


@pytest.mark.parametrize("key", PEOPLE)
def test_nobody_reads_what_is_private_to_others(key: str, ground: Ground, made: World) -> None:
    draw, client = Random(f"{key} {PROBES}"), Client()
    client.force_login(made.people[key])
    theirs = [canary.encode() for agency, canary in ground.canaries.items() if not key.startswith(agency)]
    for _ in range(PROBES):
        address = draw.choice(KINDS)(draw, ground)
        answer = client.get(address)
        assert answer.status_code < 500, address
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
        assert not any(canary in body for canary in theirs), address


def test_the_probes_would_find_a_leak(ground: Ground, made: World, settings: Any) -> None:
    """If everybody read everything, the same probes would find it."""
    settings.AUDIT_STREAMS = "tests.trust.test_probes.everything"
    settings.AUDIT_AGENCIES = "tests.trust.test_probes.everywhere"
    with pytest.raises(AssertionError, match="/"):
        test_nobody_reads_what_is_private_to_others("mesa_auditor", ground, made)


def everywhere(user: Any, *, today: Any) -> set[UUID]:
    """Everybody belongs to every agency."""
    return set(Agency.objects.values_list("pk", flat=True))


def everything(user: Any, *, today: Any) -> Q:
    """A visibility that hides nothing."""
    return Q()
