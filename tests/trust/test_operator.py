"""An operator with every right and the stolen key rewrites the history; what an auditor's head shows of it.

The log has 60 entries. The auditor holds no head, the head of the first 40 (old) or that of all 60 (newest), each
received when it was signed. Then the operator acts, signs everything anew with the stolen key, and hands out a dossier.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit import checkpoints, log
from tests.audit import dossiers
from tests.audit.dossiers import HOST, KEY, STREAM, concluded, dossier, everything, happened, head
from tests.builders import NOW
from tests.trust.operator import Said, history, rewrite
from tests.trust.paper import verdict
from tests.trust.written import written

pytestmark = pytest.mark.django_db

OTHER = UUID(int=9)
THIEF = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
OLD, NEWEST = 40, 60
HOUR = timedelta(hours=1)
LATER = NOW + 24 * HOUR


def at(seq: int) -> str:
    return f"{NOW + seq * dossiers.MINUTE:%Y-%m-%dT%H:%M:%S.000000Z}"


def said(seq: int, **more: object) -> Said:
    """What an invented entry says."""
    return history()[0] | {"at": at(seq), "stream": str(OTHER), "facts": {"invented": seq}} | more


def edit(told: list[Said]) -> list[Said]:
    told[19]["facts"] = {"place": "another"}
    return told


def delete(told: list[Said]) -> list[Said]:
    return told[:19] + told[20:]


def swap(told: list[Said]) -> list[Said]:
    told[18], told[19] = told[19], told[18]
    return told


def insert(told: list[Said]) -> list[Said]:
    return [*told[:19], said(19), *told[19:]]


def restore(told: list[Said]) -> list[Said]:
    return told[:45] + [said(seq) for seq in range(300, 330)]


def truncate_before(told: list[Said]) -> list[Said]:
    return told[:30]


def truncate_after(told: list[Said]) -> list[Said]:
    return told[:50]


def disable(told: list[Said]) -> list[Said]:
    told[49]["facts"] = {"place": "another"}
    return told


def other_face(told: list[Said]) -> list[Said]:
    return told[:50] + [said(seq, facts={"face": "for you"}) for seq in range(51, 61)]


def backdate(told: list[Said]) -> list[Said]:
    return [*told, said(-5 * 24 * 60)]


def forge_erasure(told: list[Said]) -> list[Said]:
    told[19]["facts"] = {"invented": "and then hidden"}
    erasure = said(61, action="history.redacted", facts={"number": 10, "reason": "court order"})
    return [*told, erasure | {"stream": told[19]["stream"]}]


def nothing(told: list[Said]) -> list[Said]:
    return told


@dataclass(frozen=True)
class Attack:
    """What the operator does, and what the verifier says to each auditor: exit codes, and words of the last sentence."""

    words: str
    does: Callable[[list[Said]], list[Said]]
    codes: tuple[int, int, int]
    says: tuple[str, str]
    keyed: int = 2
    secret: Ed25519PrivateKey = dossiers.SECRET
    erased: tuple[int, ...] = ()


OTHERS = "entries are not those of"
GONE = "entries were removed"
FINE = "VERIFIED."
ATTACKS = {
    "none": Attack("Nothing", nothing, (2, 0, 0), (FINE, FINE)),
    "edit": Attack("Edits entry 20", edit, (2, 1, 1), (OTHERS, OTHERS)),
    "delete": Attack("Deletes entry 20", delete, (2, 1, 1), (OTHERS, OTHERS)),
    "swap": Attack("Swaps entries 19 and 20", swap, (2, 1, 1), (OTHERS, OTHERS)),
    "insert": Attack("Inserts a backdated entry before entry 20", insert, (2, 1, 1), (OTHERS, OTHERS)),
    "restore": Attack("Restores the first 45 and goes on", restore, (2, 0, 1), (FINE, OTHERS)),
    "truncate before": Attack("Cuts the log to 30", truncate_before, (2, 1, 1), (GONE, GONE)),
    "truncate after": Attack("Cuts the log to 50", truncate_after, (2, 0, 1), (FINE, GONE)),
    "disable": Attack("Disables the triggers and rewrites entry 50", disable, (2, 0, 1), (FINE, OTHERS)),
    "two faces": Attack("Shows others entries 51 to 60, you other ones", other_face, (2, 0, 1), (FINE, OTHERS)),
    "clock": Attack("Sets the clock back five days and adds an entry", backdate, (2, 1, 1), ("its time is false",) * 2),
    "erasure": Attack("Changes entry 20 and hides it by a forged erasure", forge_erasure, (2, 1, 1), (OTHERS, OTHERS),
                      erased=(20,)),
    "key": Attack("Signs everything with another key", nothing, (2, 1, 1), ("the log's key was replaced",) * 2, keyed=1,
                  secret=THIEF),
}  # fmt: skip
UNSURE = ("CANNOT TELL: the dossier is internally consistent; not checked against any outside head or key",)


@pytest.fixture
def heads() -> tuple[str, str]:
    for place in range(NEWEST):
        happened(1, stream=(STREAM, OTHER)[place % 2], at=NOW + place * dossiers.MINUTE)
    return head(OLD, at=NOW + OLD * dossiers.MINUTE), head(NEWEST, at=NOW + NEWEST * dossiers.MINUTE)


@pytest.mark.parametrize("name", ATTACKS)
def test_what_an_outside_head_shows_of_it(name: str, heads: tuple[str, str]) -> None:
    attack = ATTACKS[name]
    rewrite(attack.does(history()), erased=attack.erased)
    concluded(at=LATER)
    key = checkpoints.key_of(HOST, attack.secret).vkey()
    checkpoint = head(log.size(), at=LATER + HOUR, secret=attack.secret)
    made = dossier(everything(), checkpoint=checkpoint, key=key)
    none, by_key = verdict(made), verdict(made, key=KEY)
    old, newest = (verdict(made, note) for note in heads)
    assert (none[0], old[0], newest[0]) == attack.codes, (none, old, newest)
    assert none[1].startswith(UNSURE)
    assert (by_key[0], "another key than the one you gave" in by_key[1]) == (attack.keyed, attack.keyed == 1)
    for found, words in ((old, attack.says[0]), (newest, attack.says[1])):
        assert words in found[1], found


VERDICTS = {0: "verified (0)", 1: "**tampered (1)**", 2: "cannot tell (2)"}


def test_docs_say_which_attack_is_seen_by_whom() -> None:
    lines = [
        "| With every right in the database and the stolen key, the operator … | no head | the head of 40 | the head of 60 |",
        "|---|---|---|---|",
        *(
            f"| {attack.words} | " + " | ".join(VERDICTS[code] for code in attack.codes) + " |"
            for attack in ATTACKS.values()
        ),
    ]
    written("attacks", "\n".join(lines))
