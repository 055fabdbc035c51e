"""Attacks by doing things at the same time, over real connections."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from agreements.models import Stage
from audit.models import Event
from common.models import Job
from tests import builders
from tests.agreements.attacks.scene import answers, out_for_signature, third_party
from tests.agreements.pages import browser, text, url
from tests.builders import again
from tests.trust import races, racing

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(120),
    pytest.mark.usefixtures("today"),
]


def test_s05_the_last_signatures_at_once_execute_once_and_none_is_stuck() -> None:
    made = builders.world()
    third_party(made)
    pairs = [out_for_signature(made) for _ in range(4)]
    triples = [out_for_signature(made, keys=races.THREE, order=(1, 1, 1)) for _ in range(3)]
    found = [races.run(agreement.pk, races.signers(agreement)) for agreement in (*pairs, *triples)]
    assert [one for one in found if one] == []
    assert races.wrong([row.pk for row in (*pairs, *triples)], sealed=False) == []


def test_of_two_workers_that_seal_at_once_the_second_takes_its_file_away(
    settings: Any, tmp_path: Path
) -> None:
    settings.DOCUMENTS = tmp_path
    made = builders.world()
    agreement = out_for_signature(made)
    assert races.run(agreement.pk, races.signers(agreement)) == []
    racing.seal([agreement.pk])
    assert races.wrong([agreement.pk], sealed=True) + racing.unnamed([agreement.pk]) == []


def test_s08_fifty_copies_of_one_form_sign_once() -> None:
    made = builders.world()
    agreement = out_for_signature(made)
    client = browser(made.mesa_signatory)
    said = answers(client, agreement, made.mesa_signatory)
    barrier = Barrier(50)

    def press(_: int) -> Any:
        copy = browser_like(client)
        barrier.wait(30)
        try:
            return copy.post(url(agreement, "sign/"), said)
        finally:
            connection.close()

    with ThreadPoolExecutor(50) as pool:
        found = list(pool.map(press, range(50)))
    told = Counter(answer.status_code for answer in found)
    assert told == {302: 1, 409: 49}
    assert all("Your receipt" in text(answer) for answer in found if answer.status_code == 409)
    assert agreement.signatures.count() == 1
    assert Event.objects.filter(stream=agreement.pk, action="agreement.signed").count() == 1
    assert Job.objects.filter(kind="mail", key__startswith="mail:receipt:").count() == 1
    assert again(agreement).stage == Stage.SIGNING
    builders.sign(agreement, made.riverton_signatory)
    assert Job.objects.filter(kind="pdf").count() == 1


def browser_like(client: Any) -> Any:
    """Another tab of the same browser."""
    copy = type(client)()
    copy.cookies.update(client.cookies)
    return copy
