"""Every field that can be sent takes only what belongs to it: no other rows, no other columns, nothing foreign."""

from typing import Any
from uuid import uuid4

import pytest
from rest_framework import serializers

from agreements.api.additions import NEW
from agreements.api.changes import CHANGES
from agreements.api.content import PLACES
from agreements.models import Agreement, Flow, Term
from agreements.operations.drafting import EDITABLE
from audit.models import Audited
from tests import builders
from tests.api.calling import Program, errors, url
from tests.builders import World

pytestmark = pytest.mark.django_db
ODD = [
    "\x00",
    "\ud800",
    "a\x07b",
    {"a": 1},
    [[]],
    10**400,
    -(10**20),
    "x" * 70_000,
    "9999-12-31",
    "0001-01-01",
]


def _path(agreement: Agreement, row: Audited) -> str:
    if isinstance(row, Agreement):
        return url(agreement)
    return url(agreement, "term/" if isinstance(row, Term) else f"{PLACES[type(row)]}/{row.pk}/")


def _rows(agreement: Agreement) -> dict[type[Audited], Audited]:
    """One row of each kind."""
    found: dict[type[Audited], Audited] = {Agreement: agreement, Term: agreement.term}
    for model in PLACES:
        row = model.objects.filter(**{"agreement": agreement}).first()
        if row is None:
            pytest.fail(f"the template has no {model.__name__}")
        found[model] = row
    return found


def test_a_door_offers_exactly_what_the_operation_takes() -> None:
    for model, shape in CHANGES.items():
        assert set(shape().fields) == EDITABLE[model]
    for kind, new in NEW.items():
        assert set(new().fields) - {"after", "dataset"} == EDITABLE[kind]


def test_no_other_column_of_a_row_is_taken(made: World) -> None:
    agreement = builders.drafted(made)
    program = Program(made.riverton_liaison)
    for model, row in _rows(agreement).items():
        names = {field.name for field in model._meta.fields} - EDITABLE[model] | {
            "pk",
            "agreement_id",
            "etag",
        }
        body: dict[str, Any] = {name: str(uuid4()) for name in names}
        answer = program.act("patch", _path(agreement, row), body, status=400)
        assert set(errors(answer)) == names
        assert type(row)._default_manager.get(pk=row.pk).last_event_id == row.last_event_id


def test_rows_of_other_agreements_are_never_taken(made: World) -> None:
    agreement, other = builders.drafted(made), builders.drafted(made, title="Another")
    program, theirs, tried = Program(made.riverton_liaison), _rows(other), 0
    for model, row in _rows(agreement).items():
        fields = CHANGES[model](row, context={"agreement": agreement}).fields
        for name, field in fields.items():
            if not isinstance(field, serializers.PrimaryKeyRelatedField):
                continue
            target = model._meta.get_field(name).related_model
            foreign = theirs.get(target, made.outsider).pk
            for value in (foreign, uuid4(), made.harbor.pk):
                tried += 1
                answer = program.act("patch", _path(agreement, row), {name: str(value)}, status=400)
                assert name in errors(answer)
    assert tried == 3 * 6
    flow: Any = theirs[Flow]
    body = {
        "dataset": str(flow.dataset_id),
        "provider": str(flow.provider_id),
        "recipient": str(flow.recipient_id),
    }
    assert set(errors(program.call("post", url(agreement, "flows/"), body))) == set(body)
    for model, row in theirs.items():
        if model in PLACES:
            there = url(agreement, f"{PLACES[model]}/{row.pk}/")
            assert program.call("patch", there, {}, on=f'"{row.last_event_id}"').status_code == 404


@pytest.mark.slow
def test_odd_values_in_every_field_are_refused_or_harmless(made: World) -> None:
    agreement = builders.drafted(made)
    program = Program(made.riverton_liaison)
    for row in _rows(agreement).values():
        path, fields = _path(agreement, row), sorted(EDITABLE[type(row)])
        seen = program.get(path)["ETag"]
        for value in ODD:
            refused = program.call("patch", path, dict.fromkeys(fields, value), on=seen)
            assert refused.status_code == 400, (path, value)
            named = {name.partition(".")[0] for name in errors(refused)}
            assert named <= {"", *fields}
            for name in set(fields) - named if "" not in named else ():
                answer = program.call("patch", path, {name: value}, on=seen)
                assert answer.status_code in {200, 400}, (path, name, value, answer.content)
                seen = answer.headers.get("ETag", seen)
    program.get(url(agreement))


def test_a_new_agreement_takes_nothing_but_its_fields(made: World) -> None:
    program = Program(made.riverton_liaison)
    body = {"title": "T", "lead": str(made.riverton.pk), "partners": [{"agency": str(made.mesa.pk)}]}
    for extra in (
        "id",
        "stage",
        "reference",
        "turn",
        "executed_at",
        "provisions",
        "source_name",
        "actor",
        "now",
    ):
        assert set(errors(program.call("post", "agreements/", {**body, extra: "draft"}))) == {extra}
    for lead in (made.mesa, made.harbor):
        assert program.call("post", "agreements/", {**body, "lead": str(lead.pk)}).status_code == 403
    nested = {**body, "partners": [{"agency": str(made.mesa.pk), "signatory": "x"}]}
    assert set(errors(program.call("post", "agreements/", nested))) == {"partners.0.signatory"}
    assert not Agreement.objects.exists()
