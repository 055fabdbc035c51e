"""The life of an agreement as one table of steps.

From it come the buttons, the API's `steps`, every refusal's words, docs/lifecycle.md and the exhaustive test.
`stage` is what people did; what follows from dates (in force, expiring, lapsed) is `standing.of`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import UUIDField

from agreements import policy, term
from agreements.models import Agreement, Provenance, Stage
from common.dates import day
from common.prepared import Prepared, Slot

DRAFT, NEGOTIATION, APPROVAL, SIGNING = Stage.DRAFT, Stage.NEGOTIATION, Stage.APPROVAL, Stage.SIGNING
EXECUTED, ENDED, DECLINED, ABANDONED = Stage.EXECUTED, Stage.ENDED, Stage.DECLINED, Stage.ABANDONED
BEFORE_SIGNING = (DRAFT, NEGOTIATION, APPROVAL)
ALL = tuple(Stage)


class StepNotOpen(Exception):
    """The step can't be taken as things stand; the message says why and what to do."""


@dataclass(frozen=True)
class Step:
    """One thing a person can do with an agreement.

    `sources` are the stages in which it is open, `target` the stage it leads to (None: unchanged),
    `turn` whether it belongs to the agency whose turn it is.
    """

    name: str
    label: str
    event: str
    sources: tuple[Stage, ...]
    target: Stage | None
    permission: str
    turn: bool
    help: str

    @property
    def asks_turn(self) -> bool:
        """Whether it matters whose turn it is."""
        return self.turn or self.name == "suggest"


STEPS: dict[str, Step] = {
    row[0]: Step(*row)
    for row in (
        # name       label                    event                     sources                 target       permission turn
        ("edit",      "Edit",                  "agreement.edited",       (DRAFT, NEGOTIATION),   None,        "edit",      True,
         "Change the text, the parties, the data or the term while it is your turn."),
        ("share",     "Share",                 "agreement.shared",       (DRAFT,),               NEGOTIATION, "share",     True,
         "Show the draft to the other parties and give one of them the turn."),
        ("return",    "Return",                "agreement.returned",     (NEGOTIATION,),         None,        "share",     True,
         "Hand the text with your changes to another party."),
        ("comment",   "Comment",               "comment.made",           ALL,                    None,        "comment",   False,
         "Say something about it, to all parties or to your own agency only."),
        ("suggest",   "Suggest changes",       "suggestion.made",        (NEGOTIATION,),         None,        "suggest",   False,
         "Propose other words while another party has the turn; it accepts or rejects each."),
        ("submit",    "Submit for approval",   "agreement.submitted",    (NEGOTIATION,),         APPROVAL,    "submit",    True,
         "Put this text before every party's counsel."),
        ("approve",   "Approve",               "agreement.approved",     (APPROVAL,),            None,        "approve",   False,
         "Approve the text for your agency."),
        ("refuse",    "Refuse approval",       "agreement.refused",      (APPROVAL,),            NEGOTIATION, "approve",   False,
         "Send the text back to negotiation with your reason."),
        ("reopen",    "Reopen the text",       "agreement.reopened",     (APPROVAL,),            NEGOTIATION, "reopen",    False,
         "Go back to negotiation; every approval given so far is void."),
        ("freeze",    "Send for signature",    "agreement.frozen",       (APPROVAL,),            SIGNING,     "freeze",    False,
         "Freeze the approved text and ask each party's signatory to sign."),
        ("sign",      "Sign",                  "agreement.signed",       (SIGNING,),             None,        "sign",      False,
         "Sign the frozen text for your agency."),
        ("ink",       "Put in a signature in ink", "ink.recorded",       (SIGNING,),             None,        "ink",       False,
         "Put in the scan of what your signatory signed on paper; another party confirms it."),
        ("confirm",   "Confirm a signature in ink", "ink.confirmed",     (SIGNING,),             None,        "ink",       False,
         "Confirm that the scan another party put in shows its signatory's signature under this text."),
        ("object",    "Object to a signature in ink", "ink.refused",     (SIGNING,),             None,        "ink",       False,
         "Say why you don't confirm the scan another party put in."),
        ("delegate",  "Hand over to the deputy", "agreement.delegated",  (SIGNING,),             None,        "delegate",  False,
         "Let the deputy named in the text sign in the signatory's place, or give the request back, with the reason."),
        ("extend",    "Change the day to sign by", "agreement.extended", (SIGNING,),             None,        "extend",    False,
         "Give those who have not signed another day to sign by, with the reason."),
        ("decline",   "Decline to sign",       "agreement.declined",     (SIGNING,),             DECLINED,    "decline",   False,
         "Refuse to sign, with your reason; the agreement ends here."),
        ("recall",    "Recall to negotiation", "agreement.recalled",     (SIGNING,),             NEGOTIATION, "recall",    False,
         "Take the text back; signatures given so far are void, visibly, with your reason."),
        ("suspend",   "Suspend",               "agreement.suspended",    (EXECUTED,),            None,        "suspend",   False,
         "Pause the exchange from a day, with grounds; the term goes on running unless the text says otherwise."),
        ("resume",    "Resume",                "agreement.resumed",      (EXECUTED,),            None,        "resume",    False,
         "End the suspension."),
        ("flow",      "Record a data flow",    "flow.marked",            (EXECUTED, ENDED),      None,        "file",      False,
         "Record that data begins to move, is paused or has stopped."),
        ("review",    "Record a decision",     "agreement.reviewed",     (EXECUTED,),            None,        "review",    False,
         "Record what your agency decided: renew, amend, let lapse, terminate or continue."),
        ("amend",     "Amend",                 "amendment.drafted",      (EXECUTED,),            None,        "amend",     False,
         "Begin an amendment: a draft of its own that holds the agreed text, to be changed, approved and signed."),
        ("join",      "Let an agency join",    "joinder.drafted",        (EXECUTED,),            None,        "join",      False,
         "Begin a joinder: another agency comes in on the signed terms; it and the lead agency sign."),
        ("renew",     "Renew",                 "agreement.renewed",      (EXECUTED,),            None,        "renew",     False,
         "Renew it as its text allows: at your option, or by your consent where all parties must agree in writing."),
        ("terminate", "Terminate",             "agreement.terminated",   (EXECUTED,),            ENDED,       "terminate", False,
         "Give notice, or end it for cause or by mutual agreement."),
        ("withdraw",  "Leave the agreement",   "party.leaves",           (EXECUTED,),            None,        "terminate", False,
         "Give notice that your agency leaves; its flows end with its last day and the others go on."),
        ("acknowledge", "Acknowledge a notice", "notice.acknowledged",   (EXECUTED,),            None,        "file",      False,
         "Say that your agency has received a notice that counts only then."),
        ("breach",    "Give notice of a breach", "breach.notified",      (EXECUTED,),            None,        "terminate", False,
         "Tell a party what it must mend, and by when; after that the agreement may be ended for cause."),
        ("cure",      "Record that a breach is cured", "breach.cured",   (EXECUTED,),            None,        "terminate", False,
         "Say that a breach of which your agency gave notice is mended."),
        ("unimport",  "Withdraw the import",   "agreement.unimported",   (EXECUTED,),            ABANDONED,   "abandon",   False,
         "Take back an agreement that was imported by mistake or with wrong terms, with your reason; then import it again."),
        ("relate",    "Link to other agreements", "agreement.related",   (*BEFORE_SIGNING, EXECUTED), None,   "amend",     False,
         "Say on which agreement this one rests, and which one it replaces when it is executed."),
        ("abandon",   "Abandon",               "agreement.abandoned",    BEFORE_SIGNING,         ABANDONED,   "abandon",   False,
         "Give up this agreement before it is signed, with your reason."),
    )
}  # fmt: skip
"""Every step. Execution is not one: it is the result of the last party's signature, or of importing what was signed outside."""

OF_AGREEMENTS = frozenset(
    step.name for step in STEPS.values() if EXECUTED in step.sources and step.name != "comment"
)
"""What is done with an agreement in force, never with an amendment or a joinder, which only change one."""

UNTIL_ITS_END = {
    "suspend": "nothing left to suspend", "terminate": "nothing left to end", "withdraw": "nothing left to leave",
    "breach": "nothing left to end for cause", "amend": "nothing left to amend; an amendment after the last day revives nothing",
    "join": "nothing left to join; a joinder after the last day revives nothing",
}  # fmt: skip
"""What has no sense after the last day (DOMAIN.md 5, traps 12 and 13), and what there is then."""

SHARED_STAGES = (NEGOTIATION, APPROVAL, SIGNING, EXECUTED, ENDED, DECLINED)


def opened(name: str, agreement: Agreement, *, actor: policy.Person, today: date) -> Agreement:
    """The agreement's row, locked, if `actor` may take the step now.

    Permission first, then the lock, then the state: nobody learns of a state they may not ask about.
    Raises PermissionDenied or StepNotOpen; call it inside a transaction.
    """
    step = STEPS[name]
    policy.require(actor, step.permission, agreement, today=today)
    (locked,) = _LOCKED.rows(pk=agreement.pk)
    agencies = policy.agencies_of(actor, today=today) if step.asks_turn else ()
    why = closed_because(step, locked, agencies, today=today)
    if why:
        raise StepNotOpen(why)
    others = [key for key in (locked.parent_id, locked.supersedes_id) if key]
    if others and locked.stage == SIGNING:  # its execution changes them; nobody locks the other way round
        list(Agreement.objects.select_for_update(of=("self",)).filter(pk__in=others).order_by("pk"))
    return locked


_LOCKED = Prepared(
    lambda: Agreement.objects.select_for_update(of=("self",)).filter(pk=Slot("pk", UUIDField()))
)


def closed_because(step: Step, agreement: Agreement, agencies: Collection[object], *, today: date) -> str:
    """Why the step is closed for people of `agencies` as the agreement stands; empty when it is open."""
    if agreement.stage not in step.sources:
        stages = " or ".join(f"“{stage.label}”" for stage in step.sources)
        return f"“{step.label}” is open only while the agreement is {stages}; it is “{agreement.get_stage_display()}” now."
    if step.turn and agreement.turn_id not in agencies:
        holder = agreement.turn.name if agreement.turn else "nobody"
        return f"It is {holder}'s turn. You can {step.label.lower()} when the text comes back to you."
    if step.name == "suggest" and agreement.turn_id in agencies:
        return "It is your turn: change the text itself."
    if step.name == "unimport" and agreement.provenance != Provenance.IMPORTED:
        return "Only an agreement that was imported can be withdrawn. End this one instead."
    if step.name == "resume" and not _paused(agreement, today):
        return "The agreement is not suspended."
    if agreement.is_instrument and step.name in OF_AGREEMENTS:
        return (
            "This changes another agreement and has no terms of its own. Go to the agreement that it changes."
        )
    final = agreement.final_day
    if step.name in UNTIL_ITS_END and final and not term.extendable(today, final):
        return f"It ended by its own terms on {day(final)}. There is {UNTIL_ITS_END[step.name]}: make a new agreement."
    if step.name == "acknowledge" and not agreement.notices.filter(received_on=None).exists():
        return "No notice waits to be acknowledged."
    if step.name == "cure" and not agreement.breaches.filter(cured_on=None).exists():
        return "No breach is open."
    if step.name == "suspend" and _paused(agreement, today):
        return "The agreement is suspended already."
    return ""


def _paused(agreement: Agreement, today: date) -> bool:
    """Whether it is suspended or about to be; a suspension that is over by its own last day is past."""
    until = agreement.suspended_until
    return agreement.suspended_on is not None and (until is None or until >= today)


def open_steps(agreement: Agreement, user: policy.Person, *, today: date) -> list[Step]:
    """The steps `user` can take now, in the table's order: the buttons, and the API's `steps`."""
    actions = policy.actions_on(user, agreement, today=today)
    agencies = policy.agencies_of(user, today=today)
    return [
        step
        for step in STEPS.values()
        if step.permission in actions and not closed_because(step, agreement, agencies, today=today)
    ]


def holder_of(agreement: Agreement) -> UUID:
    """The agency whose turn it is; StepNotOpen when it is nobody's."""
    if agreement.turn_id is None:
        raise StepNotOpen("It is nobody's turn now.")
    return agreement.turn_id


def require_step(name: str) -> Step:
    """The step of this name; PermissionDenied for a name that is no step."""
    step = STEPS.get(name)
    if step is None:
        raise PermissionDenied("There is no such step.")
    return step
