"""One person may be counsel of two parties, as a county's attorney often is."""

import pytest

from agencies.operations.roles import grant_membership
from agreements.lifecycle import StepNotOpen
from agreements.operations import approving
from audit.record import SYSTEM
from tests import builders
from tests.builders import NOW

pytestmark = pytest.mark.django_db


def test_counsel_of_two_parties_answers_for_one_after_the_other() -> None:
    made = builders.world()
    grant_membership(made.mesa, made.riverton_counsel, role="counsel", actor=SYSTEM, now=NOW)
    agreement = builders.in_approval(made)
    seen = approving.submitted(agreement).sha256
    for _ in made.riverton, made.mesa:
        approving.approve(agreement, seen_hash=seen, actor=made.riverton_counsel, now=NOW)
    answered = {row.party.agency for row in approving.standing_approvals(agreement)}
    assert answered == {made.riverton, made.mesa}
    with pytest.raises(StepNotOpen, match="already"):
        approving.approve(agreement, seen_hash=seen, actor=made.riverton_counsel, now=NOW)
