"""Every step of an agreement's life as one address that takes what its operation takes."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, ClassVar, cast
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agencies.models import Agency
from agreements import coverage, lifecycle, pictures, stepup
from agreements.api.asking import Asked, OneAgreement, address, matched, sent, unchanged
from agreements.api.describing import says
from agreements.api.shaping import Bytes, Day, Strict, Text, identifier
from agreements.api.showing import AgreementRead, agreement_shown
from agreements.models import Agreement, Breach, Flow, FlowStatus, Ground, Outcome, Party
from agreements.operations import (
    amending,
    approving,
    ending,
    flowing,
    freezing,
    importing,
    inking,
    leaving,
    negotiating,
    noticing,
    outside,
    relating,
    renewing,
    requesting,
    reviewing,
    signing,
)

MOST_SCAN = 3 * 1024 * 1024
"""What a request holds in base64; larger files go in on the pages."""


class HandOver(Strict):
    """To which party the text goes (needed when there are several others), with a word about it."""

    note = Text(max_length=2000, required=False, default="", allow_blank=True)

    def get_fields(self) -> dict[str, Any]:
        """The agencies of this agreement's parties."""
        agreement = self.context.get("agreement")
        rows = Agency.objects.filter(party_rows__agreement=agreement, party_rows__left_on=None)
        found = rows if agreement else Agency.objects.none()
        return {
            "to": identifier(found, required=False, default=None, allow_null=True),
            **super().get_fields(),
        }


class Note(Strict):
    """A word to go with it."""

    note = Text(max_length=2000, required=False, default="", allow_blank=True)


class Seen(Strict):
    """The step answers exactly the text whose SHA-256 is named."""

    seen_hash = Text(max_length=64)


class Approve(Seen, Note):
    """Approval of exactly the text named."""


class Reason(Strict):
    """Why, for the record."""

    reason = Text(max_length=2000)


class Freeze(Seen):
    """The text that is sent for signature, and by when (null: in 60 days)."""

    sign_by = Day(required=False, default=None, allow_null=True)


class Extend(Reason):
    """By when those who have not signed are asked to, and why."""

    sign_by = Day()


class Sign(Seen):
    """A signature: the hash of the text that was read, one's name, consent, the password asked again and a code.

    A security key needs a browser; here the code of an authenticator app or a recovery code is asked for. Instead of a
    code, `file` may be the PDF of `document-to-sign.pdf` signed with a certificate, in base64.
    """

    typed_name = Text(max_length=150)
    consent = serializers.BooleanField()
    image = Bytes(most=pictures.MOST_BYTES, required=False, default=b"", write_only=True)
    password = serializers.CharField(max_length=200, trim_whitespace=False, write_only=True)
    code = Text(max_length=40, required=False, default="", allow_blank=True, write_only=True)
    file = Bytes(most=MOST_SCAN, required=False, default=b"", write_only=True)


class PutInInk(Strict):
    """The scan (a PDF, in base64) of what one's own signatory signed on paper, and the day written there."""

    scan = Bytes(most=MOST_SCAN, write_only=True)
    signed_on = Day()


class Scanned(Strict):
    """Which scan, by its SHA-256."""

    scan = Text(max_length=64)


class ConfirmInk(Scanned):
    """Confirming the scan another party put in; password and code are asked for again."""

    password = serializers.CharField(max_length=200, trim_whitespace=False, write_only=True)
    code = Text(max_length=40, write_only=True)


class ObjectToInk(Scanned):
    """Why the scan another party put in is not confirmed."""

    reason = Text(max_length=2000)


class Suspend(Strict):
    """From when, until when and on what grounds."""

    grounds = Text(max_length=4000)
    from_on = Day()
    until_on = Day(required=False, default=None, allow_null=True)


class Terminate(Strict):
    """On what ground, why, the last day in force (null: the earliest) and when notice was sent (null: today)."""

    ground = serializers.ChoiceField(choices=Ground.choices)
    reason = Text(max_length=4000)
    last_day = Day(required=False, default=None, allow_null=True)
    sent_on = Day(required=False, default=None, allow_null=True)


class Amend(Strict):
    """From which day it changes the agreement (null: the day of its last signature), and which parties go by it."""

    takes_effect_on = Day(required=False, default=None, allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        """The parties of this agreement."""
        rows = _parties_of(self.context.get("agreement"))
        removes = serializers.ListField(child=identifier(rows), required=False, default=list, max_length=100)
        return {"removes": removes, **super().get_fields()}


class Join(Strict):
    """Which agency joins, as whom, and from which day (null: the day of its last signature)."""

    takes_effect_on = Day(required=False, default=None, allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        """Every agency, and the parties of this agreement."""
        rows = _parties_of(self.context.get("agreement"))
        return {
            "agency": identifier(Agency.objects.filter(active=True)),
            "like": identifier(rows),
            **super().get_fields(),
        }


def _parties_of(agreement: Agreement | None) -> QuerySet[Party]:
    return Party.objects.filter(agreement=agreement) if agreement else Party.objects.none()


class Relate(Strict):
    """On which agreement it rests and which it replaces; null is none."""

    def get_fields(self) -> dict[str, Any]:
        """Both by the agreement's id; which ones it may be is looked at by the operation."""
        names = ("parent", "supersedes")
        return {name: serializers.UUIDField(required=False, default=None, allow_null=True) for name in names}


class Withdraw(Strict):
    """Why, and when notice was sent (null: today)."""

    reason = Text(max_length=4000)
    sent_on = Day(required=False, default=None, allow_null=True)


class Acknowledge(Strict):
    """Nothing more than the act."""


class NotifyBreach(Strict):
    """Which party, and what it must mend."""

    what = Text(max_length=4000)

    def get_fields(self) -> dict[str, Any]:
        """The parties of this agreement."""
        return {"party": identifier(_parties_of(self.context.get("agreement"))), **super().get_fields()}


class Cure(Strict):
    """Which breach, and how it was cured."""

    how = Text(max_length=4000)

    def get_fields(self) -> dict[str, Any]:
        """The breaches of this agreement."""
        agreement = self.context.get("agreement")
        rows = Breach.objects.filter(agreement=agreement) if agreement else Breach.objects.none()
        return {"breach": identifier(rows), **super().get_fields()}


class Mark(Strict):
    """Which flow, whether its data moves now, and why."""

    status = serializers.ChoiceField(choices=FlowStatus.choices)
    reason = Text(max_length=2000)

    def get_fields(self) -> dict[str, Any]:
        """The flows of this agreement."""
        agreement = self.context.get("agreement")
        rows = coverage.flows(agreement) if agreement else Flow.objects.none()
        return {"flow": identifier(rows), **super().get_fields()}


class Decide(Strict):
    """What was decided, why, who was asked, and for which agency if the person speaks for several."""

    outcome = serializers.ChoiceField(choices=Outcome.choices)
    reason = Text(max_length=4000)
    consulted = Text(max_length=300, required=False, default="", allow_blank=True)
    agency = serializers.UUIDField(required=False, default=None, allow_null=True)


class Renew(Strict):
    """The number of the renewal (the next one), why, and who was asked."""

    number = serializers.IntegerField(min_value=1, max_value=10_000)
    reason = Text(max_length=4000)
    consulted = Text(max_length=300, required=False, default="", allow_blank=True)


@dataclass(frozen=True)
class Act:
    """What a step takes, and the operation that does it."""

    takes: type[Strict]
    does: Callable[..., object]
    leads: bool = False
    """Whether it makes an agreement of its own, named by Location."""


ACTS: dict[str, Act] = {
    "share": Act(HandOver, negotiating.share),
    "return": Act(HandOver, negotiating.return_text),
    "submit": Act(Note, approving.submit),
    "approve": Act(Approve, approving.approve),
    "refuse": Act(Reason, approving.refuse),
    "reopen": Act(Reason, approving.reopen),
    "freeze": Act(Freeze, freezing.freeze),
    "sign": Act(Sign, signing.sign),
    "ink": Act(PutInInk, inking.record),
    "confirm": Act(ConfirmInk, inking.confirm),
    "object": Act(ObjectToInk, inking.refuse),
    "delegate": Act(Reason, requesting.delegate),
    "extend": Act(Extend, requesting.extend),
    "decline": Act(Reason, signing.decline),
    "recall": Act(Reason, signing.recall),
    "suspend": Act(Suspend, ending.suspend),
    "resume": Act(Reason, ending.resume),
    "flow": Act(Mark, flowing.mark),
    "review": Act(Decide, reviewing.decide),
    "renew": Act(Renew, renewing.renew),
    "terminate": Act(Terminate, ending.terminate),
    "amend": Act(Amend, amending.amend, leads=True),
    "join": Act(Join, amending.join, leads=True),
    "relate": Act(Relate, relating.relate),
    "withdraw": Act(Withdraw, leaving.withdraw),
    "acknowledge": Act(Acknowledge, noticing.acknowledge),
    "breach": Act(NotifyBreach, leaving.breach),
    "cure": Act(Cure, leaving.cure),
    "unimport": Act(Reason, importing.unimport),
    "abandon": Act(Reason, ending.abandon),
}
"""Every step that is an act. `edit` is the changing of rows; `comment` and `suggest` have addresses of their own."""


class Step(OneAgreement):
    """One step."""

    name: ClassVar[str] = ""

    def post(self, request: Request, pk: UUID) -> Response:
        """Take the step; the answer is the agreement as it is then."""
        asked, act = self.asked(), ACTS[self.name]
        asked.require(lifecycle.STEPS[self.name].permission)
        matched(request, asked.agreement)
        values = self.proved(asked, sent(act.takes, request, agreement=asked.agreement))
        with self.held(asked):
            made = act.does(asked.agreement, **values, actor=asked.user, now=asked.now)
        leads = {"Location": f"/api/v1/agreements/{cast(Agreement, made).pk}/"} if act.leads else None
        return agreement_shown(self.asked(), headers=leads)

    def held(self, asked: Asked) -> AbstractContextManager[None]:
        """Under what the step is taken: what If-Match named is what the act meets."""
        return unchanged(asked, asked.agreement)

    def proved(self, asked: Asked, values: dict[str, Any]) -> dict[str, Any]:
        """What the operation takes."""
        return values


class SignStep(Step):
    """Signing, or confirming a signature in ink: who holds the token alone can't do it."""

    def proved(self, asked: Asked, values: dict[str, Any]) -> dict[str, Any]:
        """Password and code are looked at under the agreement's lock and go no further."""
        code, file = values.pop("code", ""), values.pop("file", b"")
        if file:
            values["outside"] = outside.accepted(asked.agreement, file, actor=asked.user, now=asked.now)
        claim = stepup.Claim(values.pop("password"), code, certified=bool(file))

        def prove(locked: Agreement) -> stepup.Proof:
            matched(asked.request, locked)
            return stepup.prove(asked.user, claim, now=asked.now)

        return {**values, "prove": prove, "ip": address(asked.request) or None}

    def held(self, asked: Asked) -> AbstractContextManager[None]:
        """No transaction around it: a failed proof must stay counted. What If-Match named is looked at by `prove`."""
        return nullcontext()


def step_view(name: str) -> type[Step]:
    """The address of one step, described by the lifecycle's table."""
    row, base = lifecycle.STEPS[name], SignStep if name in {"sign", "confirm"} else Step
    view: type[Step] = type(f"{name.title()}Step", (base,), {"name": name, "__doc__": row.help})
    described = says(f"agreements_{name}", AgreementRead, request=ACTS[name].takes, matched=True)
    return extend_schema_view(post=described)(view)
