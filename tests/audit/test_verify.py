"""The verifier believes a dossier only as far as an outside head goes, and whatever it is given, it gives a verdict."""

from __future__ import annotations

import pytest

from tests.audit.dossiers import KEY, concluded, dossier, everything, happened, head, verdict

pytestmark = pytest.mark.django_db


def test_a_true_dossier_is_verified_by_a_head_held_outside() -> None:
    happened(5)
    held = head(3)
    happened(3)
    concluded()
    made = dossier(everything(), heads=[held])
    code, said = verdict(made, held)
    assert code == 0, said
    code, said = verdict(made)
    assert code == 2 and "internally consistent" in said[-1]
    code, said = verdict(made, key=KEY)
    assert code == 2 and "signed with the key you gave" in said[-1]
    print(*said, sep="\n")
