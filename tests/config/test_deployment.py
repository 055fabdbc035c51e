"""What is shipped for real servers; its form is checked by `make test`, its promises here."""

import os
import re
import subprocess
from pathlib import Path

import psycopg2
import pytest
import yaml

from config.addresses import APPLICATION, OWNER, SUPERUSER, socket_dir
from config.engines import postgres

HOME = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((HOME / "docker-compose.yml").read_text())
DOCKERFILE = (HOME / "Dockerfile").read_text()


def test_no_secret_has_a_default() -> None:
    for name, service in COMPOSE["services"].items():
        given = service.get("environment", {})
        assert not [key for key in given if re.search("SECRET|PASSWORD|DATABASE_URL", key)], name
        assert service.get("env_file") or name == "valkey"
    assert not re.search(r"^(ENV|ARG).*(SECRET|PASSWORD)", DOCKERFILE, re.MULTILINE)


def test_every_service_is_watched_and_starts_after_what_it_needs() -> None:
    services = COMPOSE["services"]
    assert set(services) == {"migrate", "web", "worker", "beat", "notary", "postgres", "valkey"}
    for name in ("web", "worker", "beat", "notary"):
        assert services[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert services["postgres"]["image"] == "postgres:18"
    assert "HEALTHCHECK" in DOCKERFILE


def test_documents_and_data_are_on_volumes_and_the_application_is_not_root() -> None:
    assert set(COMPOSE["volumes"]) == {"documents", "notary", "seal", "database", "queue"}
    for name in ("web", "worker", "beat"):
        seal = ["seal:/var/lib/seal"] if name == "worker" else []  # its key is for nobody else
        assert COMPOSE["services"][name]["volumes"] == ["documents:/var/lib/concordat", *seal]
        assert COMPOSE["services"][name]["read_only"] is True
    users = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)
    assert users == ["10001:10001"]


def test_only_migrate_is_told_the_owner_s_password() -> None:
    for name, service in COMPOSE["services"].items():
        assert ("owner.env" in service.get("env_file", [])) == (name == "migrate"), name


@pytest.mark.usefixtures("cluster")
def test_the_database_image_makes_the_database_and_both_roles(var: Path) -> None:
    (mounted,) = [one for one in COMPOSE["services"]["postgres"]["volumes"] if "initdb.d" in one]
    script = HOME / mounted.split(":")[0]
    with postgres.running(var / "postgres"):
        server = psycopg2.connect(host=str(socket_dir(var)), user=SUPERUSER, dbname="postgres")
        server.autocommit = True
        with server.cursor() as cursor:
            for statement in (
                f"DROP DATABASE {postgres.DATABASE}",
                f"DROP ROLE {OWNER}",
                f"DROP ROLE {APPLICATION}",
            ):
                cursor.execute(statement)
            given = {"OWNER_PASSWORD": "o'1", "APPLICATION_PASSWORD": 'a"2', "POSTGRES_USER": SUPERUSER}
            where = {"PGHOST": str(socket_dir(var)), "PATH": f"{postgres.binaries()}:{os.environ['PATH']}"}
            subprocess.run([script], env={**given, **where}, check=True)
            cursor.execute(
                "SELECT rolname, rolsuper, rolcanlogin FROM pg_authid WHERE rolpassword IS NOT NULL ORDER BY 1"
            )
            assert cursor.fetchall() == [(APPLICATION, False, True), (OWNER, False, True)]
            cursor.execute("SELECT datdba::regrole::text FROM pg_database WHERE datname = 'concordat'")
            assert cursor.fetchone() == (OWNER,)
        server.close()


def test_the_notarys_key_is_on_a_volume_that_no_other_service_has_under_an_account_of_its_own() -> None:
    notary = COMPOSE["services"]["notary"]
    assert notary["volumes"] == ["notary:/var/lib/notary"]
    assert notary["environment"]["NOTARY_DIR"] == "/var/lib/notary"
    assert notary["user"] == "10002:10002" and "useradd --system --uid 10002" in DOCKERFILE
    others = [service for name, service in COMPOSE["services"].items() if name != "notary"]
    assert not any("notary" in volume for service in others for volume in service.get("volumes", []))
