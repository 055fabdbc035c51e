"""How tests call the API: as a program with somebody's token."""

import json
from typing import Any

from rest_framework.test import APIClient

from agencies.models import User
from agencies.operations.people import create_token
from agreements.models import Agreement
from tests.builders import NOW

PROBLEM = "application/problem+json"


class Program:
    """A program that acts as one person."""

    def __init__(self, person: User | None) -> None:
        self.client = APIClient()
        if person is not None:
            key = create_token(person, actor=person, now=NOW)
            self.client.credentials(HTTP_AUTHORIZATION=f"Token {key}")

    def call(self, method: str, path: str, body: Any = None, *, on: str | None = None, **more: Any) -> Any:
        """One request; `on` is the ETag it stands on."""
        headers = {} if on is None else {"HTTP_IF_MATCH": on}
        if method != "get":
            more |= {"data": json.dumps({} if body is None else body), "content_type": "application/json"}
        return getattr(self.client, method)(f"/api/v1/{path}", **more, **headers)

    def get(self, path: str, status: int = 200, **more: Any) -> Any:
        """What is there."""
        answer = self.call("get", path, **more)
        assert answer.status_code == status, answer.content
        return answer

    def rows(self, path: str) -> list[dict[str, Any]]:
        """Every row of a list, page by page."""
        found: list[dict[str, Any]] = []
        where: str | None = f"/api/v1/{path}"
        while where:
            answer = self.client.get(where)
            assert answer.status_code == 200, answer.content
            found += answer.json()["results"]
            where = answer.json()["next"]
        return found

    def act(self, method: str, path: str, body: Any = None, *, status: int = 200, **more: Any) -> Any:
        """A write on the newest state of what is at `path`, or of the agreement for a step."""
        parts = path.split("/")
        place = f"agreements/{parts[1]}/" if "steps" in parts else path
        seen = self.get(place)["ETag"]
        answer = self.call(method, path, body, on=seen, **more)
        assert answer.status_code == status, answer.content
        return answer

    def step(self, agreement: str, name: str, status: int = 200, **body: Any) -> Any:
        """One step of the agreement's life."""
        return self.act("post", f"agreements/{agreement}/steps/{name}/", body, status=status).json()


def url(agreement: Agreement, path: str = "") -> str:
    """An address below the agreement."""
    return f"agreements/{agreement.pk}/{path}"


def errors(answer: Any) -> dict[str, str]:
    """The complaints of a problem document by field."""
    assert answer["Content-Type"] == PROBLEM, answer.content
    return {line["field"]: line["message"] for line in answer.json().get("errors", [])}
