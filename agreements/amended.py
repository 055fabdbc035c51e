"""What an instrument makes of the agreement it changes: the conformed text, and what is not covered any more. Pure.

An instrument begins as a copy of the agreed text. A row's copy has an id that follows from the instrument and from the
row's own id, so that each row of the one is known in the other and no link has to be kept. A row that the instrument
adds gets its id in the agreement by the same rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID, uuid5

from agreements.placeholders import code_of

Content = Mapping[str, Any]
REFERENCE = re.compile(r"\{section\.([0-9a-z]+)\}")
LISTS = ("parties", "provisions", "datasets", "commitments", "measures")
KEPT = ("format", "reference", "title", "kind", "template", "lead", "timezone")
"""What stays the agreement's own, whatever the instrument's rows say."""
BEGINNING = ("effective_rule", "effective_on", "conditions_precedent")
"""When the agreement began is history; an instrument has an effective day of its own."""


def copy_id(instrument: UUID, row: UUID | str) -> UUID:
    """The id of a row's copy in an instrument, and of what an instrument adds in the agreement it changes."""
    return uuid5(instrument, str(row))


def recoded(text: str, ids: Mapping[str, str]) -> str:
    """A text whose references to provisions follow them to other ids."""
    codes = {code_of(old): code_of(new) for old, new in ids.items()}
    return REFERENCE.sub(lambda found: f"{{section.{codes.get(found[1], found[1])}}}", text)


def conformed(base: Content, instrument: Content, key: UUID) -> dict[str, Any]:
    """The agreement's text as the instrument `key` changes it: every row under the id it has in the agreement."""
    said = instrument["amends"]
    if said["kind"] == "joinder":
        return _joined(base, instrument, key)
    ids = _ids(base, instrument, key)
    found: dict[str, Any] = {**_renamed(instrument, ids), **{name: base.get(name) for name in KEPT}}
    own = str(copy_id(key, said["agreement"]))
    found["provisions"] = [row for row in found["provisions"] if row["id"] != ids.get(own, own)]
    found.pop("amends", None)
    found["term"] = {**found["term"], **{name: base["term"].get(name) for name in BEGINNING}}
    _keep_status(base, found)
    return _without(found, set(said.get("removes") or ()))


def _ids(base: Content, instrument: Content, key: UUID) -> dict[str, str]:
    """For each row of the instrument its id in the agreement."""
    copies = {str(copy_id(key, row["id"])): row["id"] for row in _rows(base)}
    return {row["id"]: copies.get(row["id"]) or str(copy_id(key, row["id"])) for row in _rows(instrument)}


def _rows(content: Content) -> Iterator[Content]:
    for name in LISTS:
        yield from content[name]
    for dataset in content["datasets"]:
        yield from dataset["flows"]


def _renamed(content: Content, ids: Mapping[str, str]) -> dict[str, Any]:
    def row(one: Content) -> dict[str, Any]:
        found = {**one, "id": ids[one["id"]]}
        for name in ("party", "owner", "provider", "recipient"):
            if found.get(name):
                found[name] = ids.get(found[name], found[name])
        if "flows" in found:
            found["flows"] = [row(flow) for flow in found["flows"]]
        return found

    found = {**content, **{name: [row(one) for one in content[name]] for name in LISTS}}
    found["provisions"] = [{**one, "text": recoded(one["text"], ids)} for one in found["provisions"]]
    return found


def _keep_status(base: Content, found: dict[str, Any]) -> None:
    """Whether data moves is no term: it stays as it is, and begins as planned."""
    before = {flow["id"]: flow["status"] for dataset in base["datasets"] for flow in dataset["flows"]}
    for dataset in found["datasets"]:
        for flow in dataset["flows"]:
            flow["status"] = before.get(flow["id"], "planned")


def _without(found: dict[str, Any], removed: set[str]) -> dict[str, Any]:
    """The text without some parties and what only they were there for."""
    if not removed:
        return found
    found["parties"] = [row for row in found["parties"] if row["id"] not in removed]
    found["commitments"] = [row for row in found["commitments"] if row["party"] not in removed]
    found["measures"] = [
        {**row, "owner": None if row["owner"] in removed else row["owner"]} for row in found["measures"]
    ]
    datasets = [
        {**row, "flows": [f for f in row["flows"] if not {f["provider"], f["recipient"]} & removed]}
        for row in found["datasets"]
    ]
    emptied = {row["id"] for row in found["datasets"] if row["flows"]}
    found["datasets"] = [row for row in datasets if row["flows"] or row["id"] not in emptied]
    return found


def _joined(base: Content, instrument: Content, key: UUID) -> dict[str, Any]:
    """The text with one party more, which takes the part of another as well: its flows and commitments over again."""
    said = instrument["amends"]
    like, agencies = said["like"], {row["agency"] for row in base["parties"]}
    joining = next(row for row in instrument["parties"] if row["agency"] not in agencies)
    new = str(copy_id(key, joining["id"]))
    last = max(row["signing_order"] for row in base["parties"])
    party = {**joining, "id": new, "signing_order": last}
    datasets = [
        {**row, "flows": [*row["flows"], *_mirrored(row["flows"], like, new, key)]}
        for row in base["datasets"]
    ]
    duties = [
        {**row, "id": str(copy_id(key, row["id"])), "party": new}
        for row in base["commitments"]
        if row["party"] == like
    ]
    return {**base, "parties": [*base["parties"], party], "datasets": datasets,
            "commitments": [*base["commitments"], *duties]}  # fmt: skip


def _mirrored(flows: Iterable[Content], like: str, new: str, key: UUID) -> Iterator[dict[str, Any]]:
    for flow in flows:
        if like in (flow["provider"], flow["recipient"]):
            sides = {side: new if flow[side] == like else flow[side] for side in ("provider", "recipient")}
            yield {**flow, **sides, "id": str(copy_id(key, flow["id"])), "status": "planned"}


def losing(old: Content, new: Content) -> list[str]:
    """The exchanges of one text that another does not have: by agencies and category of data, in words (trap 14)."""
    held = {key for key, _ in _exchanges(new)}
    return list(dict.fromkeys(words for key, words in _exchanges(old) if key not in held))


def _exchanges(content: Content) -> Iterator[tuple[tuple[str, str, str], str]]:
    parties = {row["id"]: row for row in content["parties"]}
    for dataset in content["datasets"]:
        for flow in dataset["flows"]:
            gives, gets = parties[flow["provider"]], parties[flow["recipient"]]
            yield (
                (gives["agency"], gets["agency"], dataset["category"]),
                f"{dataset['name']}: {gives['name']} to {gets['name']}",
            )
