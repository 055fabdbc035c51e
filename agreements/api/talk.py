"""The discussion: what one's own agency said in private never leaves it."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agreements import policy
from agreements.api.asking import Asked, OneAgreement, StateTag, etag, sent, unchanged
from agreements.api.describing import PAGE, paged, says
from agreements.api.pages import listed
from agreements.api.shaping import Strict, Text, identifier
from agreements.models import Comment, Provision
from agreements.operations import negotiating

TEXT = serializers.CharField


class CommentRead(serializers.ModelSerializer[Comment]):
    """A remark; `private_to` is the agency that alone can read it."""

    etag = StateTag()
    author = TEXT(source="author.name")
    author_agency = TEXT(source="author_agency.name", default=None, allow_null=True)

    class Meta:
        model = Comment
        fields = ("id", "etag", "text", "provision", "topic", "about", "mentions", "reply_to", "private_to", "author", "author_agency",
                  "made_at", "resolved_at")  # fmt: skip
        read_only_fields = fields


class CommentNew(Strict):
    """A remark on the agreement or one provision, to all parties or to one's own agency only."""

    text = Text(max_length=8000)
    private = serializers.BooleanField(required=False, default=False)
    topic = Text(max_length=80, required=False, default="", allow_blank=True)
    told = serializers.ListField(
        child=serializers.UUIDField(format="hex_verbose"), required=False, default=list, max_length=200
    )

    def get_fields(self) -> dict[str, Any]:
        """Provisions of the text and comments that this person can read."""
        asked: Asked | None = self.context.get("asked")
        provisions = provisions_read(asked) if asked else Provision.objects.none()
        comments = comments_read(asked) if asked else Comment.objects.none()
        return {
            **super().get_fields(),
            "provision": identifier(provisions, required=False, default=None, allow_null=True),
            "reply_to": identifier(comments, required=False, default=None, allow_null=True),
        }

    def validate_reply_to(self, row: Comment | None) -> Comment | None:
        """Threads are one deep: an answer to an answer belongs to the same remark."""
        return row.reply_to or row if row else None


class Comments(OneAgreement):
    """The remarks this person can read."""

    @says("comments_list", paged(CommentRead), parameters=PAGE)
    def get(self, request: Request, pk: UUID) -> Response:
        """In the order they were made."""
        return listed(request, list(comments_read(self.asked())), CommentRead)

    @says("comments_create", CommentRead, request=CommentNew, status=201)
    def post(self, request: Request, pk: UUID) -> Response:
        """Say something."""
        asked = self.asked()
        asked.require("comment")
        said = sent(CommentNew, request, asked=asked)
        row = negotiating.comment(asked.agreement, **said, actor=asked.user, now=asked.now)
        return _shown(row, 201)


SETTLES = {"resolve": negotiating.resolve, "reopen": negotiating.reopen}
"""Marking a remark as dealt with, and taking the mark away again."""


class Settle(OneAgreement):
    """Whether a remark is dealt with."""

    act = ""

    def post(self, request: Request, pk: UUID, comment: UUID) -> Response:
        """Say it, as the remark was read."""
        asked = self.asked()
        row = get_object_or_404(comments_read(asked), pk=comment)
        asked.require("comment")
        with unchanged(asked, row):
            done = SETTLES[self.act](row, actor=asked.user, now=asked.now)
        return _shown(done)


def settling(act: str) -> Any:
    """The view of one of both."""
    view = type(f"Comment{act.title()}", (Settle,), {"act": act, "__doc__": f"To {act} a remark."})
    return extend_schema_view(post=says(f"comments_{act}", CommentRead, matched=True))(view)


def comments_read(asked: Asked) -> Any:
    """The comments this person can read."""
    rows = policy.comments_visible_to(asked.user, asked.agreement, today=asked.today)
    return rows.select_related("author", "author_agency", "reply_to").order_by("made_at", "id")


def provisions_read(asked: Asked) -> Any:
    """The provisions of the text this person can read."""
    content = asked.reading().content or {}
    return asked.agreement.provisions.filter(pk__in=[row["id"] for row in content.get("provisions", [])])


def _shown(row: Comment, status: int = 200) -> Response:
    return Response(CommentRead(row).data, status=status, headers={"ETag": etag(row)})
