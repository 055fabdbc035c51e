"""The records of an agreement; every audited row is written by `audit.record` alone."""

from agreements.models.acts import Amendment, Amends, Breach, RenewalConsent, RenewalTerm
from agreements.models.agreement import (
    EXPIRING_DAYS,
    STANDINGS,
    WITHOUT_END,
    Agreement,
    AgreementQuerySet,
    Binding,
    DeemedReceipt,
    InAgreement,
    Party,
    PartyRole,
    Provenance,
    Stage,
    WithdrawalRule,
    standing_q,
)
from agreements.models.checking import Filing, Waiver
from agreements.models.content import (
    Commitment,
    Dataset,
    Flow,
    FlowStatus,
    Measure,
    Ordered,
    Position,
    Provision,
)
from agreements.models.coverage import Coverage
from agreements.models.dossiers import FINISHED, Dossier, DossierState, Scope
from agreements.models.feeds import CalendarFeed
from agreements.models.grants import Access, AgreementUserObjectPermission, SearchEntry, oversight_principal
from agreements.models.importing import Batch, BatchRow, BatchState, Intake, RowState, Source
from agreements.models.library import AgencyClause, AgencyPosition, ClauseText, ClauseUse, own_parts, own_ref
from agreements.models.looks import Look, look
from agreements.models.reference import Reference
from agreements.models.reviewing import Approval, Comment, Decision, Outcome, Review
from agreements.models.signing import SealedDocument, Signature, SignatureRequest
from agreements.models.suggestions import Suggestion, SuggestionKind, SuggestionState
from agreements.models.tallies import Tally, Tries, begun, counted, taken_back
from agreements.models.term import LEAVES, Ground, Notice, Reminder, Suspension
from agreements.models.terms import EffectiveRule, NoticeBase, Renewal, Term, TermKind
from agreements.models.versions import Version, VersionReason

__all__ = [
    "EXPIRING_DAYS",
    "FINISHED",
    "LEAVES",
    "STANDINGS",
    "WITHOUT_END",
    "Access",
    "AgencyClause",
    "AgencyPosition",
    "Agreement",
    "AgreementQuerySet",
    "AgreementUserObjectPermission",
    "Amendment",
    "Amends",
    "Approval",
    "Batch",
    "BatchRow",
    "BatchState",
    "Binding",
    "Breach",
    "CalendarFeed",
    "ClauseText",
    "ClauseUse",
    "Comment",
    "Commitment",
    "Coverage",
    "Dataset",
    "Decision",
    "DeemedReceipt",
    "Dossier",
    "DossierState",
    "EffectiveRule",
    "Filing",
    "Flow",
    "FlowStatus",
    "Ground",
    "InAgreement",
    "Intake",
    "Look",
    "Measure",
    "Notice",
    "NoticeBase",
    "Ordered",
    "Outcome",
    "Party",
    "PartyRole",
    "Position",
    "Provenance",
    "Provision",
    "Reference",
    "Reminder",
    "Renewal",
    "RenewalConsent",
    "RenewalTerm",
    "Review",
    "RowState",
    "Scope",
    "SealedDocument",
    "SearchEntry",
    "Signature",
    "SignatureRequest",
    "Source",
    "Stage",
    "Suggestion",
    "SuggestionKind",
    "SuggestionState",
    "Suspension",
    "Tally",
    "Term",
    "TermKind",
    "Tries",
    "Version",
    "VersionReason",
    "Waiver",
    "WithdrawalRule",
    "begun",
    "counted",
    "look",
    "oversight_principal",
    "own_parts",
    "own_ref",
    "standing_q",
    "taken_back",
]
