"""Agencies, people and oneself through the REST API."""

import uuid

import pytest
from rest_framework.test import APIClient

from agencies.operations import people
from tests.agencies import builders


@pytest.fixture
def api():
    """A program that acts as somebody through their token."""

    def acting_as(user):
        client = APIClient()
        key = people.create_token(user, actor=user, now=builders.NOW)
        client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
        return client

    return acting_as


def test_without_credentials_nothing_is_shown(cast):
    for path in ("agencies/", f"agencies/{cast.rpd.pk}/", f"agencies/{cast.rpd.pk}/people/", "me/"):
        assert APIClient().get(f"/api/v1/{path}").status_code == 401


def test_the_registry_is_listed_by_name_and_searched(cast, api):
    client = api(cast.outsider)
    rows = client.get("/api/v1/agencies/").json()["results"]
    assert [row["name"] for row in rows] == sorted(row["name"] for row in rows)
    found = client.get("/api/v1/agencies/", {"q": "riverton", "kind": "police"}).json()["results"]
    assert [row["id"] for row in found] == [str(cast.rpd.pk)]
    for odd in ({"kind": "circus"}, {"kind": "\x00"}, {"q": "\x00"}):
        assert client.get("/api/v1/agencies/", odd).status_code == 200


def test_pages_of_the_list_leave_nothing_out(cast, api):
    for n in range(7):
        builders.agency(f"Court {n % 2}", kind="court")
    client, page, seen = api(cast.admin), "/api/v1/agencies/?page_size=3", []
    while page:
        answer = client.get(page).json()
        seen += [row["id"] for row in answer["results"]]
        page = answer["next"]
    assert len(seen) == len(set(seen)) == 10


def test_one_agency_and_no_agency(cast, api):
    client = api(cast.outsider)
    assert client.get(f"/api/v1/agencies/{cast.rpd.pk}/").json()["slug"] == "riverton-pd"
    for odd in (uuid.uuid4(), "x", "1"):
        assert client.get(f"/api/v1/agencies/{odd}/").status_code == 404


@pytest.mark.parametrize(("who", "status"), [("liaison", 200), ("overseer", 200), ("outsider", 404)])
def test_people_are_for_members_and_overseers(cast, api, who, status):
    answer = api(getattr(cast, who)).get(f"/api/v1/agencies/{cast.rpd.pk}/people/")
    assert answer.status_code == status
    if status == 200:
        assert {row["email"] for row in answer.json()} == {
            "ada@rpd.example",
            "lee@rpd.example",
            "sam@rpd.example",
        }


def test_me_is_who_the_token_belongs_to(cast, api):
    said = api(cast.liaison).get("/api/v1/me/").json()
    assert said["email"] == "lee@rpd.example"
    assert [(row["agency_name"], row["role"]) for row in said["roles"]] == [
        ("Riverton Police Department", "liaison")
    ]


def test_a_closed_accounts_token_stops_working(cast, api):
    client = api(cast.liaison)
    people.deactivate_user(cast.liaison, actor=cast.admin, now=builders.NOW)
    assert client.get("/api/v1/me/").status_code == 401
