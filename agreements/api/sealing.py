"""How the final document stands, and the certificates with which documents were sealed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agreements import undone
from agreements.api.asking import Asked, Door, OneAgreement
from agreements.api.describing import PAGE, paged, says
from agreements.api.pages import listed
from agreements.api.showing import SealedRead
from agreements.models import SealCertificate, SealedDocument
from agreements.operations.retrying import retry
from agreements.policy import actions_on

TEXT = serializers.CharField


class MakingRead(serializers.Serializer[Any]):
    """How far the final document is."""

    state = TEXT(
        help_text="`none`: not due. `waiting`: being made. `failing`: tried again by itself. `set aside`: until "
        "somebody asks for it. `sealed`: there."
    )
    failures = serializers.IntegerField(help_text="How often making it has failed.")
    next_try_at = serializers.DateTimeField(allow_null=True)
    why = TEXT(help_text="What went wrong last, for those who may download the document.")
    document = SealedRead(allow_null=True)


class CertificateRead(serializers.ModelSerializer[SealCertificate]):
    """A certificate of the seal; `pem` has those above it below."""

    class Meta:
        model = SealCertificate
        fields = ("sha256", "subject", "issuer", "valid_from", "valid_until", "first_used_at", "pem")
        read_only_fields = fields


class Making(OneAgreement):
    """How the final document stands."""

    http_method_names = ["get"]

    @says("document_state", MakingRead)
    def get(self, request: Request, pk: UUID) -> Response:
        """Whether it is there, being made, failing or set aside."""
        return _shown(self.asked())


class Again(OneAgreement):
    """A final document that could not be made."""

    http_method_names = ["post"]

    @says("document_retry", MakingRead)
    def post(self, request: Request, pk: UUID) -> Response:
        """Have it made now. A 409 when there is nothing to try again."""
        asked = self.asked()
        retry(asked.agreement, actor=asked.user, now=asked.now)
        return _shown(asked)


def _shown(asked: Asked) -> Response:
    sealed = SealedDocument.objects.filter(agreement=asked.agreement).select_related("certificate").first()
    found = undone.making(asked.agreement)
    job = found.job if found else None
    tells = "download" in actions_on(asked.user, asked.agreement, today=asked.today)
    row = {
        "state": "sealed" if sealed else found.state if found else "none",
        "failures": job.failures if job else 0,
        "next_try_at": job.run_after if job and job.failures and not job.parked_at else None,
        "why": found.why if found and tells else "",
        "document": sealed,
    }
    return Response(MakingRead(row).data)


class Certificates(Door):
    """The certificates with which documents were sealed."""

    @says("seal_certificates_list", paged(CertificateRead), parameters=PAGE)
    def get(self, request: Request) -> Response:
        """In the order of their first use. The same files are public under /seals/."""
        rows = list(SealCertificate.objects.order_by("first_used_at", "pk"))
        return listed(request, rows, CertificateRead, key=lambda row: row.sha256)
