"""The mails that remind of deadlines, in the words of the catalog: what is due and what happens if nobody acts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from agencies.models import Pace, User
from agreements import catalog, emails
from agreements.models import OWNER, Duty, Reminder, Renewal
from common import dates, mail

NAMES = {"last_day": "Last day", "notice": "Last day for notice", "review": "Review due", "duty": "Due",
         OWNER: "Yours since"}  # fmt: skip
ASKED = {"duty": ("Hand it in or say why not", "duties/"), OWNER: ("Look at its dates", "dates/")}
"""What one is asked to do, and on which page; of a deadline to record what is decided."""


@dataclass(frozen=True)
class Said:
    """A reminder in words; `otherwise` says what happens if nobody acts."""

    row: Reminder
    subject: str
    body: str
    otherwise: str
    parties: str

    @property
    def asks(self) -> str:
        """What to do, and the address where it is done."""
        words, page = ASKED.get(self.row.deadline, ("Record what you decide", "dates/"))
        return f"{words}: {settings.SITE_URL}{self.row.agreement.get_absolute_url()}{page}"

    @property
    def name(self) -> str:
        """What the day is."""
        return NAMES[self.row.deadline]


def said(row: Reminder, parties: str, today: date, *, owes: Sequence[Duty] = ()) -> Said:
    """A reminder in the words of the day it is told on; `owes` is what is due, where it is of that."""
    agreement, days = row.agreement, (row.deadline_on - today).days
    wording = catalog.load().ladder.wording(row.deadline, days)
    facts = {
        "title": agreement.title,
        "reference": agreement.reference,
        "day": dates.day(row.deadline_on),
        "days": abs(days),
        "parties": parties,
        "what": "; ".join(duty.what[:200] for duty in owes),
    }
    automatic = agreement.term.renewal == Renewal.AUTOMATIC and wording.otherwise_automatic
    otherwise = wording.otherwise_automatic if automatic else wording.otherwise
    return Said(
        row, wording.subject.format(**facts), wording.body.format(**facts), otherwise.format(**facts), parties
    )


def entrusted(row: Reminder, parties: str) -> Said:
    """That somebody answers for their agency's part in an agreement now."""
    agreement = row.agreement
    body = (
        f"Since {dates.day(row.deadline_on)} you answer for {row.agency.name}’s part in {agreement.title} between {parties}: "
        "what its dates ask for stands on your board, and reminders of it come to you."
    )
    otherwise = "If this is not meant for you, ask an administrator of your agency to name somebody else."
    return Said(row, f"Yours now: {agreement.reference} {agreement.title}", body, otherwise, parties)


def each(person: User, rows: Sequence[Said]) -> list[mail.Letter]:
    """A mail for each."""
    return [
        letter
        for one in rows
        for letter in emails.letters(
            [person], one.subject, "reminder", agreement=one.row.agreement, witness=True,
            key=f"reminder:{one.row.agreement_id}:{one.row.deadline}:{one.row.deadline_on}:{one.row.rung}",
            body=one.body, otherwise=one.otherwise, asks=one.asks,
        )
    ]  # fmt: skip


def gathered(person: User, rows: Sequence[Said]) -> mail.Letter:
    """One mail with all of them, the next deadline first. Its key is its first reminder's, which is told only once."""
    first = rows[0].row
    subject = rows[0].subject
    if len(rows) > 1:
        subject = f"{len(rows)} deadlines of your agreements, the first on {dates.day(first.deadline_on)}"
    often = "each Monday, and sooner what can’t wait" if person.reminder_pace == Pace.WEEKLY else "each day"
    account = f"{settings.SITE_URL}{reverse('agencies:account')}"
    text = render_to_string(
        "emails/reminders.txt", {"person": person, "rows": rows, "often": often, "account": account}
    )
    closes = {"event": max(one.row.agreement.last_event_id for one in rows)}
    lowest = min(one.row.pk for one in rows)
    return mail.Letter(
        f"reminders:{person.pk}:{lowest}", person.email, subject, text, owner=person.pk, closes=closes
    )


def partner(one: Said) -> mail.Letter:
    """To an agency that has nobody here: what is due and when, no link, and nothing but what its agreement says."""
    row = one.row
    facts = {"said": one, "agreement": row.agreement, "agency": row.agency, "day": dates.day(row.deadline_on)}
    text = render_to_string("emails/partner_reminder.txt", facts)
    return mail.Letter(f"partner-reminder:{row.pk}", row.address, one.subject, text)
