"""Who is told what, and in which words. Every mail is an outbox row with a key, so none is lost or doubled."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import BigIntegerField, CharField, DateField, QuerySet, UUIDField
from django.template.loader import render_to_string

from agencies.models import Agency, Membership, Role, User
from agreements import policy
from agreements.models import (
    Agreement,
    Approval,
    Comment,
    Dossier,
    Signature,
    SignatureRequest,
    Stage,
    Suggestion,
    Version,
)
from audit.models import Event
from common import dates, mail
from common.prepared import Prepared, Slot, one_of

TOLD_OF_TEXT = (Role.LIAISON, Role.COUNSEL)


def people(agency: UUID | Agency | Iterable[UUID], roles: Iterable[str], *, on: date) -> list[User]:
    """Active people of an agency, or of several, who hold one of the roles on a day, each once."""
    agencies = [agency] if isinstance(agency, UUID | Agency) else list(agency)
    keys = [one.pk if isinstance(one, Agency) else one for one in agencies]
    rows = _PEOPLE.rows(agencies=keys, roles=list(roles), on=on)
    return list({row.user_id: row.user for row in rows}.values())


def _people() -> QuerySet[Membership]:
    on: Any = Slot("on", DateField())
    agencies, roles = Slot("agencies", UUIDField()), Slot("roles", CharField())
    held = Membership.objects.active(on=on).filter(one_of("agency", agencies), one_of("role", roles))
    return held.select_related("user")


_PEOPLE = Prepared(_people)


def tell(to: Iterable[User], subject: str, template: str, **given: Any) -> None:
    """Queue the `letters`."""
    mail.queue_all(letters(to, subject, template, **given))


def letters(
    to: Iterable[User],
    subject: str,
    template: str,
    *,
    key: str,
    agreement: Agreement,
    witness: bool = False,
    **context: object,
) -> Iterator[mail.Letter]:
    """One mail per person; `key` and the person make it exist once.

    With `witness` it goes with a signed head of the log that covers the agreement's last event.
    """
    closes = {"event": agreement.last_event_id} if witness else None
    url = f"{settings.SITE_URL}{agreement.get_absolute_url()}"
    known = {"agreement": agreement, "url": url, **context}
    for person in to:
        yield mail.Letter(f"{key}:{person.pk}", person.email, subject, owner=person.pk, closes=closes,
                          text=render_to_string(f"emails/{template}.txt", {**known, "person": person}))  # fmt: skip


def _day(agreement: Agreement) -> date:
    """The day of what happened last, where the agreement is: who leaves with that day is told of it still."""
    ((at,),) = _RECORDED.values(event=agreement.last_event_id)
    return policy.local_day(at, agreement)


_RECORDED = Prepared(lambda: Event.objects.filter(pk=Slot("event", BigIntegerField())).values_list("at"))


def _everyone(agreement: Agreement, roles: Iterable[str], actor: User | None, *, on: date) -> list[User]:
    """People of every party with one of the roles, except whoever acted."""
    return [
        person
        for person in people(policy.agencies_on(agreement, _day(agreement)), roles, on=on)
        if person != actor
    ]


def turn_came(agreement: Agreement, version: Version, *, actor: User) -> None:
    """The agency whose turn it is learns what is asked of it; one click leads to the text."""
    to = people(agreement.turn_id or agreement.lead_id, TOLD_OF_TEXT, on=version.made_at.date())
    tell(to, f"Your turn: {agreement.reference} {agreement.title}", "turn", key=f"turn:{version.pk}",
         agreement=agreement, version=version, actor=actor)  # fmt: skip


def comment_made(
    agreement: Agreement, comment: Comment, *, actor: User, named: Collection[User] = ()
) -> None:
    """Liaisons and counsel of those who may read it learn of a comment; a private one stays in its agency.

    Whoever is named in it is told that, whatever their role; the caller has made sure that they can read it.
    """
    tell(named, f"{actor.name} named you: {agreement.reference} {agreement.title}", "mention", agreement=agreement,
         key=f"mention:{comment.pk}", comment=comment, actor=actor)  # fmt: skip
    on = comment.made_at.date()
    if comment.private_to_id:
        to = [p for p in people(comment.private_to_id, TOLD_OF_TEXT, on=on) if p.pk != actor.pk]
    elif agreement.shared_at is None:
        to = [p for p in people(agreement.lead_id, TOLD_OF_TEXT, on=on) if p.pk != actor.pk]
    else:
        to = _everyone(agreement, TOLD_OF_TEXT, actor, on=on)
    to = [person for person in to if person not in named]
    tell(to, f"Comment on {agreement.reference} {agreement.title}", "comment", key=f"comment:{comment.pk}",
         agreement=agreement, comment=comment, actor=actor)  # fmt: skip


def suggestions_made(agreement: Agreement, row: Suggestion, *, actor: User) -> None:
    """Whoever has the turn learns that changes are suggested: once a day for each person who suggests."""
    day = row.made_at.date()
    to = people(agreement.turn_id or agreement.lead_id, TOLD_OF_TEXT, on=day)
    tell(to, f"Changes suggested: {agreement.reference} {agreement.title}", "suggestions", agreement=agreement,
         key=f"suggestions:{agreement.pk}:{row.made_against}:{actor.pk}:{day}", row=row, actor=actor)  # fmt: skip


def approval_asked(agreement: Agreement, version: Version, *, actor: User) -> None:
    """Every party's counsel is asked for approval."""
    to = _everyone(agreement, [Role.COUNSEL], None, on=version.made_at.date())
    tell(to, f"Approval asked: {agreement.reference} {agreement.title}", "approval", key=f"approval:{version.pk}",
         agreement=agreement, version=version, actor=actor)  # fmt: skip


def answer_given(agreement: Agreement, approval: Approval, *, actor: User) -> None:
    """Liaisons of every party learn of an approval or a refusal."""
    to = _everyone(agreement, TOLD_OF_TEXT, actor, on=approval.made_at.date())
    word = approval.get_decision_display()
    tell(to, f"{word} by {approval.party.agency.name}: {agreement.reference}", "answer",
         key=f"answer:{approval.pk}", agreement=agreement, approval=approval, actor=actor)  # fmt: skip


def text_reopened(agreement: Agreement, reason: str, *, actor: User) -> None:
    """Everybody who works on it learns that approvals or signatures are void, and why."""
    roles = (*TOLD_OF_TEXT, Role.SIGNATORY)
    to = _everyone(agreement, roles, actor, on=_day(agreement))
    word = "Declined" if agreement.stage == Stage.DECLINED else "Back in negotiation"
    tell(to, f"{word}: {agreement.reference} {agreement.title}", "state",
         key=f"reopened:{agreement.pk}:{agreement.last_event_id}", agreement=agreement, what=f"{word}: {reason}",
         actor=actor)  # fmt: skip


def signatures_asked(agreement: Agreement, version: Version) -> None:
    """Whoever's turn it is to sign learns what they are asked to; a link only leads to the page, it signs nothing.

    The key names the person, so that whoever was told already is not told again.
    """
    rows = agreement.signature_requests.filter(version=version, answered_at=None, voided_at=None)
    waiting = list(rows.select_related("signatory", "party").order_by("order"))
    for row in waiting:
        if row.order == waiting[0].order:
            tell([row.signatory], f"Please sign: {agreement.reference} {agreement.title}", "sign", key=f"sign:{row.pk}",
                 agreement=agreement, witness=True, version=version, request=row)  # fmt: skip


def still_to_sign(agreement: Agreement, row: SignatureRequest, rung: str) -> None:
    """A reminder of a request to sign; `rung` says which one."""
    tell([row.signatory], f"Still to sign: {agreement.reference} {agreement.title}", "sign", agreement=agreement,
         key=f"chase:{row.pk}:{row.sign_by}:{rung}", witness=True, version=row.version, request=row)  # fmt: skip


def time_ran_out(agreement: Agreement, row: SignatureRequest) -> None:
    """The lead's people learn that a signature did not come in time, and what they can do."""
    to = people(agreement.lead_id, TOLD_OF_TEXT, on=row.sign_by)
    what = (
        f"{row.signatory.name} has not signed for {row.party.agency.name} by {dates.day(row.sign_by)}. Nobody can sign "
        f"now: give another day to sign by, or recall the text."
    )
    tell(to, f"Not signed in time: {agreement.reference} {agreement.title}", "notice", agreement=agreement, what=what,
         key=f"late:{row.pk}:{row.sign_by}")  # fmt: skip


def delegated(agreement: Agreement, row: SignatureRequest, before: User, reason: str, *, actor: User) -> None:
    """Every party's people learn that somebody else of those named in the text is asked to sign, and why."""
    to = {
        person.pk: person
        for person in [before, *_everyone(agreement, TOLD_OF_TEXT, actor, on=_day(agreement))]
    }
    what = (
        f"{actor.name} handed the request to sign for {row.party.agency.name} from {before.name} to "
        f"{row.signatory.name}, who is named in the text. The reason: {reason}"
    )
    tell(to.values(), f"Another signatory: {agreement.reference} {agreement.title}", "notice", agreement=agreement,
         what=what, key=f"delegated:{row.pk}:{agreement.last_event_id}")  # fmt: skip


def time_to_sign(agreement: Agreement, rows: Iterable[SignatureRequest], reason: str, *, actor: User) -> None:
    """Those who have not signed learn by when they are asked to now."""
    for row in rows:
        what = f"{actor.name} changed the day to sign by to {dates.day(row.sign_by)}. The reason: {reason}"
        tell([row.signatory], f"Sign by {dates.day(row.sign_by)}: {agreement.reference} {agreement.title}", "notice",
             agreement=agreement, what=what, key=f"extended:{row.pk}:{agreement.last_event_id}")  # fmt: skip


def signed(agreement: Agreement, signature: Signature) -> None:
    """The signer's receipt: what was signed, by hash, and where the history says so."""
    tell([signature.signatory], f"You signed {agreement.reference} {agreement.title}", "receipt",
         key=f"receipt:{signature.pk}", agreement=agreement, witness=True, signature=signature)  # fmt: skip


def executed(agreement: Agreement) -> None:
    """Everybody at the parties learns that it is executed and from when it is in force."""
    to = _everyone(agreement, list(Role), None, on=_day(agreement))
    tell(to, f"Executed: {agreement.reference} {agreement.title}", "executed", key=f"executed:{agreement.pk}",
         agreement=agreement, witness=True)  # fmt: skip


def state_changed(agreement: Agreement, what: str, *, actor: User | None) -> None:
    """Liaisons, counsel and administrators of every party learn of a suspension, an end, a decision.

    No actor: it came about by itself.
    """
    roles = (*TOLD_OF_TEXT, Role.ADMINISTRATOR)
    on = _day(agreement)
    tell(_everyone(agreement, roles, actor, on=on), f"{agreement.reference}: {what[:80]}", "state",
         key=f"state:{agreement.pk}:{agreement.last_event_id}", agreement=agreement, what=what, actor=actor)  # fmt: skip


def parent_changed(agreement: Agreement, parent: Agreement, words: str) -> None:
    """Liaisons and counsel of what rests on another agreement learn what happened to that one."""
    what = f"It rests on {parent.reference} “{parent.title}”. Of that agreement: {words}. Look whether this one can go on."
    on = policy.local_day(parent.last_event.at, agreement)
    to = people(policy.agencies_on(agreement, on), TOLD_OF_TEXT, on=on)
    tell(to, f"{agreement.reference} rests on {parent.reference}: {words[:80]}", "notice", agreement=agreement, what=what,
         key=f"parent:{agreement.pk}:{parent.last_event_id}")  # fmt: skip


def access_granted(agreement: Agreement, person: User, until: date) -> None:
    """The person learns of the grant and its end."""
    tell([person], f"You were given access to {agreement.reference}", "access",
         key=f"access:{agreement.pk}:{agreement.last_event_id}", agreement=agreement, until=until)  # fmt: skip


def dossier_ready(row: Dossier) -> None:
    """Whoever asked for a dossier learns that it can be taken, until when, and the hash to keep apart from it."""
    url = f"{settings.SITE_URL}{row.get_absolute_url()}"
    text = render_to_string("emails/dossier.txt", {"dossier": row, "url": url})
    mail.queue(f"dossier:{row.pk}", to=row.asked_by.email, subject=f"Your dossier is ready: {row.title}", text=text,
               owner=row.asked_by_id)  # fmt: skip
