"""Many existing agreements at once: a table of key terms and its files, a trial, then row by row."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agreements.api.asking import Door, Form, sent
from agreements.api.describing import PAGE, paged, says
from agreements.api.importing import NEWEST, limited
from agreements.api.pages import listed
from agreements.api.shaping import Strict, agencies
from agreements.forms.importing import MAX_TABLE, MAX_ZIP
from agreements.keyterms import BY_KEY
from agreements.models import Batch, BatchRow, BatchState, RowState
from agreements.operations import batches


class BatchRead(serializers.ModelSerializer[Batch]):
    """A bulk import: how far it is, its columns, and how many rows are in each state."""

    state = serializers.ChoiceField(choices=BatchState.values)
    rows = serializers.SerializerMethodField()
    files = serializers.SerializerMethodField()

    class Meta:
        model = Batch
        fields = (
            "id",
            "name",
            "lead",
            "state",
            "header",
            "mapping",
            "rows",
            "files",
            "asked_at",
            "finished_at",
        )
        read_only_fields = fields

    def get_rows(self, batch: Batch) -> dict[str, int]:
        """How many are new, ready, faulty and done, and in all."""
        return batches.tally(batch)

    def get_files(self, batch: Batch) -> int:
        """How many files were put in."""
        return len(batch.files)


class BatchNew(Strict):
    """A table of key terms and the ZIP of the files it names."""

    lead = agencies()
    table = serializers.FileField(help_text="A .csv or .xlsx, at most 10 MB and 5,000 rows.")
    archive = serializers.FileField(help_text="A ZIP of .docx, .pdf, .txt and .md files, at most 500 MB.")

    def validate_table(self, file: Any) -> Any:
        """Of a size that is read."""
        return limited(file, MAX_TABLE)

    def validate_archive(self, file: Any) -> Any:
        """Of a size that is read."""
        return limited(file, MAX_ZIP)


class MappingSaid(Strict):
    """Which column, counted from 0, holds which term; without it, the columns as matched by their names."""

    mapping = serializers.DictField(child=serializers.IntegerField(min_value=0, max_value=60), required=False)

    def validate_mapping(self, mapping: Mapping[str, int]) -> Mapping[str, int]:
        """Terms that there are."""
        unknown = sorted(set(mapping) - set(BY_KEY))
        if unknown:
            raise serializers.ValidationError(f"There is no such term: {', '.join(unknown)[:200]}.")
        return mapping


class RowProblem(serializers.Serializer[Any]):
    """What is wrong, and with which term."""

    column = serializers.CharField()
    says = serializers.CharField()


class BatchRowRead(serializers.ModelSerializer[BatchRow]):
    """One row: its number in the table, its cells, what is wrong with it, and the agreement it became."""

    state = serializers.ChoiceField(choices=RowState.values)
    problems = RowProblem(many=True)

    class Meta:
        model = BatchRow
        fields = ("number", "state", "cells", "problems", "agreement")
        read_only_fields = fields


class Batches(Door):
    """The bulk imports one began."""

    parser_classes = (Form,)
    http_method_names = ["get", "post"]

    @says("batches_list", paged(BatchRead), parameters=PAGE)
    def get(self, request: Request) -> Response:
        """The newest first."""
        return listed(request, list(batches.mine(self.user)[:NEWEST]), BatchRead)

    @says("batches_create", BatchRead, request={"multipart/form-data": BatchNew}, status=201)
    def post(self, request: Request) -> Response:
        """Put a table and its files in; nothing is brought in yet."""
        said = sent(BatchNew, request)
        batch = batches.begin(
            table=said["table"].read(), table_name=said["table"].name, archive=said["archive"].file, lead=said["lead"],
            root=settings.DOCUMENTS, actor=self.user, now=timezone.now(),
        )  # fmt: skip
        where = {"Location": f"/api/v1/imports/many/{batch.pk}/"}
        return Response(BatchRead(batch).data, status=201, headers=where)


class OneBatch(Door):
    """One bulk import of one's own."""

    http_method_names = ["get", "delete"]

    @says("batches_retrieve", BatchRead)
    def get(self, request: Request, batch: UUID) -> Response:
        """How far it is."""
        return Response(BatchRead(get_object_or_404(batches.mine(self.user), pk=batch)).data)

    @says("batches_drop", None, status=204)
    def delete(self, request: Request, batch: UUID) -> Response:
        """Give it up; what was brought in stays."""
        batches.drop(
            get_object_or_404(batches.mine(self.user), pk=batch), actor=self.user, now=timezone.now()
        )
        return Response(status=204)


class CheckBatch(Door):
    """Trying every row."""

    http_method_names = ["post"]

    @says("batches_check", BatchRead, request=MappingSaid, status=202)
    def post(self, request: Request, batch: UUID) -> Response:
        """Say what the columns hold and try the rows; nothing is brought in."""
        row = get_object_or_404(batches.mine(self.user), pk=batch)
        said = sent(MappingSaid, request)
        mapping = said.get("mapping", row.mapping)
        return Response(
            BatchRead(batches.check(row, mapping=mapping, actor=self.user, now=timezone.now())).data,
            status=202,
        )


class RunBatch(Door):
    """Bringing the ready rows in."""

    http_method_names = ["post"]

    @says("batches_run", BatchRead, status=202)
    def post(self, request: Request, batch: UUID) -> Response:
        """Begin; follow the batch to see how far it is."""
        row = get_object_or_404(batches.mine(self.user), pk=batch)
        return Response(BatchRead(batches.run(row, actor=self.user, now=timezone.now())).data, status=202)


class BatchRows(Door):
    """The rows of a bulk import."""

    http_method_names = ["get"]

    @says("batches_rows", paged(BatchRowRead), parameters=(
        *PAGE, OpenApiParameter("state", OpenApiTypes.STR, enum=RowState.values, description="Only rows in this state.")))  # fmt: skip
    def get(self, request: Request, batch: UUID) -> Response:
        """In the order of the table."""
        row = get_object_or_404(batches.mine(self.user), pk=batch)
        state = request.query_params.get("state", "")
        if state and state not in RowState.values:
            raise serializers.ValidationError({"state": [f"Choose among {', '.join(RowState.values)}."]})
        rows = row.rows.filter(state=state) if state else row.rows.all()
        return listed(request, list(rows.order_by("number")), BatchRowRead, key=lambda one: str(one.number))
