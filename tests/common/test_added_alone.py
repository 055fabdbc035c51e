"""Tables that are added alone are known to those they refer to, and follow when those change."""

from typing import Any

from django.db import models
from django.db.migrations.state import ModelState, ProjectState

from common.management.commands.migrate import added_alone


def table(name: str, **fields: Any) -> ModelState:
    return ModelState("common", name, [("id", models.BigAutoField(primary_key=True)), *fields.items()])


def pointing(to: str) -> Any:
    return models.ForeignKey(f"common.{to}", on_delete=models.CASCADE)


def test_a_table_that_is_added_alone_is_known_to_the_one_it_refers_to_and_follows_its_changes() -> None:
    state = ProjectState()
    with added_alone():
        state.add_model(table("First"))
        before = state.apps.get_model("common", "First")
        state.add_model(table("Second", first=pointing("First"), itself=pointing("Second")))
        state.add_model(table("Third", second=pointing("Second")))
        first, second = (state.apps.get_model("common", name) for name in ("First", "Second"))
        assert first is before
        assert [each.related_model for each in first._meta.related_objects] == [second]
        state.add_field("common", "first", "name", models.TextField(), False)
        state.alter_field("common", "first", "id", models.UUIDField(primary_key=True), False)
    changed, second = (state.apps.get_model("common", name) for name in ("First", "Second"))
    assert changed is not first
    assert second._meta.get_field("first").remote_field.model is changed
    assert second._meta.get_field("itself").remote_field.model is second
    third = state.apps.get_model("common", "Third")
    assert third._meta.get_field("second").remote_field.model is second


def test_afterwards_django_does_as_it_always_does() -> None:
    before = ProjectState.reload_model
    with added_alone():
        assert ProjectState.reload_model is not before
    assert ProjectState.reload_model is before
