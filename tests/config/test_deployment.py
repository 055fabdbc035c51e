"""What is shipped for real servers; its form is checked by `make test`, its promises here."""

import re
from pathlib import Path

import yaml

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
    assert set(services) == {"migrate", "web", "worker", "beat", "postgres", "valkey"}
    for name in ("web", "worker", "beat"):
        assert services[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert services["postgres"]["image"] == "postgres:18"
    assert "HEALTHCHECK" in DOCKERFILE


def test_documents_and_data_are_on_volumes_and_the_application_is_not_root() -> None:
    assert set(COMPOSE["volumes"]) == {"documents", "database", "queue"}
    for name in ("web", "worker", "beat"):
        assert COMPOSE["services"][name]["volumes"] == ["documents:/var/lib/concordat"]
        assert COMPOSE["services"][name]["read_only"] is True
    users = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)
    assert users == ["10001:10001"]
