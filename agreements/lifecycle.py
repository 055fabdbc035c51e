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

from agreements import policy
from agreements.models import Agreement, Provenance, Stage

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
        ("terminate", "Terminate",             "agreement.terminated",   (EXECUTED,),            ENDED,       "terminate", False,
         "Give notice, or end it for cause or by mutual agreement."),
        ("unimport",  "Withdraw the import",   "agreement.unimported",   (EXECUTED,),            ABANDONED,   "abandon",   False,
         "Take back an agreement that was imported by mistake or with wrong terms, with your reason; then import it again."),
        ("abandon",   "Abandon",               "agreement.abandoned",    BEFORE_SIGNING,         ABANDONED,   "abandon",   False,
         "Give up this agreement before it is signed, with your reason."),
    )
}  # fmt: skip
"""Every step. Execution is not one: it is the result of the last party's signature, or of importing what was signed outside."""

SHARED_STAGES = (NEGOTIATION, APPROVAL, SIGNING, EXECUTED, ENDED, DECLINED)


def opened(name: str, agreement: Agreement, *, actor: policy.Person, today: date) -> Agreement:
    """The agreement's row, locked, if `actor` may take the step now.

    Permission first, then the lock, then the state: nobody learns of a state they may not ask about.
    Raises PermissionDenied or StepNotOpen; call it inside a transaction.
    """
    step = STEPS[name]
    policy.require(actor, step.permission, agreement, today=today)
    locked = Agreement.objects.select_for_update(of=("self",)).get(pk=agreement.pk)
    why = closed_because(step, locked, policy.agencies_of(actor, today=today), today=today)
    if why:
        raise StepNotOpen(why)
    return locked


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
