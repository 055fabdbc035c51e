"""The agreement itself and its parties."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.timezone import get_default_timezone_name

from agencies.models import Agency
from agencies.models.validators import plain_name, valid_timezone
from agreements import catalog
from audit.models import Audited, AuditedQuerySet

EXPIRING_DAYS = 90
MAX_NOTICE = 3660
WITHOUT_END = date(9999, 12, 31)
"""How far an agreement reaches that renews itself without limit."""
INSTRUMENTS = frozenset({"amendment", "joinder"})
"""The kinds that change another agreement."""


class Stage(models.TextChoices):
    """What people have done with the agreement; what follows from dates is its standing."""

    DRAFT = "draft", "Draft"
    NEGOTIATION = "negotiation", "In negotiation"
    APPROVAL = "approval", "Awaiting approval"
    SIGNING = "signing", "Out for signature"
    EXECUTED = "executed", "Executed"
    ENDED = "ended", "Ended"
    DECLINED = "declined", "Declined"
    ABANDONED = "abandoned", "Abandoned"


class Provenance(models.TextChoices):
    """How the agreement came to be here."""

    HERE = "here", "Made here"
    IMPORTED = "imported", "Signed outside and imported"


class Binding(models.TextChoices):
    """Whether the parties mean to be legally bound; the label MOU or MOA does not decide."""

    BINDING = "binding", "Binding"
    NON_BINDING = "non_binding", "Not binding"
    MIXED = "mixed", "Mixed"


AT_HAND = ("lead", "turn", "term")
"""What is read together with one agreement."""


class AgreementQuerySet(AuditedQuerySet["Agreement"]):
    """Questions about sets of agreements."""

    def standing(self, name: str, *, today: date) -> AgreementQuerySet:
        """Those whose standing on `today` is `name`: the list form of `standing.of`."""
        return self.filter(standing_q(name, today=today))

    def with_parties(self) -> AgreementQuerySet:
        """Lead, turn and parties at hand, in a constant number of queries."""
        return self.select_related(*AT_HAND).prefetch_related(models.Prefetch("parties", present_parties()))


class Agreement(Audited):
    """One agreement between agencies; every version, signature and event hangs from it."""

    STREAM_FIELD = "id"

    reference = models.CharField(max_length=40, unique=True)
    title = models.CharField(max_length=200, validators=[plain_name])
    kind = models.CharField(max_length=40)
    binding = models.CharField(max_length=12, choices=Binding.choices, default=Binding.BINDING)
    template = models.CharField(max_length=60, blank=True)
    source_name = models.CharField(max_length=200, blank=True)
    provenance = models.CharField(max_length=8, choices=Provenance.choices, default=Provenance.HERE)
    stage = models.CharField(max_length=12, choices=Stage.choices, default=Stage.DRAFT)
    lead = models.ForeignKey(Agency, models.PROTECT, related_name="led_agreements")
    turn = models.ForeignKey(Agency, models.PROTECT, related_name="+", null=True, blank=True)
    turn_since = models.DateTimeField(null=True, blank=True)
    shared_at = models.DateTimeField(null=True, blank=True)
    jurisdiction = models.CharField(max_length=80, blank=True)
    governing_law = models.CharField(max_length=200, blank=True)
    timezone = models.CharField(max_length=60, default=get_default_timezone_name)
    categories = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    annexes = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    parent = models.ForeignKey("self", models.PROTECT, related_name="children", null=True, blank=True)
    supersedes = models.ForeignKey(
        "self", models.PROTECT, related_name="superseded_by", null=True, blank=True
    )
    drafted_at = models.DateTimeField()
    frozen = models.ForeignKey("agreements.Version", models.PROTECT, related_name="+", null=True, blank=True)
    executed_at = models.DateTimeField(null=True, blank=True)
    effective_on = models.DateField(null=True, blank=True)
    last_day = models.DateField(null=True, blank=True)
    renews_until = models.DateField(null=True, blank=True)
    notice_opens_on = models.DateField(null=True, blank=True)
    notice_due_on = models.DateField(null=True, blank=True)
    review_due_on = models.DateField(null=True, blank=True)
    renewed = models.PositiveSmallIntegerField(default=0, db_default=0)
    unreviewed_on = models.DateField(null=True, blank=True)
    suspended_on = models.DateField(null=True, blank=True)
    suspended_until = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)
    ended_how = models.CharField(max_length=20, blank=True)

    objects = AgreementQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        permissions = [
            ("comment_agreement", "May comment on the agreement"),
            ("export_agreement", "May export the agreement's history"),
        ]
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["last_day"], condition=Q(stage="executed"), name="agreement_last_day"),
            models.Index(
                fields=["review_due_on"], condition=Q(stage="executed"), name="agreement_review_due"
            ),
            models.Index(
                fields=["notice_due_on"], condition=Q(stage="executed"), name="agreement_notice_due"
            ),
            models.Index(
                fields=["last_day"],
                condition=Q(stage="executed", renews_until__gt=models.F("last_day")),
                name="agreement_renews_itself",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day=None) | Q(effective_on=None) | Q(last_day__gte=models.F("effective_on")),
                name="agreement_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    def clean(self) -> None:
        """A kind of the catalog, and a time zone that dates can be reckoned in."""
        if self.kind not in catalog.load().kinds:
            raise ValidationError({"kind": "Choose one of the kinds listed."})
        try:
            valid_timezone(self.timezone)
        except ValidationError as unknown:
            raise ValidationError({"timezone": unknown}) from None

    def get_absolute_url(self) -> str:
        """Where people read it."""
        return f"/agreements/{self.pk}/"

    def hold_parties(self, rows: list[Party]) -> None:
        """Keep `present_parties` of this agreement, as a prefetch would."""
        held = Party.objects.all()
        vars(held)["_defer_next_filter"] = True  # put together only if somebody narrows it further
        held = held.filter(agreement=self, left_on=None)
        for row in rows:
            row.agreement = self
        vars(held).update(_result_cache=rows, _prefetch_done=True)
        self._prefetched_objects_cache = {"parties": held}

    @property
    def is_instrument(self) -> bool:
        """Whether it is an amendment of, or a joinder to, an agreement kept here; one that was only imported is not."""
        return self.kind in INSTRUMENTS and self.parent_id is not None

    @property
    def final_day(self) -> date | None:
        """The last day in force if nobody acts: by the term and its automatic renewals, or by an act that ended it."""
        by_term = self.renews_until or self.last_day
        days = [day for day in (by_term, self.ended_on) if day and day < WITHOUT_END]
        return min(days) if days else None


class PartyRole(models.TextChoices):
    """What a party does with the data or for the agreement."""

    PROVIDER = "provider", "Provider"
    RECIPIENT = "recipient", "Recipient"
    HOST = "host", "Host"
    OVERSIGHT = "oversight", "Oversight"
    SPONSOR = "sponsor", "Sponsor"
    FISCAL_AGENT = "fiscal_agent", "Fiscal agent"


class DeemedReceipt(models.TextChoices):
    """When a notice sent to a party counts as received; mail in days after it was sent."""

    SAME_DAY = "same_day", "On the day it is handed over"
    MAIL_3 = "mail_3", "Three days after mailing"
    MAIL_5 = "mail_5", "Five days after mailing"
    ACKNOWLEDGED = "acknowledged", "When receipt is acknowledged"


class WithdrawalRule(models.TextChoices):
    """When a party may leave by notice."""

    ANY_TIME = "any_time", "At any time"
    PERIOD_END = "period_end", "Only at the end of a period"
    NOT_BEFORE = "not_before", "Not before a day"


class InAgreement(Audited):
    """A row of one agreement; its changes are events of that agreement."""

    STREAM_FIELD = "agreement_id"

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="%(class)s_rows")

    class Meta:
        abstract = True


class Party(InAgreement):
    """An agency's part in one agreement, with the facts as they were agreed."""

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="parties")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="party_rows")
    position = models.PositiveSmallIntegerField(default=1)
    roles = ArrayField(models.CharField(max_length=20, choices=PartyRole.choices), default=list, blank=True)
    legal_name = models.CharField(max_length=200)
    cj_status = models.CharField(max_length=20, blank=True)
    ori = models.CharField("ORI", max_length=9, blank=True)
    legal_authority = models.CharField(max_length=300, blank=True)
    notice_days = models.PositiveSmallIntegerField("Notice to end it (days)", null=True, blank=True)
    non_renewal_days = models.PositiveSmallIntegerField(
        "Notice against renewal (days)", null=True, blank=True
    )
    notice_opens_days = models.PositiveSmallIntegerField(
        "Notice not earlier than (days before)", null=True, blank=True
    )
    deemed_receipt = models.CharField(
        "Notice to it counts as received",
        max_length=12,
        choices=DeemedReceipt.choices,
        default=DeemedReceipt.SAME_DAY,
    )
    withdrawal_rule = models.CharField(
        "It may leave", max_length=12, choices=WithdrawalRule.choices, default=WithdrawalRule.ANY_TIME
    )
    withdrawal_not_before = models.DateField("Not before", null=True, blank=True)
    renewal_right = models.BooleanField("The option to renew is its own", default=False)
    notice_address = models.CharField(max_length=300, blank=True)
    notice_email = models.EmailField(blank=True)
    contact_name = models.CharField(max_length=120, blank=True)
    contact_title = models.CharField(max_length=120, blank=True)
    contact_email = models.EmailField(blank=True)
    other_contacts = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    signatory = models.ForeignKey("agencies.User", models.PROTECT, related_name="+", null=True, blank=True)
    signatory_name = models.CharField(max_length=120, blank=True)
    signatory_title = models.CharField(max_length=120, blank=True)
    deputy = models.ForeignKey("agencies.User", models.PROTECT, related_name="+", null=True, blank=True)
    deputy_name = models.CharField(max_length=120, blank=True)
    deputy_title = models.CharField(max_length=120, blank=True)
    signing_order = models.PositiveSmallIntegerField(default=1)
    joined_on = models.DateField(null=True, blank=True)
    left_on = models.DateField(null=True, blank=True)
    owner = models.ForeignKey("agencies.User", models.PROTECT, related_name="+", null=True, blank=True)
    """Who of the agency answers for the agreement's days; its own affair, never part of the text."""

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["agreement", "agency"], name="one_party_row_per_agency"),
        ]

    def __str__(self) -> str:
        return self.legal_name

    def there_on(self, day: date) -> bool:
        """As `policy.parties_on` asks of rows: who has left is a party until and including the last day."""
        return self.left_on is None or self.left_on >= day

    def clean(self) -> None:
        """A notice period longer than ten years is a slip of the keyboard; a window must open before it closes."""
        problems: dict[str, str] = {}
        for name in ("notice_days", "non_renewal_days", "notice_opens_days"):
            days = getattr(self, name)
            if days is not None and days > MAX_NOTICE:
                problems[name] = f"Give the notice period in days, at most {MAX_NOTICE:,}."
        closes = self.notice_days if self.non_renewal_days is None else self.non_renewal_days
        if self.notice_opens_days is not None and self.notice_opens_days < (closes or 0):
            problems["notice_opens_days"] = (
                f"The window for notice would open after it closes, {closes} days before the end. Give more days, or none."
            )
        if self.withdrawal_rule == WithdrawalRule.NOT_BEFORE and not self.withdrawal_not_before:
            problems["withdrawal_not_before"] = "Give the day before which it may not leave."
        if problems:
            raise ValidationError(problems)


STANDINGS = {
    "draft": "Draft",
    "negotiation": "In negotiation",
    "approval": "Awaiting approval",
    "signing": "Out for signature",
    "upcoming": "Upcoming",
    "in_force": "In force",
    "expiring": "Expiring",
    "suspended": "Suspended",
    "in_notice": "In notice",
    "lapsed": "Lapsed",
    "ended": "Ended",
    "declined": "Declined",
    "abandoned": "Abandoned",
}
"""Every standing and its word."""


def present_parties() -> models.QuerySet[Party]:
    """The parties that have not left, with their agencies, in their order."""
    return Party.objects.filter(left_on=None).select_related("agency").order_by("position")


def standing_q(name: str, *, today: date) -> Q:
    """The condition under which an agreement's standing on `today` is `name`.

    The order of the tests is that of `standing.of`: ended, upcoming, lapsed, suspended, expiring, in force.
    """
    executed = Q(stage=Stage.EXECUTED)
    upcoming = Q(effective_on=None) | Q(effective_on__gt=today)
    renewing = Q(renews_until__gte=today)
    lapsed = Q(last_day__lt=today) & ~Q(renews_until__isnull=False, renews_until__gte=today)
    suspended = Q(suspended_on__lte=today) & (Q(suspended_until=None) | Q(suspended_until__gte=today))
    expiring = Q(last_day__range=(today, today + timedelta(days=EXPIRING_DAYS)))
    running = executed & Q(effective_on__lte=today) & (Q(last_day=None) | Q(last_day__gte=today) | renewing)
    not_suspended = Q(suspended_on=None) | Q(suspended_on__gt=today) | Q(suspended_until__lt=today)
    table: dict[str, Q] = {
        "upcoming": executed & upcoming,
        "lapsed": executed & Q(effective_on__lte=today) & lapsed,
        "suspended": running & suspended,
        "expiring": running & not_suspended & expiring,
        "in_force": running & not_suspended & (Q(last_day=None) | ~expiring),
        "in_notice": Q(stage=Stage.ENDED, ended_on__gte=today),
        "ended": Q(stage=Stage.ENDED, ended_on__lt=today),
    }
    return table.get(name, Q(stage=name))


def as_dict(row: models.Model, names: list[str]) -> dict[str, Any]:
    """The named fields of a row, as they are."""
    return {name: getattr(row, name) for name in names}
