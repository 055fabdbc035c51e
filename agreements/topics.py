"""The structured terms that a comment can be about, by key and name. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TERM = {
    "term:effective": "First day in force",
    "term:length": "Length and last day",
    "term:renewal": "Renewal",
    "term:review": "Review",
    "term:incident": "Notice of an incident",
    "term:closeout": "Data at the end",
    "term:survival": "What survives the end",
}


def topics(content: Mapping[str, Any]) -> dict[str, str]:
    """Every structured term of a content: {'dataset:…': 'Dataset: Case records', 'term:review': 'Review', …}."""
    names = {row["id"]: row["name"] for row in content["parties"]}
    found = {f"party:{key}": f"Party: {name}" for key, name in names.items()}
    for dataset in content["datasets"]:
        found[f"dataset:{dataset['id']}"] = f"Dataset: {dataset['name']}"
        for flow in dataset["flows"]:
            ways = f"{names.get(flow['provider'], '?')} to {names.get(flow['recipient'], '?')}"
            found[f"flow:{flow['id']}"] = f"Flow: {dataset['name']}, {ways}"
    found |= {f"commitment:{row['id']}": f"Commitment: {row['text'][:80]}" for row in content["commitments"]}
    found |= {f"measure:{row['id']}": f"Measure: {row['name']}" for row in content["measures"]}
    return found | {key: f"Term: {name}" for key, name in TERM.items()}
