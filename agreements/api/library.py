"""The clause library: texts shipped and own, who holds them, how far agreements stray, and what agencies approved."""

from typing import Any
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from agencies.days import civil_day
from agencies.models import Agency
from agencies.policy import require
from agreements.api.asking import Door, matched, sent, tag
from agreements.api.describing import PAGE, paged, says
from agreements.api.library_shapes import (
    ClauseFields,
    ClauseRead,
    DivergenceRead,
    HeldRead,
    OwnClauseNew,
    PositionNew,
    PositionRead,
    TextGroupRead,
    UsageRead,
)
from agreements.api.pages import answer, listed, size
from agreements.api.steps import Reason
from agreements.forms.library import FACETS, options
from agreements.library import shelf, uses
from agreements.library.shelf import Shelf, Sought
from agreements.library.texts import Text as LibraryText
from agreements.listing import Mark
from agreements.models import AgencyClause, AgencyPosition, own_parts
from agreements.operations import keeping

SEARCH = (
    OpenApiParameter("q", OpenApiTypes.STR, description="Words, each the beginning of a word of the text."),
    *(OpenApiParameter(name, OpenApiTypes.STR, description="A key of this facet.") for name in FACETS),
)


class OfLibrary(Door):
    """An address of the library."""

    @property
    def today(self) -> Any:
        """The day by which roles are held."""
        return civil_day(timezone.now())

    def shelf(self) -> Shelf:
        """What this person may read."""
        return shelf.shelf(self.user, today=self.today)

    def versions(self, ref: str) -> list[LibraryText]:
        """Every version of a text this person may read, the newest first; 404 for all others."""
        found = shelf.versions(ref, shelf.readable(self.user, today=self.today))
        if not found:
            raise Http404
        return found

    def kept(self, slug: str) -> Agency:
        """The agency of this slug, if this person keeps its clauses; one whose clauses they may not read is unknown."""
        found = next((one for one in shelf.readable(self.user, today=self.today) if one.slug == slug), None)
        if found is None:
            raise ValidationError({"agency": ["Choose an agency whose clauses you keep."]})
        return found

    def own(self, ref: str) -> AgencyClause:
        """The newest version of an own clause this person may read; 404 for all others, 403 for a shipped one."""
        self.versions(ref)
        named = own_parts(ref)
        if named is None:
            raise PermissionDenied(
                "Clauses that come with Concordat stay as they are. Write your own text on the matter."
            )
        rows = AgencyClause.objects.filter(agency__slug=named[0], key=named[1]).select_related("agency")
        return rows.order_by("-version")[0]

    def shown(self, ref: str, status: int = 200) -> Response:
        """The newest version as it is read, with its tag."""
        one = self.versions(ref)[0]
        headers = {"ETag": tag(one.etag)} if one.own else None
        return Response(ClauseRead(one).data, status=status, headers=headers)


class Library(OfLibrary):
    """The texts this person may read."""

    http_method_names = ["get", "post"]

    @says("library_list", paged(ClauseRead), parameters=(*SEARCH, *PAGE))
    def get(self, request: Request) -> Response:
        """In the order of the parts of an agreement; with words, the best match first."""
        held, asked = self.shelf(), request.query_params
        known = options(held.agencies)
        wrong = {
            name: ["There is no such key."]
            for name in FACETS
            if asked.get(name, "") not in {"", *known[name]}
        }
        if wrong:
            raise ValidationError(wrong)
        words = asked.get("q", "")[:200].replace("\x00", " ")
        found = held.found(Sought(text=words, **{name: asked.get(name, "") for name in FACETS}))
        return listed(request, found, ClauseRead, key=lambda one: one.ref)

    @says("library_create", ClauseRead, request=OwnClauseNew, status=201)
    def post(self, request: Request) -> Response:
        """A clause of an agency's own."""
        said = sent(OwnClauseNew, request)
        agency = self.kept(said.pop("agency"))
        row = keeping.write_clause(agency, values=said, actor=self.user, now=timezone.now())
        return self.shown(row.ref, status=201)


class OneClause(OfLibrary):
    """One text."""

    http_method_names = ["get"]

    @says("library_retrieve", ClauseRead)
    def get(self, request: Request, ref: str) -> Response:
        """Its newest version."""
        return self.shown(ref)


class ClauseVersions(OfLibrary):
    """The versions of one text."""

    http_method_names = ["get", "post"]

    @says("library_versions_list", paged(ClauseRead), parameters=PAGE)
    def get(self, request: Request, ref: str) -> Response:
        """The newest first."""
        return listed(request, self.versions(ref), ClauseRead, key=lambda one: str(one.version))

    @says("library_versions_create", ClauseRead, request=ClauseFields, status=201, matched=True)
    def post(self, request: Request, ref: str) -> Response:
        """Another version of an own clause; the ones before stay."""
        row = self.own(ref)
        _keeper(self, row.agency)
        seen, said = matched(request, row), sent(ClauseFields, request)
        keeping.revise_clause(row, values=said, seen=seen, actor=self.user, now=timezone.now())
        return self.shown(ref, status=201)


class ClauseRetire(OfLibrary):
    """Retiring one own clause."""

    http_method_names = ["post"]

    @says("library_retire", ClauseRead, request=Reason, matched=True)
    def post(self, request: Request, ref: str) -> Response:
        """Offer it no longer; agreements keep its text."""
        row = self.own(ref)
        _keeper(self, row.agency)
        seen, said = matched(request, row), sent(Reason, request)
        keeping.retire_clause(row, **said, seen=seen, actor=self.user, now=timezone.now())
        return self.shown(ref)


class ClauseUsage(OfLibrary):
    """Who holds one text."""

    http_method_names = ["get"]

    @says("library_usage", UsageRead, parameters=PAGE)
    def get(self, request: Request, ref: str) -> Response:
        """Of the agreements this person may see, in the order of their list."""
        self.versions(ref)
        found = uses.usage(self.user, ref, after=_mark(request), limit=size(request), today=self.today)
        page = answer(request, found.rows, HeldRead, found.next)
        page.data |= {
            "versions": {str(key): count for key, count in found.versions.items()},
            "more": found.more,
        }
        return page


class ClauseDivergence(OfLibrary):
    """How far agreements stray from one text."""

    http_method_names = ["get"]

    @says("library_divergence", DivergenceRead, parameters=PAGE[1:])
    def get(self, request: Request, ref: str) -> Response:
        """Of the agreements this person may see; ten texts a page."""
        self.versions(ref)
        place, _, start = request.query_params.get("cursor", "").partition("~")
        first = int(start) if start.isascii() and start.isdigit() and len(start) < 6 else 0
        found = uses.divergence(self.user, ref, after=Mark.read(place), first=first, today=self.today)
        cursor = f"{place}~{found.following}" if found.following is not None else found.next
        page = answer(request, found.groups, TextGroupRead, cursor)
        page.data |= {"model": found.model, "texts": found.texts, "agreements": found.agreements}
        return page


class Positions(OfLibrary):
    """What this person's agencies approved."""

    http_method_names = ["get", "post"]

    @says("clause_positions_list", paged(PositionRead), parameters=PAGE)
    def get(self, request: Request) -> Response:
        """By matter."""
        held = self.shelf().positions
        return listed(request, [row for matter in sorted(held) for row in held[matter]], PositionRead)

    @says("clause_positions_set", PositionRead, request=PositionNew, status=201)
    def post(self, request: Request) -> Response:
        """State one; If-Match is needed where the agency has one on the matter already."""
        said = sent(PositionNew, request)
        agency = self.kept(said.pop("agency"))
        _keeper(self, agency)
        there = AgencyPosition.objects.filter(agency=agency, matter=said["matter"], withdrawn_at=None).first()
        seen = matched(request, there) if there is not None else None
        row = keeping.set_position(agency, **said, seen=seen, actor=self.user, now=timezone.now())
        return Response(PositionRead(row).data, status=201, headers={"ETag": tag(row.last_event_id)})


class PositionWithdraw(OfLibrary):
    """Withdrawing one position."""

    http_method_names = ["post"]

    @says("clause_positions_withdraw", PositionRead, request=Reason, matched=True)
    def post(self, request: Request, position: UUID) -> Response:
        """The agency has no position on the matter any more."""
        agencies = shelf.readable(self.user, today=self.today)
        rows = AgencyPosition.objects.filter(agency__in=[one.pk for one in agencies]).select_related(
            "agency", "set_by"
        )
        row = get_object_or_404(rows, pk=position)
        _keeper(self, row.agency)
        seen, said = matched(request, row), sent(Reason, request)
        done = keeping.withdraw_position(row, **said, seen=seen, actor=self.user, now=timezone.now())
        return Response(PositionRead(done).data)


def _keeper(door: OfLibrary, agency: Agency) -> None:
    """Refuse whoever reads the agency's clauses but does not keep them, before anything else is looked at."""
    require(door.user, "keep_clauses", agency, today=door.today)


def _mark(request: Request) -> Mark | None:
    return Mark.read(request.query_params.get("cursor", ""))
