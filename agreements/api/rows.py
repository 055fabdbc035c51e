"""The rows of an agreement's content: read by all who see it, changed by those who have the text in hand."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, cast
from uuid import UUID

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from agreements import lifecycle, policy
from agreements.api.additions import NEW, PartyNew
from agreements.api.asking import Asked, OneAgreement, matched, unchanged
from agreements.api.changes import CHANGES
from agreements.api.content import READS, row_of, rows_of, term_of
from agreements.api.pages import listed
from agreements.api.refusals import Outdated
from agreements.api.shaping import Strict, identifier
from agreements.lifecycle import StepNotOpen
from agreements.models import Agreement, Ordered, Party, Provision, Term
from agreements.operations import drafting
from audit.models import Audited
from common.http import Stale


def in_hand(asked: Asked) -> None:
    """Refuse whoever may not edit, and everybody while the text is in other hands."""
    step = lifecycle.STEPS["edit"]
    asked.require(step.permission)
    why = lifecycle.closed_because(
        step, asked.agreement, policy.agencies_of(asked.user, today=asked.today), today=asked.today
    )
    if why:
        raise StepNotOpen(why)


def live(asked: Asked, model: type[Audited], pk: UUID) -> Any:
    """A row of the text in hand; 404 if it isn't there (any more)."""
    kept = {"removed": False} if issubclass(model, Ordered) else {"left_on": None}
    found = model.objects.filter(pk=pk, **{"agreement": asked.agreement}, **kept).first()
    if found is None:
        raise Http404
    return found


def sent(asked: Asked, shape: type[Any], row: Audited | None = None) -> dict[str, Any]:
    """What was sent, checked against this agreement's rows; for an existing row only what it changes."""
    context = {"agreement": asked.agreement, "asked": asked}
    form = shape(row, data=asked.request.data, partial=row is not None, context=context)
    form.is_valid(raise_exception=True)
    return cast("dict[str, Any]", form.validated_data)


def change(asked: Asked, row: Any) -> None:
    """Set the fields sent, if the row is still as the program has read it."""
    seen = matched(asked.request, row)
    values = sent(asked, CHANGES[type(row)], row)
    drafting.edit(row, values=values, seen=seen, actor=asked.user, now=asked.now)


@contextmanager
def telling(answer: Callable[[], Response]) -> Iterator[None]:
    """Refuse a write on an older state with what the row is now; `answer` reads it."""
    try:
        yield
    except Stale as stale:
        raise Outdated(answer().data) from stale


class Rows(OneAgreement):
    """The rows of one kind."""

    model: ClassVar[type[Audited]] = Provision

    def get(self, request: Request, pk: UUID) -> Response:
        """In the order of the text."""
        rows = rows_of(self.asked(), self.model)
        return listed(request, rows, READS[self.model], key=lambda row: str(row["id"]))


class AddedRows(Rows):
    """The rows of one kind, to which others can be added."""

    def post(self, request: Request, pk: UUID) -> Response:
        """Add one, after another or at the end."""
        asked = self.asked()
        in_hand(asked)
        made = self.made(asked)
        return shown(self.asked(), self.model, made.pk, status=201)

    def made(self, asked: Asked) -> Audited:
        """The new row."""
        if self.model is Party:
            return drafting.add_party(
                asked.agreement, **sent(asked, PartyNew), actor=asked.user, now=asked.now
            )
        model = cast(type[Ordered], self.model)
        values = sent(asked, NEW[model])
        after = values.pop("after", None)
        return drafting.add(
            asked.agreement, model, values=values, after=after, actor=asked.user, now=asked.now
        )


class OneRow(OneAgreement):
    """One row."""

    model: ClassVar[type[Audited]] = Provision

    def get(self, request: Request, pk: UUID, row: UUID) -> Response:
        """The row as it reads."""
        return shown(self.asked(), self.model, row)

    def patch(self, request: Request, pk: UUID, row: UUID) -> Response:
        """Set some of its fields."""
        asked = self.asked()
        in_hand(asked)
        with telling(lambda: shown(self.asked(), self.model, row)):
            change(asked, live(asked, self.model, row))
        return shown(self.asked(), self.model, row)


class RemovableRow(OneRow):
    """One row that can be taken out."""

    def delete(self, request: Request, pk: UUID, row: UUID) -> Response:
        """Take it out of the text; its history stays. A dataset takes its flows with it."""
        asked = self.asked()
        in_hand(asked)
        target = live(asked, self.model, row)
        with telling(lambda: shown(self.asked(), self.model, row)):
            drafting.remove(target, seen=matched(request, target), actor=asked.user, now=asked.now)
        return Response(status=204)


class TermView(OneAgreement):
    """When it begins, how long it lasts and how it goes on."""

    def get(self, request: Request, pk: UUID) -> Response:
        """The term as it reads."""
        return _term(self.asked())

    def patch(self, request: Request, pk: UUID) -> Response:
        """Set some of its fields."""
        asked = self.asked()
        in_hand(asked)
        with telling(lambda: _term(self.asked())):
            change(asked, Term.objects.get(agreement=asked.agreement))
        return _term(self.asked())


class MoveTo(Strict):
    """Where a provision goes: after another one, or first."""

    def get_fields(self) -> dict[str, Any]:
        """Another provision of the same agreement."""
        agreement: Agreement | None = self.context.get("agreement")
        rows = agreement.provisions.filter(removed=False) if agreement else Provision.objects.none()
        return {"after": identifier(rows.exclude(pk__in=[self.context.get("row")]), allow_null=True)}


class Move(OneAgreement):
    """The place of a provision."""

    def post(self, request: Request, pk: UUID, row: UUID) -> Response:
        """Put it after another one; numbers follow from places."""
        asked = self.asked()
        in_hand(asked)
        target = live(asked, Provision, row)
        with telling(lambda: shown(self.asked(), Provision, row)), unchanged(asked, target):
            form = MoveTo(data=request.data, context={"agreement": asked.agreement, "row": row})
            form.is_valid(raise_exception=True)
            after = form.validated_data["after"]
            drafting.move(live(asked, Provision, row), after=after, actor=asked.user, now=asked.now)
        return shown(self.asked(), Provision, row)


def shown(asked: Asked, model: type[Audited], pk: UUID, *, status: int = 200) -> Response:
    """One row as this person reads it, with its tag."""
    row = row_of(asked, model, pk)
    if row is None:
        raise Http404
    return _tagged(READS[model](row).data, row["etag"], status)


def _term(asked: Asked) -> Response:
    row = term_of(asked)
    if row is None:
        raise Http404
    return _tagged(READS[Term](row).data, row["etag"])


def _tagged(data: Any, mark: str | None, status: int = 200) -> Response:
    return Response(data, status=status, headers={"ETag": mark} if mark else None)
