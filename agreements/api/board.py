"""The expiry board: what must be decided and by when, deciding about several in one go, and who owns what."""

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
from agencies.models import roles_of
from agreements import board
from agreements.api.asking import Door, OneAgreement, sent
from agreements.api.describing import PAGE, paged, says
from agreements.api.pages import answer, listed, size
from agreements.api.shaping import Strict, Text
from agreements.api.showing import DateRead
from agreements.board import Mark, Scope
from agreements.forms.board import BoardForm
from agreements.models import Party
from agreements.operations import owning, settling
from agreements.operations.several import MOST, Choice, Done

TEXT = serializers.CharField
FILTERS = {
    "agency": "Only for this one of your agencies (its slug).",
    "kind": "Only of this kind.",
    "category": "Only with data of this category.",
    "owner": "Only with this owner: a person's id, `me`, or `nobody`.",
    "column": "Only this column: `now`, `notice`, `quarter`, `half` or `open`.",
}
NARROWING = tuple(
    OpenApiParameter(name, OpenApiTypes.STR, description=said) for name, said in FILTERS.items()
)
PAGING = {"page_size", "cursor"}


class BoardRead(serializers.Serializer[Any]):
    """One row: an agreement, for one of your agencies, with the day by which it must decide."""

    agreement = serializers.UUIDField(source="agreement.pk")
    reference = TEXT(source="agreement.reference")
    title = TEXT(source="agreement.title")
    agency = serializers.UUIDField(source="mark.agency")
    column = TEXT()
    what = TEXT(source="mark.what")
    date = DateRead(source="deadline")
    owner = TEXT(help_text="The name of whoever answers for it; empty if nobody does.")
    decided = TEXT(source="settled", help_text="The last decision of the agency; empty if there is none.")
    decided_on = serializers.DateField(source="settled_on", allow_null=True)


class ChoiceSaid(Strict):
    """One row: the agreement, for which of your agencies (null: the one you speak for), and a reason of its own."""

    agreement = serializers.UUIDField()
    agency = serializers.UUIDField(required=False, default=None, allow_null=True)
    reason = Text(max_length=4000, required=False, default="", allow_blank=True)


class DecisionsSaid(Strict):
    """The same decision about several rows: one reason for all, or one for each."""

    outcome = serializers.ChoiceField(choices=[one.value for one in settling.BULK])
    reason = Text(max_length=4000, required=False, default="", allow_blank=True)
    consulted = Text(max_length=300, required=False, default="", allow_blank=True)
    rows = ChoiceSaid(many=True, allow_empty=False, max_length=MOST)  # type: ignore[call-arg]


class DoneRead(serializers.Serializer[Any]):
    """What came of one row: recorded, or why not."""

    agreement = serializers.UUIDField(source="choice.agreement")
    agency = serializers.UUIDField(source="choice.agency", allow_null=True)
    recorded = serializers.SerializerMethodField()
    why = TEXT()

    def get_recorded(self, done: Done) -> bool:
        """Whether it was."""
        return not done.why


class OwnerSaid(Strict):
    """Who answers for the agreement (null: nobody), for which of your agencies (null: the one you speak for)."""

    person = serializers.UUIDField(allow_null=True)
    agency = serializers.UUIDField(required=False, default=None, allow_null=True)


class OwnerRead(serializers.ModelSerializer[Party]):
    """Who of one of your agencies answers for the agreement; `holds` says whether they are its liaison or counsel now."""

    agency = serializers.UUIDField(source="agency_id")
    person = serializers.UUIDField(source="owner_id", allow_null=True)
    name = TEXT(source="owner.name", default="")
    holds = serializers.BooleanField(source="valid_owner")

    class Meta:
        model = Party
        fields = ("agency", "person", "name", "holds")
        read_only_fields = fields


class Board(Door):
    """The board of one's agencies."""

    @says("board_list", paged(BoardRead), parameters=(*NARROWING, *PAGE))
    def get(self, request: Request) -> Response:
        """What waits for a decision, column by column and in each the soonest first."""
        cursor = request.query_params.get("cursor", "")
        after = Mark.read(cursor)
        if cursor and after is None:
            raise ValidationError({"cursor": ["There is no such place in this list. Begin anew without it."]})
        today = civil_day(timezone.now())
        page = board.page(self._scope(request), after=after, limit=size(request), today=today)
        return answer(request, page.items, BoardRead, page.next)

    def _scope(self, request: Request) -> Scope:
        """The board asked for; what is not understood is refused, so that no board is wider than was meant."""
        today = civil_day(timezone.now())
        held = roles_of(self.user, today=today)
        agencies = {row.agency_id: row.agency for row in held}
        asked = {name: value for name, value in request.query_params.items() if name not in PAGING}
        form = BoardForm(asked, agencies={agency.slug: agency for agency in agencies.values()},
                         owners=owning.eligible(*agencies, today=today))  # fmt: skip
        scope = form.scope(tuple(agencies), self.user)
        problems: dict[str, Any] = {
            name: ["There is no such filter."] for name in sorted(set(asked) - set(FILTERS))
        }
        problems |= {name: [str(word) for word in words] for name, words in form.errors.items()}
        if problems:
            raise ValidationError(problems)
        return scope


class BoardDecisions(Door):
    """Deciding about several rows of the board."""

    http_method_names = ["post"]

    @says("board_decide", DoneRead(many=True), request=DecisionsSaid)
    def post(self, request: Request) -> Response:
        """Record the same decision about each; every row is recorded by itself or says why not."""
        said = sent(DecisionsSaid, request)
        choices = [Choice(**row) for row in said.pop("rows")]
        done = settling.decide_all(choices, **said, actor=self.user, now=timezone.now())
        return Response(DoneRead(done, many=True).data)


class Owners(OneAgreement):
    """Who answers for the agreement."""

    @says("owners_list", paged(OwnerRead), parameters=PAGE)
    def get(self, request: Request, pk: UUID) -> Response:
        """For each of one's own agencies."""
        return self._shown(request)

    @says("owners_name", paged(OwnerRead), request=OwnerSaid)
    def post(self, request: Request, pk: UUID) -> Response:
        """Name the owner for one of one's agencies, or nobody."""
        asked = self.asked()
        asked.require("assign")
        owning.own(asked.agreement, **sent(OwnerSaid, request), actor=asked.user, now=asked.now)
        return self._shown(request)

    def _shown(self, request: Request) -> Response:
        asked = self.asked()
        return listed(
            request, list(owning.of_ones_own(asked.agreement, asked.user, today=asked.today)), OwnerRead
        )
