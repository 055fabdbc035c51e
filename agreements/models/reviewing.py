"""What people say about the text: comments, approvals, decisions at review."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from agencies.models import Agency
from agreements.models.agreement import Agreement, InAgreement, Party
from agreements.models.content import Provision
from agreements.models.versions import Version


class Comment(InAgreement):
    """A remark on the agreement, one provision or one structured term; shared with all parties or private to one agency.

    `topic` names the term it is about (agreements.topics). `about` says in words what it is about, as everybody who
    reads the comment could read it when it was made; never look at the provision's row for that: it may be a draft in
    another agency's hands. `mentions` are the people asked to read it; naming them
    gives them no access.
    """

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="comments")
    provision = models.ForeignKey(Provision, models.PROTECT, related_name="comments", null=True, blank=True)
    topic = models.CharField(max_length=80, blank=True)
    about = models.CharField(max_length=300, blank=True)
    reply_to = models.ForeignKey("self", models.PROTECT, related_name="replies", null=True, blank=True)
    text = models.TextField(max_length=8000)
    mentions = ArrayField(models.UUIDField(), default=list, blank=True)
    private_to = models.ForeignKey(Agency, models.PROTECT, related_name="+", null=True, blank=True)
    author = models.ForeignKey("agencies.User", models.PROTECT, related_name="+")
    author_agency = models.ForeignKey(Agency, models.PROTECT, related_name="+", null=True, blank=True)
    made_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["agreement", "made_at"], name="comment_in_order")]

    def __str__(self) -> str:
        return self.text[:60]


class Decision(models.TextChoices):
    """What a party says to the version put before it."""

    APPROVED = "approved", "Approved"
    REFUSED = "refused", "Refused"


class Approval(InAgreement):
    """One party's answer to one version; void once the text is opened again."""

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="approvals")
    version = models.ForeignKey(Version, models.PROTECT, related_name="approvals")
    party = models.ForeignKey(Party, models.PROTECT, related_name="approvals")
    decision = models.CharField(max_length=10, choices=Decision.choices)
    reason = models.TextField(max_length=2000, blank=True)
    by = models.ForeignKey("agencies.User", models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["version", "party"],
                condition=models.Q(voided_at=None),
                name="one_standing_answer_per_party",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.party}: {self.decision}"


class Outcome(models.TextChoices):
    """What a review decided."""

    RENEW = "renew", "Renew"
    AMEND = "amend", "Amend"
    LAPSE = "lapse", "Let it lapse"
    TERMINATE = "terminate", "Terminate"
    CONTINUE = "continue", "Continue unchanged"


class Review(InAgreement):
    """A recorded decision about an agreement that needed one, by one party."""

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="reviews")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    reason = models.TextField(max_length=4000)
    consulted = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey("agencies.User", models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    made_on = models.DateField()

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["agency", "-made_at"], name="review_newest_first")]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()} ({self.made_on})"
