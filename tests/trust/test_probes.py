"""No byte of another agency's private entries, whatever is asked (tests/trust/probes.py)."""

from __future__ import annotations

import os
import zipfile
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.db.models import Q
from django.test import Client

from agencies.models import Agency
from agreements.models import Agreement, Comment, Provision, SuggestionKind
from agreements.operations import batches, dossiers, drafting, intake, negotiating, suggesting
from agreements.operations.suggesting import Proposal
from audit.record import record
from common.models import Job
from tests import builders
from tests.agreements.heap import heap
from tests.builders import NOW, World
from tests.kept import kept
from tests.trust.probes import FEW, KINDS, Ground, unpacked

pytestmark = pytest.mark.django_db

PROBES = int(os.environ.get("PROBES") or FEW)
PEOPLE = (
    *(f"{agency}_{role}" for agency in ("riverton", "mesa") for role in builders.ROLES),
    "outsider", "harbor_administrator", "overseer", "board_liaison", "nobody",
)  # fmt: skip
CANARIES = {agency: f"kestrel-7731-{agency}" for agency in ("riverton", "mesa")}
PARTIES = "kestrel-7731-parties"
"""What the parties tell each other, and nobody else reads."""
READERS = {*(key for key in PEOPLE if key.startswith(tuple(CANARIES))), "overseer"}


@pytest.fixture
def ground(made: World) -> Ground:
    """An agreement in negotiation and a draft, each agency with remarks, a draft's words and entries of its own."""
    return kept("ground of the probes", lambda: _ground(made))


def _ground(made: World) -> Ground:
    draft = builders.drafted(made, title="Exchange of hidden records")
    for agreement in (shared := builders.shared(made), draft):
        _first_words(agreement, made)
    remarks = [row for agency in CANARIES for row in _private(shared, made, agency)]
    remarks.append(
        negotiating.comment(shared, text=f"All of us: {PARTIES}", actor=made.mesa_liaison, now=NOW)
    )
    live = drafting.add(shared, Provision, values={"heading": CANARIES["mesa"], "text": CANARIES["mesa"]},
                        actor=made.mesa_liaison, now=NOW)  # fmt: skip
    one, two = shared.provisions.exclude(pk=live.pk).order_by("position_in_order")[:2]
    drafting.edit(two, values={"text": f"{CANARIES['mesa']} {two.text}"}, actor=made.mesa_liaison, now=NOW)
    proposal = Proposal(
        SuggestionKind.REPLACE, provision=one.pk, heading=PARTIES, text=PARTIES, reason=PARTIES
    )
    suggested = suggesting.suggest(shared, [proposal], actor=made.riverton_liaison, now=NOW)
    rows = {"comment": remarks, "provision": [live, one, two], "suggestion": suggested, **_put_in(made)}
    known = {place: tuple(row.pk for row in found) for place, found in rows.items()} | {
        "waiver": (),
        "filing": (),
    }
    agencies = tuple(agency.pk for agency in made.agencies.values())
    people = tuple(made.people[key].pk for key in ("mesa_liaison", "riverton_counsel"))
    references = (shared.reference, draft.reference)
    streams = (shared.pk, shared.pk, draft.pk, *agencies, *people)
    return Ground(streams, agencies, references, 120, CANARIES, known)


def _private(agreement: Agreement, made: World, agency: str) -> list[Comment]:
    """A thread of one agency's own: about a provision and a term, naming somebody, answered, dealt with; and entries."""
    canary, person = CANARIES[agency], made.people[f"{agency}_liaison"]
    text = f"Between us: {canary} @{made.people[f'{agency}_counsel'].name} @{made.outsider.name}"
    first = agreement.provisions.order_by("position_in_order").first()
    about: list[dict[str, Any]] = [{}, {"provision": first}, {"topic": "term:review"}]
    rows = [
        negotiating.comment(agreement, text=text, private=True, actor=person, now=NOW, **more)
        for more in about
    ]
    rows.append(negotiating.comment(agreement, text=canary, reply_to=rows[0], actor=person, now=NOW))
    negotiating.resolve(rows[1], actor=person, now=NOW)
    for stream in (agreement.pk, made.agencies[agency].pk):
        record("thing.noted", stream=stream, actor=person, now=NOW, agency=made.agencies[agency].pk,
               private_to=made.agencies[agency].pk, facts={"text": canary})  # fmt: skip
    return rows


def _put_in(made: World) -> dict[str, list[Any]]:
    """A file that Mesa's liaison put in to be imported, a bulk import they began, a dossier they asked for."""
    root, person, canary = Path(settings.DOCUMENTS), made.mesa_liaison, CANARIES["mesa"]
    data = builders.OLD.replace(b"The parties share", f"{canary} The parties share".encode())
    given = heap(3, faults=1)
    batch = batches.begin(table=given.table, table_name=f"{canary}.xlsx", archive=BytesIO(given.archive), lead=made.mesa,
                          root=root, actor=person, now=NOW)  # fmt: skip
    return {
        "intake": [intake.take(data, f"{canary}.txt", root=root, actor=person, now=NOW)],
        "batch": [batch],
        "dossier": [dossiers.ask(builders.executed(made), actor=made.mesa_counsel, now=NOW)],
    }


def _first_words(agreement: Any, made: World) -> None:
    """Words of whose turn it is that are taken back before anybody else sees the text."""
    agency = "riverton" if agreement.turn_id == made.riverton.pk else "mesa"
    row = agreement.provisions.order_by("position_in_order").first()
    before = row.text
    for text in (f"{CANARIES[agency]} {before}", before):
        drafting.edit(row, values={"text": text}, actor=made.people[f"{agency}_liaison"], now=NOW)


def hidden_from(key: str) -> list[bytes]:
    """The canaries that somebody may never read."""
    others = [canary for agency, canary in CANARIES.items() if not key.startswith(agency)]
    return [canary.encode() for canary in (others if key in READERS else [*others, PARTIES])]


@pytest.mark.parametrize("key", PEOPLE)
def test_nobody_reads_what_is_private_to_others(key: str, ground: Ground, made: World) -> None:
    draw, client = Random(f"{key} {PROBES}"), Client()
    client.force_login(made.people[key])
    theirs = hidden_from(key)
    for number in range(PROBES):
        if number and number % 1000 == 0:
            print(f"{key}: {number:,} asked", flush=True)
        probe = draw.choice(KINDS)(draw, ground)
        answer = getattr(client, probe.method)(probe.address)
        assert answer.status_code < 500, probe
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        seen = unpacked(body) + str(answer.headers).encode()
        assert not any(canary in seen for canary in theirs), probe
    mails = Job.objects.filter(payload__to=made.people[key].email)
    assert not any(canary.decode() in str(mail.payload) for mail in mails for canary in theirs)


@pytest.mark.parametrize("key", ["mesa_counsel", "riverton_counsel"])
def test_each_kind_of_probe_reaches_something(key: str, ground: Ground, made: World) -> None:
    """A probe that only ever finds nothing there proves nothing."""
    draw, client = Random(key), Client()
    client.force_login(made.people[key])
    for kind in {kind.__name__: kind for kind in KINDS}.values():
        probes = (kind(draw, ground) for _ in range(60))
        answers = (getattr(client, probe.method)(probe.address).status_code for probe in probes)
        assert any(status in {200, 302, 400, 428} for status in answers), kind


def test_a_file_is_unpacked_before_it_is_looked_through() -> None:
    inner, outer = BytesIO(), BytesIO()
    for file, name, content in ((inner, "a.xml", b"kestrel"), (outer, "b.docx", None)):
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, inner.getvalue() if content is None else content)
    assert b"kestrel" not in outer.getvalue()
    assert b"kestrel" in unpacked(outer.getvalue())


def test_the_probes_would_find_a_leak(
    ground: Ground, made: World, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If everybody read everything, the same probes would find it."""
    monkeypatch.setattr("tests.trust.test_probes.PROBES", 300)
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
