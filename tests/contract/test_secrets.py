"""Each service is handed its own credentials and nobody else's, embedded and in compose alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.embedded.home import Home
from deploy.embedded.programs import service_environment
from deploy.keys import SERVICES

COMPOSE: dict[str, Any] = yaml.safe_load((Path(__file__).parents[2] / "docker-compose.yml").read_text(encoding="utf-8"))
ADMINISTRATORS = {"postgres-admin", "nats", "nats-health", "signing-key"}


def of_others(name: str) -> set[str]:
    return ADMINISTRATORS | {f"{kind}{each}" for each in SERVICES if each != name for kind in ("", "nats-", "entry-key-")}


@pytest.mark.parametrize("name", SERVICES)
def test_a_services_container_has_its_own_credentials_only(name: str) -> None:
    handed = set(COMPOSE["services"][name]["secrets"])
    assert not handed & of_others(name)
    assert {f"nats-{name}", f"entry-key-{name}", "entry-keys.json"} <= handed


@pytest.mark.parametrize("name", SERVICES)
def test_a_services_environment_names_its_own_credentials_only(name: str, tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make()
    told = {Path(value).name for key, value in service_environment(home, name).items() if key.endswith("_FILE")}
    assert not told & of_others(name)
    assert {f"nats-{name}", f"entry-key-{name}", "entry-keys.json"} <= told


def test_every_secret_of_compose_is_made_and_every_one_named_is_there(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make()
    made = {path.name for path in home.secrets.iterdir()}
    assert set(COMPOSE["secrets"]) <= made
    named = {secret for service in COMPOSE["services"].values() for secret in service.get("secrets", ())}
    assert named == set(COMPOSE["secrets"])
