"""Who else may see one agreement, until when; for those who may decide it."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agencies.models import User
from agreements import policy
from agreements.api.asking import Asked, OneAgreement, sent
from agreements.api.describing import PAGE, paged, says
from agreements.api.pages import listed
from agreements.api.shaping import Day, Strict, Text
from agreements.models import AgreementUserObjectPermission
from agreements.operations import granting


class GrantRead(serializers.Serializer[Any]):
    """What one person was given, by whom and why."""

    person = serializers.UUIDField(source="user_id")
    name = serializers.CharField(source="user.name")
    email = serializers.CharField(source="user.email")
    conveys = serializers.SerializerMethodField()
    until = serializers.DateField(allow_null=True)
    reason = serializers.CharField()
    granted_by = serializers.CharField()

    def get_conveys(self, row: AgreementUserObjectPermission) -> str:
        """`view`, `comment` or `export`."""
        return str(row.permission.codename).removesuffix("_agreement")


class GrantNew(Strict):
    """Whom to give access, to what, until when and why."""

    email = serializers.EmailField()
    conveys = serializers.ChoiceField(choices=sorted(policy.GRANTABLE))
    until = Day()
    reason = Text(max_length=300)

    def validate_email(self, email: str) -> User:
        """A person with an account."""
        found = User.objects.filter(email=email.strip().lower(), is_active=True).first()
        if found is None:
            raise serializers.ValidationError(
                "Nobody with this address has an account. Ask an administrator to invite them."
            )
        return found


class Revoke(Strict):
    """Why access is taken away."""

    reason = Text(max_length=300)


class Grants(OneAgreement):
    """The grants on one agreement."""

    @says("grants_list", paged(GrantRead), parameters=PAGE)
    def get(self, request: Request, pk: UUID) -> Response:
        """By name."""
        asked = self.asked()
        asked.require("grant")
        return listed(request, list(_rows(asked)), GrantRead)

    @says("grants_create", GrantRead, request=GrantNew, status=201)
    def post(self, request: Request, pk: UUID) -> Response:
        """Let a person see the agreement until a day, at most a year ahead."""
        asked = self.asked()
        asked.require("grant")
        said = sent(GrantNew, request)
        person = said.pop("email")
        row = granting.grant(asked.agreement, person=person, **said, actor=asked.user, now=asked.now)
        return Response(GrantRead(_rows(asked).get(pk=row.pk)).data, status=201)


class RevokeGrant(OneAgreement):
    """The grants of one person."""

    @says("grants_revoke", None, request=Revoke, status=204)
    def post(self, request: Request, pk: UUID, person: UUID) -> Response:
        """Take them away, at once."""
        asked = self.asked()
        asked.require("grant")
        who = get_object_or_404(User.objects.filter(pk__in=asked.agreement.grants.values("user")), pk=person)
        said = sent(Revoke, request)
        granting.revoke(asked.agreement, person=who, **said, actor=asked.user, now=asked.now)
        return Response(status=204)


def _rows(asked: Asked) -> Any:
    rows = AgreementUserObjectPermission.objects.filter(content_object=asked.agreement)
    return rows.select_related("user", "permission").order_by("user__name", "user_id", "permission__codename")
