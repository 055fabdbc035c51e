"""The closed vocabularies: what a rule may ask, and the names of the fields it may ask about."""

from datetime import date
from typing import Any

SEVERITIES = ("block", "warn", "info")
STAGES = ("share", "approval", "signing", "execution", "after")
"""On the way into which stage a rule is asked: the first three before people act on the text, `execution` with every
signature, `after` once the agreement is executed or over."""
FILED_FOR = ("agreement", "party")
BINDINGS = ("binding", "non_binding", "mixed")
POSITIONS = ("mandatory", "standard", "fallback", "negotiable")
"""How far a text of the library may be moved; a fallback is never put in by itself: it is offered if another is refused."""
CLAUSE_KINDS = ("term", "duty", "limit", "safeguard", "statement", "procedure")
ROLES = ("liaison", "counsel", "signatory", "auditor", "administrator")
DEADLINES = ("last_day", "notice", "review", "duty")
PHASES = ("early", "soon", "urgent", "today", "overdue")
CJ_STATUSES = ("CJA", "NCJA_gov", "NCJA_public", "NCJA_private", "contractor", "tribal", "foreign", "none")
AGENCY_KINDS = (
    "police", "sheriff", "prosecutor", "court", "corrections", "probation", "school_district", "health", "fire_ems",
    "dispatch", "city", "county", "state", "federal", "tribal", "oversight", "university", "other",
)  # fmt: skip
PARTY_TYPES = tuple(dict.fromkeys((*AGENCY_KINDS, *CJ_STATUSES[:-1])))
"""What a clause may ask of the parties: what sort of body one of them is, or its standing in criminal justice."""
PARTY_ROLES = ("provider", "recipient", "host", "oversight", "sponsor", "fiscal_agent")
CLASSIFICATIONS = ("public", "internal", "sensitive", "CJI", "CUI", "LES")

TERM = (
    "effective_rule", "effective_on", "conditions_precedent", "kind", "months", "last_day", "first_fiscal_year",
    "fiscal_years", "fiscal_year_start", "renewal", "renewal_months", "renewal_max", "absolute_end", "notice_base",
    "business_days", "review_months", "cure_days", "suspension_max_days", "suspension_stops_clock", "min_parties",
    "incident_hours", "closeout_days", "closeout", "survival", "survival_months",
)  # fmt: skip
PARTY = (
    "id", "agency", "name", "legal_name", "kind", "jurisdiction", "roles", "cj_status", "ori", "legal_authority", "notice_days",
    "non_renewal_days", "notice_opens_days", "deemed_receipt", "withdrawal_rule", "withdrawal_not_before", "renewal_right",
    "notice_address", "notice_email", "contact_name", "contact_title", "contact_email", "other_contacts",
    "signatory_name",
    "signatory_title",
)  # fmt: skip
DATASET = (
    "id", "name", "description", "category", "classification", "personal_data", "special_category", "data_subjects",
    "elements",
)  # fmt: skip
FLOW = (
    "purposes", "prohibited_uses", "legal_basis", "method", "frequency", "volume", "interface", "impact", "transit",
    "rest", "verification", "storage", "retention_days", "retention_event", "hit_days", "destruction", "onward",
    "derived", "logging", "audit", "breach_hours", "breach_contact", "access", "mfa", "screening", "training",
    "hit_confirmation", "status",
)  # fmt: skip
COMMITMENT = ("text", "category", "resource", "due", "recurrence", "evidence")
AGREEMENT = (
    "reference", "title", "kind", "binding", "template", "jurisdiction", "governing_law", "timezone", "lead",
)  # fmt: skip

# Facts of the record beside the text, as `agreements.facts` gathers them.
RECORD: dict[str, frozenset[str]] = {
    "agreement": frozenset({"executed", "over", "sealed", "changes", "not_asked", "erasures"}),
    "party": frozenset({"agency", "body_approves", "authority", "receives", "closeout_over"}),
}
SIGNATURE = (
    "name", "agency", "intent", "authenticated_by", "signed_at", "document_sha256", "version_sha256", "text_sha256",
)  # fmt: skip

# What each kind of subject knows: its own fields, and by dotted name those of what surrounds it.
FIELDS: dict[str, frozenset[str]] = {
    "agreement": frozenset(AGREEMENT)
    | {f"term.{name}" for name in TERM}
    | {f"record.{name}" for name in RECORD["agreement"]},
    "party": frozenset(PARTY) | {f"record.{name}" for name in RECORD["party"]},
    "dataset": frozenset(DATASET),
    "flow": frozenset(FLOW)
    | {"provider", "recipient"}
    | {f"{side}.{name}" for side in ("provider", "recipient") for name in PARTY}
    | {f"dataset.{name}" for name in DATASET}
    | {f"record.{name}" for name in RECORD["agreement"]},
    "signature": frozenset(SIGNATURE),
}
SUBJECTS = tuple(FIELDS)

# The shape of what follows each word.
CONDITIONS: dict[str, str] = {
    "kind_in": "texts",
    "template_in": "texts",
    "binding_in": "texts",
    "jurisdiction_in": "texts",
    "category_in": "texts",
    "personal_data": "flag",
    "parties_min": "number",
    "term_in": "field_texts",
    "value_in": "field_texts",
    "value_not_in": "field_texts",
    "value_set": "texts",
    "mentions": "field_texts",
    "not_mentions": "field_texts",
    "text_mentions": "texts",
    "filed": "texts",
    "after_day": "day",
}
CHECKS: dict[str, str] = {
    "has": "texts",
    "has_any": "texts",
    "true": "texts",
    "one_of": "field_texts",
    "none_of": "field_texts",
    "mentions_any": "field_texts",
    "mentions_none": "field_texts",
    "mentions_each": "field_groups",
    "at_most": "field_numbers",
    "at_least": "field_numbers",
    "in_order": "texts",
    "not_past": "texts",
    "differ": "texts",
    "equal": "texts",
    "empty": "texts",
    "each_among": "field_texts",
    "ends_with": "field_texts",
    "on_file": "texts",
    "orders_within": "texts",
    "same_for_all_parties": "texts",
    "parties_min": "number",
    "commitments_min": "number",
    "measures_min": "number",
    "flows_min": "number",
    "clauses": "topics",
    "text_free_of": "texts",
    "category_fields": "flag",
    "mandatory_clauses": "flag",
}


def _texts(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and all(isinstance(item, str) and item for item in value)


def _number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _day(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _groups(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and all(_texts(group) for group in value)


def _topic(value: Any) -> bool:
    return (
        hasattr(value, "keys") and set(value) <= {"any", "words"} and any(_texts(value[key]) for key in value)
    )


def _each(value: Any, fits: Any) -> bool:
    return hasattr(value, "values") and bool(value) and all(fits(item) for item in value.values())


SHAPES: dict[str, Any] = {
    "texts": _texts,
    "flag": lambda value: value is True or value is False,
    "number": _number,
    "day": _day,
    "field_texts": lambda value: _each(value, _texts),
    "field_groups": lambda value: _each(value, _groups),
    "field_numbers": lambda value: _each(value, _number),
    "topics": lambda value: _each(value, _topic),
}
NAMES_FIELDS = frozenset(
    {"value_in", "value_not_in", "value_set", "mentions", "not_mentions", "has", "has_any", "true", "one_of"}
    | {"none_of", "mentions_any", "mentions_each", "at_most", "at_least", "in_order", "not_past", "differ"}
    | {"mentions_none", "equal", "empty", "each_among", "ends_with"}
)
NAMES_FILINGS = frozenset({"filed", "on_file", "orders_within"})
