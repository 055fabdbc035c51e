"""The placeholders a provision may use, and what each says in a given agreement."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache, partial
from typing import Any

from agreements import prose, schedules, wording
from agreements.numbering import labels_of
from agreements.prose import Block, Gap, Reference, Value
from agreements.wording import Content, count, joined

CODE = 8
"""Characters of a code: few enough to be typed, enough to tell a thousand provisions apart."""
NO_PROVISION = "a provision that is not in the text any more"
TWO_PROVISIONS = "a reference that fits two provisions"


def values(content: Content) -> prose.Values:
    """Every placeholder by its name in braces, with the words or table it stands for."""
    return {
        **_agreement(content),
        **_parties(content),
        **_term(content),
        **_tables(content),
        **_instrument(content),
        **_references(content),
    }


def code_of(provision: object) -> str:
    """What stands for a provision in a reference: `{section.<code>}`. It stays when the provision moves."""
    return _code_of(str(provision))


@lru_cache(maxsize=10_000)
def _code_of(provision: str) -> str:
    return re.sub(r"[^0-9a-z]", "", provision.lower())[:CODE]


def _references(content: Content) -> dict[str, Callable[[], Value]]:
    """Each provision by its code, cited by the number it has in this content."""
    labels = cache(lambda: labels_of(content))
    rows: dict[str, list[Mapping[str, Any]]] = {}
    for row in content["provisions"]:
        rows.setdefault(code_of(row["id"]), []).append(row)
    known = {f"section.{code}": partial(_reference, labels, same) for code, same in rows.items()}
    return {**known, "section.*": lambda: Gap(NO_PROVISION)}


def _reference(labels: Callable[[], Mapping[str, str]], rows: Sequence[Mapping[str, Any]]) -> Value:
    if len(rows) > 1:
        return Gap(TWO_PROVISIONS)
    row = rows[0]
    return Reference(cited(labels().get(row["id"], ""), row["heading"]), f"provision-{row['id']}")


def cited(label: str, heading: str) -> str:
    """ "section 4.2"; a label that says itself what it is ("ARTICLE IV") stays; without a number the heading."""
    if not label:
        return f"“{heading}”" if heading else "the opening words"
    return label if re.match(r"[A-Za-z]{2,}\s", label) else f"section {label}"


def _given(value: object, what: str) -> Callable[[], Value]:
    return lambda: str(value) if value else Gap(what)


def _agreement(content: Content) -> dict[str, Callable[[], Value]]:
    spoken_of = content.get("amends") or content  # an instrument restates the agreement it changes
    return {
        "agreement.title": _given(spoken_of.get("title"), "title"),
        "agreement.reference": _given(spoken_of.get("reference"), "reference"),
        "agreement.jurisdiction": _given(content.get("jurisdiction"), "jurisdiction"),
        "agreement.governing_law": _given(content.get("governing_law"), "governing law"),
        "annexes.list": lambda: _list(content.get("annexes") or ["None is attached."], "annexes"),
    }


def _instrument(content: Content) -> dict[str, Callable[[], Value]]:
    """What an amendment or a joinder says of itself."""
    said: Mapping[str, Any] = content.get("amends") or {}
    day = wording.day(said.get("takes_effect_on"))
    effect = (
        f"{day}, but not before the day of its last signature" if day else "the day of its last signature"
    )
    lead = content.get("lead")
    joining = [row["name"] for row in content["parties"] if row["agency"] != lead]
    removing = joined(said.get("removing") or ())
    return {
        "amends.number": _given(said.get("number"), "number of the amendment"),
        "amends.version": _given(said.get("version"), "version that is changed"),
        "amends.hash": _given(said.get("sha256"), "SHA-256 of the version that is changed"),
        "amends.effect": _given(said and effect, "first day of the change"),
        "amends.removing": lambda: (
            f"With that day {removing} is no longer a party." if removing else "No party leaves by it."
        ),
        "amends.joining": _given(said and joined(joining), "party that joins"),
        "amends.like": _given(said.get("liking"), "party whose part it takes as well"),
    }


def _parties(content: Content) -> dict[str, Callable[[], Value]]:
    parties = content["parties"]
    lead = [party["name"] for party in parties if party["agency"] == content.get("lead")]
    found: dict[str, Callable[[], Value]] = {
        "parties.names": _given(joined(party["name"] for party in parties), "parties"),
        "parties.list": lambda: _parties_list(content),
        "parties.authority": lambda: _authority(content),
        "party.lead": _given(joined(lead), "lead agency"),
    }
    for number, party in enumerate(parties, 1):
        found[f"party.{number}.name"] = _given(party["name"], "party")
        found[f"party.{number}.legal_name"] = _given(party.get("legal_name"), "legal name")
    return found


def _parties_list(content: Content) -> Value:
    items = [
        wording.introduced(party) + (f", {roles}" if (roles := wording.roles(party)) else "")
        for party in content["parties"]
    ]
    return _list(items, "parties")


def _authority(content: Content) -> Value:
    missing = [party["name"] for party in content["parties"] if not party.get("legal_authority")]
    if missing:
        return Gap(f"legal authority of {joined(missing)}")
    return _list([f"{party['name']}: {party['legal_authority']}" for party in content["parties"]], "parties")


def _list(items: list[str], what: str) -> Value:
    markdown = "\n".join(f"- {prose.escape_markdown(item)}" for item in items)
    return Block(markdown, joined(items)) if items else Gap(what)


def _term(content: Content) -> dict[str, Callable[[], Value]]:
    term: Mapping[str, Any] = content["term"]
    review = f"every {count(term['review_months'], 'month')}" if term.get("review_months") else ""
    return {
        "term.effective": lambda: wording.effective(term),
        "term.last_day": lambda: wording.last_day(term),
        "term.length": lambda: wording.length(term),
        "term.renewal": lambda: wording.renewal(term),
        "term.notice": lambda: wording.notice(content),
        "term.review": _given(review, "months between reviews"),
        "term.incident_hours": _given(
            count(term.get("incident_hours"), "hour"), "hours to tell of an incident"
        ),
        "term.closeout": lambda: wording.closeout(term),
        "term.survival": _given(term.get("survival"), "what survives the end"),
        "term.cure": _given(count(term.get("cure_days"), "day"), "days to cure a breach"),
        "term.suspension": _given(
            count(term.get("suspension_max_days"), "day"), "days a suspension may last"
        ),
        "term.min_parties": _given(wording.number(term.get("min_parties") or 2), "parties that must remain"),
        "term.clock": lambda: (
            "extends the term by its length"
            if term.get("suspension_stops_clock")
            else "does not extend the term"
        ),
        "term.receipt": lambda: wording.receipt(content),
    }


def _tables(content: Content) -> dict[str, Callable[[], Value]]:
    return {
        "datasets.names": _given(wording.quoted(row["name"] for row in content["datasets"]), "datasets"),
        "datasets.schedule": lambda: _data(content, "The datasets are set out in"),
        "flows.table": lambda: _data(content, "The exchanges are set out in"),
        "commitments.table": lambda: _table(content, "commitments", schedules.commitments),
        "measures.table": lambda: _table(content, "measures", schedules.measures),
        "contacts.table": lambda: _table(content, "contacts", schedules.contacts),
    }


def _data(content: Content, lead_in: str) -> Value:
    label = wording.schedules(content).get("datasets")
    if not label:
        return Gap("datasets")
    words = f"{label} ({wording.SCHEDULES['datasets']})"
    return Block(prose.escape_markdown(f"{lead_in} {words}."), words)


def _table(content: Content, key: str, build: Callable[[Content], schedules.Table]) -> Value:
    """The table itself where it stands alone; within a sentence the schedule it is in."""
    rows = build(content)
    if not rows.rows:
        return Gap(wording.SCHEDULES[key].lower())
    label = wording.schedules(content).get(key)
    name = wording.SCHEDULES[key]
    words = f"{label} ({name})" if label else f"the table of {name.lower()}"
    return Block(prose.table([rows.columns, *rows.rows]), words)
