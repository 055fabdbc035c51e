"""Agreements as wholes: the list, a new one, one from an existing text, one agreement and its facts."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from agencies.days import civil_day
from agreements import listing, policy
from agreements.api.asking import Door, Form, OneAgreement, find, sent
from agreements.api.changes import AgreementChange
from agreements.api.describing import PAGE, paged, says
from agreements.api.pages import answer, size
from agreements.api.rows import change, in_hand, telling
from agreements.api.shaping import Known, Strict, Text, agencies, roles
from agreements.api.showing import AgreementRead, LineRead, agreement_shown
from agreements.forms.beginning import MAX_FILE
from agreements.forms.listing import ListForm
from agreements.listing import ALL, Mark
from agreements.models import Agreement
from agreements.operations import drafting, importing
from agreements.operations.drafting import PartySpec

FILTERS = {
    "q": "Words to search for; the best fifty matches, best first.",
    "stage": "Only in this stage.",
    "standing": "Only with this standing today.",
    "kind": "Only of this kind.",
    "party": "Only with this agency (its slug) as a party.",
    "category": "Only with data of this category.",
    "when": "`coming`: the day it is listed under is today or later; `passed`; or `all`, which is usual.",
    "mine": "`true`: only those that one of your agencies leads.",
}
NARROWING = (
    *(OpenApiParameter(name, OpenApiTypes.STR, description=said) for name, said in FILTERS.items()),
    OpenApiParameter("ends_before", OpenApiTypes.DATE, description="Only with a last day before this one."),
)
PAGING = {"page_size", "cursor"}


class PartnerNew(Strict):
    """An agency invited into a new agreement, and what it does there."""

    agency = agencies()
    roles = roles(required=False, default=list)


class AgreementNew(Strict):
    """A new draft, from a template or blank; `datasets` names which of the template's to put in (null: all)."""

    title = Text(max_length=200)
    lead = agencies()
    lead_roles = roles(required=False, default=list)
    partners = PartnerNew(many=True, allow_empty=False, max_length=100)  # type: ignore[call-arg]
    template = Known("templates", required=False, default="", allow_blank=True)
    kind = Known("kinds", required=False, default="", allow_blank=True)
    datasets = serializers.ListField(
        child=Text(max_length=160), max_length=200, required=False, default=None, allow_null=True
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A template knows its kind."""
        if attrs["template"] and attrs["kind"]:
            raise ValidationError({"kind": "The template says what kind it is. Leave this out."})
        return attrs


class AgreementImport(Strict):
    """A new draft holding the text of a file."""

    file = serializers.FileField(help_text="A .docx, .pdf, .txt or .md file, at most 5 MB.")
    title = Text(max_length=200)
    kind = Known("kinds")
    lead = agencies()
    lead_roles = roles(required=False, default=list)
    partners = agencies(many=True, allow_empty=False)
    partner_roles = roles(required=False, default=list)

    def validate_file(self, file: Any) -> Any:
        """Nothing larger than is worth reading."""
        if file.size > MAX_FILE:
            raise ValidationError(
                "The file is larger than 5 MB. Import the agreement's text without its attachments."
            )
        return file


class Agreements(Door):
    """The agreements that the person may see."""

    @says("agreements_list", paged(LineRead), parameters=(*NARROWING, *PAGE))
    def get(self, request: Request) -> Response:
        """In the order of the day they are listed under: the last day, or without one the review day."""
        today = civil_day(timezone.now())
        principals = policy.principals(self.user, today=today)
        form = _understood(request)
        filters = form.filters(policy.agencies_of(self.user, today=today))
        if filters.text:
            page = listing.search(principals, filters=filters, limit=listing.RANKED, today=today)
        else:
            page = listing.page(
                principals, filters=filters, after=_place(request), limit=size(request), today=today
            )
        return answer(request, page.rows, LineRead, page.next)

    @says("agreements_create", AgreementRead, request=AgreementNew, status=201)
    def post(self, request: Request) -> Response:
        """Begin an agreement; only the lead agency sees it until it is shared."""
        said = sent(AgreementNew, request)
        partners = [PartySpec(**partner) for partner in said.pop("partners")]
        made = drafting.draft(**said, partners=partners, actor=self.user, now=timezone.now())
        return begun(request, made)


class Import(Door):
    """An agreement begun from an existing text."""

    parser_classes = (Form,)

    @says("agreements_import", AgreementRead, request={"multipart/form-data": AgreementImport}, status=201)
    def post(self, request: Request) -> Response:
        """Headings become numbered provisions; no word is lost."""
        said = sent(AgreementImport, request)
        file, doing = said.pop("file"), said.pop("partner_roles")
        partners = [PartySpec(agency, doing) for agency in said.pop("partners")]
        made = importing.import_text(
            **said, data=file.read(), name=file.name, partners=partners, actor=self.user, now=timezone.now()
        )
        return begun(request, made)


class OneAgreementView(OneAgreement):
    """One agreement."""

    @says("agreements_retrieve", AgreementRead)
    def get(self, request: Request, pk: UUID) -> Response:
        """Its facts, where it stands, who is in it, and what you can do now."""
        return agreement_shown(self.asked())

    @says("agreements_update", AgreementRead, request=AgreementChange, matched=True, current=AgreementRead)
    def patch(self, request: Request, pk: UUID) -> Response:
        """Set some of its facts while the text is in your agency's hands."""
        asked = self.asked()
        in_hand(asked)
        with telling(lambda: agreement_shown(self.asked())):
            change(asked, Agreement.objects.get(pk=asked.agreement.pk))
        return agreement_shown(self.asked())


def begun(request: Request, made: Agreement) -> Response:
    """The new agreement and its address."""
    where = request.build_absolute_uri(f"/api/v1/agreements/{made.pk}/")
    return agreement_shown(find(request, made.pk), status=201, headers={"Location": where})


def _understood(request: Request) -> ListForm:
    """The filters asked for; what is not understood is refused, so that no list is wider than was meant."""
    query = request.query_params
    form = ListForm({"when": ALL, **{name: value for name, value in query.items() if name not in PAGING}})
    unknown = set(query) - PAGING - set(FILTERS) - {"ends_before"}
    problems: dict[str, Any] = {name: ["There is no such filter."] for name in sorted(unknown)}
    if not form.is_valid():
        problems |= {name: [str(word) for word in words] for name, words in form.errors.items()}
    if problems:
        raise ValidationError(problems)
    return form


def _place(request: Request) -> Mark | None:
    """Where the page begins."""
    cursor = request.query_params.get("cursor", "")
    place = Mark.read(cursor)
    if cursor and place is None:
        raise ValidationError({"cursor": ["There is no such place in this list. Begin anew without it."]})
    return place
