"""What one reader sees of one agreement's text: the live rows while it is their agency's turn, else the newest version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple, TypeVar

from django.db.models import UUIDField

from agreements import policy, texts
from agreements.models import Agreement, Approval, Decision, SignatureRequest, Stage, Version
from agreements.models.snapshot import content_of, plain
from common.prepared import Prepared, Slot


class Reading(NamedTuple):
    """The content a reader sees, the version it is (None when live), and whether it is the live rows."""

    content: dict[str, Any] | None
    version: Version | None
    live: bool


_OF = Slot("agreement", UUIDField())
_GIVEN = Prepared(
    lambda: Approval.objects.filter(agreement=_OF, voided_at=None, decision=Decision.APPROVED).select_related(
        "party__agency"
    )
)
_ASKED = Prepared(
    lambda: (
        SignatureRequest.objects.filter(agreement=_OF, voided_at=None)
        .select_related("signatory", "party__agency", "named", "deputy")
        .order_by("order", "party__position")
    )
)


def text_for(agreement: Agreement, user: policy.Person, *, today: date) -> Reading:
    """What `user`, who may see the agreement, reads of its text on `today`.

    People of the agency whose turn it is read the text as it is being edited; everybody else reads the newest
    version, of an executed agreement the one that holds today. Before the first version, others read nothing.
    """
    if agreement.turn_id is not None and agreement.turn_id in policy.agencies_of(user, today=today):
        return Reading(content_of(agreement), None, True)
    version = (texts.on(agreement, today) if agreement.stage in AGREED else None) or texts.newest(agreement)
    return Reading(version.content if version else None, version, False)


AGREED = (Stage.EXECUTED, Stage.ENDED)


Row = TypeVar("Row", Approval, SignatureRequest)


class Waiting(NamedTuple):
    """Who is to act: the parties still to approve, the people still to sign."""

    approvals: tuple[Approval, ...] = ()
    requests: tuple[SignatureRequest, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def approved_by(self) -> set[object]:
        """The agencies that have approved the text now open for approval."""
        return {row.party.agency_id for row in self.approvals}


def waiting(agreement: Agreement) -> Waiting:
    """For whom the agreement waits while nobody has the turn."""
    parties = [party for party in agreement.parties.all() if party.left_on is None]
    if agreement.stage == Stage.APPROVAL:
        given = _rows_on(agreement, _GIVEN)
        done = {row.party_id for row in given}
        return Waiting(given, (), tuple(p.agency.name for p in parties if p.pk not in done))
    if agreement.stage == Stage.SIGNING:
        requests = _rows_on(agreement, _ASKED)
        open_ = (
            f"{row.signatory.name} ({row.party.agency.name})" for row in requests if row.answered_at is None
        )
        return Waiting((), requests, tuple(open_))
    return Waiting()


def _rows_on(agreement: Agreement, asked: Prepared[Row]) -> tuple[Row, ...]:
    """The rows that answer a question about this very agreement, which they need not ask for again."""
    rows = tuple(asked.rows(agreement=agreement.pk))
    for row in rows:
        row.agreement = agreement
    return rows


def with_values(content: dict[str, Any], key: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The content as it would be with these fields of the row `key` set; a key of no row is the term's or its own.

    Term and agreement both have a kind: only the agreement has a title.
    """
    row = next((row for row in _rows(content) if row["id"] == key), None)
    target = row if row is not None else content if "title" in values else content["term"]
    for name, value in values.items():
        if name in target:
            target[name] = plain(getattr(value, "pk", value))
    return content


def _rows(content: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name in ("parties", "provisions", "datasets", "commitments", "measures"):
        yield from content[name]
    for dataset in content["datasets"]:
        yield from dataset["flows"]
