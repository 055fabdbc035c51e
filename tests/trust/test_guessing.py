"""The programme of guesses: `GUESSES` of them, a few in the suite."""

import os

import pytest

from tests import builders
from tests.builders import World
from tests.notarising import kept
from tests.trust import guessing

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today"), pytest.mark.timeout(1800)]


def test_every_wrong_guess_is_answered_alike(made: World) -> None:
    kept(builders.executed(made), b"%PDF-1.7 signed")
    assert guessing.run(int(os.environ.get("GUESSES", "40"))) == []
