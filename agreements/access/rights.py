"""What a right lets a person do, in plain words. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

WORDS: dict[str, str] = {
    "view": "read it",
    "download": "download the final document",
    "export": "export its history",
    "ask": "ask what it allows",
    "comment": "comment",
    "suggest": "suggest changes while another has the turn",
    "edit": "edit the text on their turn",
    "share": "hand the text over",
    "submit": "submit it for approval",
    "waive": "waive a requirement for a time",
    "file": "record what is kept on file",
    "duty": "hand in, accept and return what is due",
    "hand_on": "say who sees to what is due",
    "approve": "approve or refuse it",
    "reopen": "reopen the text",
    "freeze": "send it for signature",
    "recall": "recall it to negotiation",
    "sign": "sign it with a recorded authority",
    "ink": "put in and confirm signatures in ink",
    "delegate": "hand a request to sign to the deputy named in the text",
    "extend": "change the day to sign by",
    "decline": "decline to sign",
    "suspend": "suspend it",
    "resume": "resume it",
    "amend": "begin an amendment",
    "join": "let another agency join it",
    "renew": "renew it as the text allows",
    "review": "record renewal decisions",
    "assign": "say who of the agency answers for its days",
    "terminate": "end it",
    "remind": "set how their agency is reminded of it",
    "abandon": "abandon it",
    "grant": "give others access",
    "ask_erasure": "ask for the text of an entry to be erased",
    "confirm_erasure": "confirm an erasure",
}
"""Every action of the policy table, in the order in which people read it."""

OF_AGENCY: dict[str, str] = {
    "view_people": "see its people",
    "read_clauses": "read its own clauses and positions",
    "keep_clauses": "keep its own clauses and positions",
    "read_access": "read who has access",
    "review_access": "sign off access reviews",
    "manage_people": "invite people and change roles",
    "grant_authority": "record who may sign",
    "edit_agency": "edit its profile",
    "set_oversight": "name who oversees it",
}
"""What a role lets a person do with the agency itself."""


@dataclass(frozen=True)
class Right:
    """One way in which one person could see or do something on a day.

    `until` is the first day without it. `ended_at` is set when it was taken away in the course of that day.
    """

    person: UUID
    name: str
    email: str
    agency: str
    agency_id: UUID | None
    via: str
    what: str
    actions: frozenset[str]
    says: str
    since: date | None
    until: date | None
    by: str
    ended_at: datetime | None = None
    about: str = ""
    about_url: str = ""

    @property
    def whole_day(self) -> bool:
        """Whether it still held when the day ended."""
        return self.ended_at is None


COLUMNS = ("Person", "E-mail", "Agency", "By", "Right", "May", "About", "From", "Until", "Given by", "Note")


def in_words(actions: Collection[str], words: dict[str, str] | None = None) -> str:
    """The actions as one list of words."""
    known = words or WORDS
    return ", ".join(said for name, said in known.items() if name in actions)


def cells(right: Right) -> list[str]:
    """A right as a line of a table."""
    note = f"taken away {right.ended_at:%Y-%m-%d %H:%M} UTC" if right.ended_at else ""
    return [right.name, right.email, right.agency, right.via, right.what, right.says, right.about,
            str(right.since or ""), str(right.until or "no end"), right.by, note]  # fmt: skip


def in_order(rights: Iterable[Right]) -> list[Right]:
    """By agency and name; what held all day first."""
    return sorted(
        rights, key=lambda right: (right.agency, right.name, right.email, right.via, right.what, right.about)
    )
