"""The agreement's structured facts in plain words: what a placeholder says, what a schedule's cell says."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from agreements.prose import Gap
from common import dates

Content = Mapping[str, Any]
Words = str | Gap

CJ_STATUS = {
    "CJA": "Criminal justice agency", "NCJA_gov": "Noncriminal justice agency (government)",
    "NCJA_public": "Noncriminal justice agency (public)", "NCJA_private": "Noncriminal justice agency (private)",
    "contractor": "Contractor", "tribal": "Tribal agency", "foreign": "Foreign agency", "none": "",
}  # fmt: skip
ROLES = {"provider": "provider", "recipient": "recipient", "host": "host", "oversight": "oversight body",
         "sponsor": "sponsor", "fiscal_agent": "fiscal agent"}  # fmt: skip
BINDING = {
    "binding": "The parties intend this agreement to be legally binding.",
    "non_binding": "This agreement states the parties' intentions and is not legally binding.",
    "mixed": "Only those provisions are legally binding that the provision on binding effect names.",
}
EFFECTIVE = {
    "last_signature": "the date of the last signature",
    "governing_approval": "the day on which the last governing body has approved it and every party has signed",
    "each_signature": "for each party the day of its own signature, from the second signature on",
}
RENEWAL = {
    "none": "no renewal",
    "mutual_written": "by mutual written agreement",
    "option": "at one party's option",
    "automatic": "automatically unless a party gives notice",
}
CLOSEOUT = {
    "return": "return",
    "destroy": "certified destruction",
    "either": "return or certified destruction",
}
SCHEDULES = {
    "datasets": "Data shared",
    "commitments": "Commitments",
    "measures": "Measures",
    "contacts": "Contacts and notices",
    "term": "Term and dates",
}


CLASSIFICATIONS = {
    "public": "Public",
    "internal": "Internal",
    "sensitive": "Sensitive",
    "CJI": "Criminal justice information (CJI)",
    "CUI": "Controlled unclassified information (CUI)",
    "LES": "Law enforcement sensitive (LES)",
}
BLANK = re.compile(r"\[to be completed: (?P<what>[^\]]+)\]")
"""What a template leaves open within a fact: it counts as a gap until somebody writes it."""


def name_of(entries: Mapping[str, Any], key: str) -> str:
    """The catalog's name for `key`, or the key itself in words when the catalog does not know it."""
    entry = entries.get(key)
    return str(getattr(entry, "name", entry)) if entry else spoken(key)


def spoken(key: str) -> str:
    """'Hit confirmation' of 'hit_confirmation'; anything that is not a key stays as it is."""
    return key.replace("_", " ").capitalize() if key.replace("_", "a").isalnum() and key.islower() else key


def day(iso: str | date | None) -> str:
    """'2 Oct 2026' of an ISO date."""
    if not iso:
        return ""
    found = iso if isinstance(iso, date) else date.fromisoformat(iso)
    return dates.day(found)


def quoted(items: Iterable[str]) -> str:
    """'“a”, “b” and “c”': names that may hold an 'and' of their own."""
    return joined(f"“{item}”" for item in items if item)


def joined(items: Iterable[str]) -> str:
    """'a, b and c'."""
    *most, last = [item for item in items if item] or [""]
    return f"{', '.join(most)} and {last}" if most else last


def count(number: int | None, unit: str) -> str:
    """'1 hour', '30 days'; nothing when the number is unknown."""
    return "" if number is None else f"{number:,} {unit}{'' if number == 1 else 's'}"


MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December")  # fmt: skip


def number(value: int) -> str:
    """A small number in words: 'two'; larger ones in figures."""
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return words[value] if 0 <= value < len(words) else f"{value:,}"


def effective(term: Mapping[str, Any]) -> Words:
    """The first day in force."""
    rule = term.get("effective_rule")
    if rule == "conditions":
        return str(term.get("conditions_precedent") or "") or Gap("conditions on which it begins")
    if rule in EFFECTIVE:
        return EFFECTIVE[str(rule)]
    return day(term.get("effective_on")) or Gap("first day in force")


def length(term: Mapping[str, Any]) -> Words:
    """How long it lasts, as a noun."""
    if term.get("kind") == "evergreen":
        return "no fixed length"
    if term.get("kind") == "months":
        return count(term.get("months"), "month") or Gap("length of the term")
    if term.get("kind") == "fiscal_years":
        return fiscal_years(term) or Gap("fiscal years")
    return f"until {day(term['last_day'])}" if term.get("last_day") else Gap("end date")


def fiscal_years(term: Mapping[str, Any]) -> str:
    """'fiscal years 2026 to 2027, each beginning on 1 July'; nothing while a part of it is open."""
    first, years, month = (
        term.get(name) for name in ("first_fiscal_year", "fiscal_years", "fiscal_year_start")
    )
    if not first or not years or not month:
        return ""
    named = f"fiscal years {first} to {first + years - 1}" if years > 1 else f"fiscal year {first}"
    return f"{named}, {'each ' if years > 1 else ''}beginning on 1 {MONTHS[month - 1]}"


def last_day(term: Mapping[str, Any]) -> Words:
    """The last day in force, inclusive."""
    if term.get("kind") == "evergreen":
        return "not fixed: it continues until it is ended"
    if term.get("kind") == "months" and term.get("months"):
        return f"the day before the date that falls {count(term['months'], 'month')} after the first day in force"
    if term.get("kind") == "fiscal_years" and fiscal_years(term):
        return f"the last day of fiscal year {term['first_fiscal_year'] + term['fiscal_years'] - 1}"
    return day(term.get("last_day")) or Gap("end date")


def renewal(term: Mapping[str, Any]) -> Words:
    """How it may go on, as an adverb: 'by mutual written agreement, for 12 months at a time, at most 2 times'."""
    if term.get("kind") == "evergreen" and term.get("renewal") == "none":
        return "none is needed"
    words = RENEWAL.get(str(term.get("renewal")))
    if words is None:
        return Gap("renewal")
    if term.get("renewal") == "none":
        return words
    each = f"for {count(term['renewal_months'], 'month')} at a time" if term.get("renewal_months") else ""
    most = f"at most {count(term['renewal_max'], 'time')}" if term.get("renewal_max") else ""
    until = f"not beyond {day(term['absolute_end'])}" if term.get("absolute_end") else ""
    return ", ".join(part for part in (words, each, most, until) if part)


def notice(content: Content) -> Words:
    """How long before the end a party must say so: '30 days', or party by party when they differ."""
    days = {party["id"]: party.get("notice_days") for party in content["parties"]}
    if not days or None in days.values():
        return Gap("days of notice")
    if len(set(days.values())) == 1:
        return f"{count(next(iter(days.values())), 'day')}, by any party"
    return joined(f"{notice_of(party)} by {party['name']}" for party in content["parties"])


def notice_of(party: Mapping[str, Any]) -> str:
    """A party's own notice period: '30 days', or that its notice takes effect at once."""
    days = party.get("notice_days")
    return "with immediate effect" if days == 0 else count(days, "day")


RECEIPT = {
    "mail_3": "three days after it was mailed to {}",
    "mail_5": "five days after it was mailed to {}",
    "acknowledged": "when {} has acknowledged it",
}


def receipt(content: Content) -> str:
    """When a notice takes effect: 'on receipt', or party by party where one said otherwise."""
    said = [
        RECEIPT[str(rule)].format(party["name"])
        for party in content["parties"]
        if (rule := party.get("deemed_receipt")) in RECEIPT
    ]
    return f"on receipt; at the latest {joined(said)}" if said else "on receipt"


def leaving(party: Mapping[str, Any]) -> str:
    """When a party may leave, where that is not at any time."""
    if party.get("withdrawal_rule") == "period_end":
        return "only at the end of a period of the term"
    if party.get("withdrawal_rule") == "not_before" and party.get("withdrawal_not_before"):
        return f"not before {day(party['withdrawal_not_before'])}"
    return ""


def unfinished(content: Content) -> Iterator[str]:
    """What the structured facts still leave open, in words."""
    flows = [flow for dataset in content["datasets"] for flow in dataset["flows"]]
    for row in (*content["datasets"], *flows, *content["commitments"], *content["measures"]):
        for value in row.values():
            if isinstance(value, str):
                yield from (match["what"] for match in BLANK.finditer(value))


def closeout(term: Mapping[str, Any]) -> Words:
    """What happens to the data at the end: 'certified destruction within 30 days'."""
    if term.get("closeout_days") is None:
        return Gap("days for return or destruction")
    return f"{CLOSEOUT.get(str(term.get('closeout')), CLOSEOUT['either'])} within {count(term['closeout_days'], 'day')}"


def schedules(content: Content) -> dict[str, str]:
    """The schedules this agreement has, lettered in order: {'datasets': 'Schedule A', ...}.

    What the text itself shows as a table has no schedule. An imported text may have schedules of its own; ours are
    then called annexes.
    """
    own = any(str(row.get("heading", "")).lower().startswith("schedule") for row in content["provisions"])
    reachable = any(party.get("contact_name") or party.get("notice_address") for party in content["parties"])
    inline = inlined(content)
    present = [
        key
        for key in SCHEDULES
        if key not in inline and (content.get(key) or (key == "contacts" and reachable))
    ]
    word = "Annex" if own else "Schedule"
    return {key: f"{word} {letter}" for key, letter in zip(present, "ABCDE", strict=False)}


def inlined(content: Content) -> set[str]:
    """Which of the tables stand in the text, each alone in a line."""
    text = "\n".join(str(row["text"]) for row in content["provisions"])
    found = re.findall(r"(?m)^[ \t]*\{(commitments|measures|contacts)\.table\}[ \t]*$", text)
    return {key for key in found if key == "contacts" or content[key]}


def roles(party: Mapping[str, Any]) -> str:
    """'provider and host'."""
    given = party.get("roles") or ()
    known = [word for role, word in ROLES.items() if role in given]
    return joined([*known, *(role for role in given if role not in ROLES)])


def introduced(party: Mapping[str, Any]) -> str:
    """'City of Riverton, Police Department (“Riverton PD”)'."""
    legal, name = party.get("legal_name") or party["name"], party["name"]
    return legal if legal == name else f"{legal} (“{name}”)"
