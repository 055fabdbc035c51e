"""Requests to sign, signatures, and the final document."""

from __future__ import annotations

from django.db import models

from agencies.models import Agency, SigningAuthority
from agreements.models.agreement import Agreement, InAgreement, Party
from agreements.models.versions import Version
from audit.models import Audited


class SignatureRequest(InAgreement):
    """A named person asked to sign one frozen version for one party, in an order, until and including `sign_by`.

    `signatory` is who is asked now: the one `named` in the text or, by delegation, the `deputy` named there.
    Nobody else can ever be asked: another signatory means another version, which all approve and sign anew.
    """

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="signature_requests")
    version = models.ForeignKey(Version, models.PROTECT, related_name="signature_requests")
    party = models.ForeignKey(Party, models.PROTECT, related_name="signature_requests")
    signatory = models.ForeignKey("agencies.User", models.PROTECT, related_name="signature_requests")
    named = models.ForeignKey("agencies.User", models.PROTECT, related_name="+")
    deputy = models.ForeignKey("agencies.User", models.PROTECT, related_name="+", null=True, blank=True)
    order = models.PositiveSmallIntegerField(default=1)
    requested_at = models.DateTimeField()
    sign_by = models.DateField()
    delegated_at = models.DateTimeField(null=True, blank=True)
    delegation_reason = models.TextField(max_length=2000, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    paper_sha256 = models.CharField("SHA-256 of the document to be signed outside", max_length=64, blank=True)
    voided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["version", "party"],
                condition=models.Q(voided_at=None),
                name="one_request_per_party",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.signatory} for {self.party}"

    @property
    def delegated(self) -> bool:
        """Whether the deputy is asked."""
        return self.signatory_id != self.named_id


class Means(models.TextChoices):
    """How a signature was made."""

    HERE = "here", "Electronically, on this site"
    CERTIFICATE = "certificate", "With a certificate, in the PDF"
    INK = "ink", "In ink, on paper"


HOW = {
    Means.HERE: "Signed electronically",
    Means.CERTIFICATE: "Signed electronically, with a certificate,",
    Means.INK: "Signed in ink, as another party confirmed,",
}


class Signature(InAgreement):
    """An electronic signature: intent, identity and authority bound to the hash of one frozen version.

    15 USC 7006(5): a process logically associated with a record and executed with intent to sign. One made outside
    (`means`) has its file: the PDF signed with a certificate, or the scan of what was signed in ink.
    """

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="signatures")
    version = models.ForeignKey(Version, models.PROTECT, related_name="signatures")
    request = models.OneToOneField(SignatureRequest, models.PROTECT, related_name="signature")
    party = models.ForeignKey(Party, models.PROTECT, related_name="signatures")
    signatory = models.ForeignKey("agencies.User", models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    title = models.CharField(max_length=120)
    agency_name = models.CharField(max_length=200)
    authority = models.ForeignKey(SigningAuthority, models.PROTECT, related_name="+")
    authority_basis = models.CharField(max_length=800)
    consent = models.CharField(max_length=600)
    intent = models.CharField(max_length=600)
    authenticated_by = models.CharField(max_length=400)
    document_sha256 = models.CharField(max_length=64)
    signed_at = models.DateTimeField()
    ip = models.GenericIPAddressField(null=True, blank=True)
    image_sha256 = models.CharField(max_length=64, blank=True)
    image_path = models.CharField(max_length=200, blank=True)
    means = models.CharField(max_length=12, choices=Means.choices, default=Means.HERE)
    file_sha256 = models.CharField(max_length=64, blank=True)
    certificate = models.CharField(max_length=1000, blank=True)
    voided_at = models.DateTimeField(null=True, blank=True)
    void_reason = models.TextField(max_length=2000, blank=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.name} for {self.agency_name}"

    @property
    def how(self) -> str:
        """How it was made, as the signature page says it: "… by" and the name."""
        return HOW[Means(self.means)]


class InkSignature(InAgreement):
    """The scan of a signature in ink, put in by the signatory's agency: a signature once another party confirms it."""

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="ink_signatures")
    request = models.ForeignKey(SignatureRequest, models.PROTECT, related_name="ink_signatures")
    party = models.ForeignKey(Party, models.PROTECT, related_name="ink_signatures")
    signed_on = models.DateField()
    file_sha256 = models.CharField(max_length=64)
    recorded_by = models.ForeignKey("agencies.User", models.PROTECT, related_name="+")
    recorded_agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    confirmed = models.BooleanField(null=True)
    decided_by = models.ForeignKey("agencies.User", models.PROTECT, related_name="+", null=True, blank=True)
    decided_agency = models.ForeignKey(Agency, models.PROTECT, related_name="+", null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(max_length=2000, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["request"], condition=models.Q(confirmed=None), name="one_open_scan_per_request"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.request.signatory} for {self.party}, in ink"


class SealCertificate(Audited):
    """A certificate with which final documents were sealed: `pem` has those above it below, as far as they are known.

    `sha256` is its fingerprint. Public: with it anybody can check a document without us.
    """

    sha256 = models.CharField(max_length=64, unique=True)
    pem = models.TextField(max_length=40_000)
    subject = models.CharField(max_length=500)
    issuer = models.CharField(max_length=500)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    first_used_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.subject


class CertifiedCopy(InAgreement):
    """A copy of the final document with a page that certifies it, made for somebody; known again by its SHA-256.

    `head` is the head of the log that it names: the number of entries, none where nothing was signed yet.
    """

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="certified_copies")
    document = models.ForeignKey("agreements.SealedDocument", models.PROTECT, related_name="copies")
    sha256 = models.CharField(max_length=64, unique=True)
    head = models.PositiveBigIntegerField(null=True, blank=True)
    asked_by = models.ForeignKey("agencies.User", models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.sha256[:12]


class SealedDocument(InAgreement):
    """The one final PDF of an executed agreement, kept by content hash and never rendered again.

    `level` is that of its PAdES seal: B-B, or with time stamps B-T or B-LTA.
    """

    agreement = models.OneToOneField(Agreement, models.PROTECT, related_name="sealed")
    version = models.ForeignKey(Version, models.PROTECT, related_name="sealed_documents")
    sha256 = models.CharField(max_length=64, db_index=True)
    path = models.CharField(max_length=200)
    size = models.PositiveIntegerField()
    pages = models.PositiveIntegerField()
    certificate = models.ForeignKey(SealCertificate, models.PROTECT, related_name="documents")
    level = models.CharField(max_length=8)
    code = models.CharField("Code by which anybody can verify it", max_length=26, unique=True)
    made_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.sha256[:12]
