"""The domain as data: kinds, categories, purposes, clauses, templates, rules, reminders; read once and frozen."""

from agreements.catalog.checks import check
from agreements.catalog.clause import Clause, Conditions, Facts, facts_of
from agreements.catalog.drafting import Blueprint, blueprint, flow, provision
from agreements.catalog.entries import (
    Catalog,
    Category,
    FilingKind,
    Kind,
    Ladder,
    Rule,
    RulePack,
    Rung,
    Template,
    Wording,
)
from agreements.catalog.loader import kind_choices, load, read
from agreements.catalog.reading import CatalogError

__all__ = [
    "Blueprint",
    "Catalog",
    "CatalogError",
    "Category",
    "Clause",
    "Conditions",
    "Facts",
    "FilingKind",
    "Kind",
    "Ladder",
    "Rule",
    "RulePack",
    "Rung",
    "Template",
    "Wording",
    "blueprint",
    "check",
    "facts_of",
    "flow",
    "kind_choices",
    "load",
    "provision",
    "read",
]
