"""Who has sealed data opened, and for what: a list over the syntax of the whole product, each place with its reason."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import orjson
import pytest
import yaml

from deploy.embedded.home import Home
from deploy.embedded.programs import service_environment
from deploy.install import SERVICES
from deploy.keys import CLIENTS
from services.vault.domain.permits import FORMS, PERMITS
from services.vault.settings import VaultSettings
from shared.language.openings import Opening
from shared.settings import Settings

ROOT = Path(__file__).parents[2]
SOURCES = sorted(path for top in ("shared", "services", "deploy") for path in (ROOT / top).rglob("*.py"))
_COLLEAGUES = "names of the administration's own people, whom their colleagues address by name"

ALLOWED: dict[tuple[str, str, Opening], str] = {
    (
        "shared/http/disclosure.py",
        "disclose",
        Opening.DISCLOSE,
    ): "the one way to read what is masked: a fact with a reason comes first",
    ("shared/log/handle.py", "_opened", Opening.HANDLE): "a decision compares what is said with what was said before",
    ("shared/log/handle.py", "_only_a_repeat", Opening.HANDLE): "whether a repeat says the same",
    ("shared/log/views.py", "write", Opening.SEARCH): "an index of blinded pieces is made of the clear words",
    ("services/issues/projections/words.py", "matching", Opening.SEARCH): "a long question is compared with the words themselves",
    (
        "services/issues/reactions.py",
        "on_visit_heard",
        Opening.HANDLE,
    ): "whether a visit's words speak of difficulties nobody reported",
    ("services/issues/queries/received.py", "met", Opening.HANDLE): "whether an order that comes again says the same",
    ("services/issues/queries/received.py", "held", Opening.HANDLE): "whether an order that waits says the same",
    ("services/issues/api/held_orders.py", "match_order", Opening.HANDLE): "the words of a held order become its ticket's",
    ("services/issues/queries/naming.py", "people", Opening.NAMES): _COLLEAGUES,
    ("services/reporting/queries/papers.py", "_names", Opening.NAMES): _COLLEAGUES,
    ("services/roster/queries/brand.py", "_told", Opening.NAMES): "the office's contact, published on every plaque",
    ("services/roster/queries/grids.py", "_people", Opening.NAMES): _COLLEAGUES,
    ("services/roster/queries/history.py", "history", Opening.NAMES): _COLLEAGUES,
    ("services/roster/queries/history.py", "workbook", Opening.NAMES): _COLLEAGUES,
    ("services/roster/queries/load.py", "load", Opening.NAMES): _COLLEAGUES,
    ("services/roster/queries/load.py", "proposal", Opening.NAMES): _COLLEAGUES,
    ("services/roster/queries/members.py", "members", Opening.NAMES): _COLLEAGUES,
    ("services/roster/queries/members.py", "proposals", Opening.NAMES): _COLLEAGUES,
    ("services/roster/queries/identity.py", "me", Opening.NAMES): "one's own name",
    ("services/roster/queries/responsibility.py", "_answer", Opening.NAMES): _COLLEAGUES,
    ("services/roster/queries/team.py", "liaisons", Opening.NAMES): _COLLEAGUES,
    ("services/roster/queries/team.py", "workbook", Opening.NAMES): _COLLEAGUES,
    ("services/roster/queries/projects.py", "printed", Opening.NAMES): "who serves the project stands on its plaque",
    ("services/roster/queries/projects.py", "printed", Opening.LINK): "the plaque's own address stands on it as a picture",
    ("services/roster/api/importing.py", "_write", Opening.COMPARE): "only what differs from the register is amended",
    ("services/roster/queries/previewing.py", "of", Opening.COMPARE): "what an import would change; what is answered is masked",
    (
        "services/roster/queries/rows.py",
        "rows",
        Opening.COMPARE,
    ): "which cells of a doubtful row may be shown; the others are masked",
    ("services/visits/api/links.py", "show", Opening.LINK): "the address, shown once to who may hand it over",
    ("services/visits/queries/links.py", "link", Opening.LINK): "the address for those who may hand it over",
    ("services/visits/queries/lookups.py", "prepare", Opening.HANDLE): "a correction that says the same is none",
    ("services/visits/queries/public.py", "specialists", Opening.NAMES): "who serves an enterprise is told to it",
    ("services/visits/api/public.py", "_on_visit", Opening.HANDLE): "a word on a visit that says the same is none",
    ("services/visits/api/public.py", "_said_just_now", Opening.HANDLE): "the same demand twice a day is one",
    ("services/visits/api/visits.py", "tell_nothing", Opening.HANDLE): "a visit as last time carries last time's words over",
}
"""Purposes for which texts leave the vault in clear."""


@cache
def functions(path: Path) -> list[tuple[str, ast.AST]]:
    """Every node with the function it stands in."""
    found: list[tuple[str, ast.AST]] = []
    waiting: list[tuple[str, ast.AST]] = [("", ast.parse(path.read_text(encoding="utf-8")))]
    while waiting:
        name, node = waiting.pop()
        for child in ast.iter_child_nodes(node):
            inside = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else name
            found.append((inside, child))
            waiting.append((inside, child))
    return found


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def outside_the_vault() -> list[Path]:
    return [path for path in SOURCES if "services/vault" not in named(path) and named(path) != "shared/language/openings.py"]


def test_what_leaves_the_vault_in_clear_is_on_the_list_with_its_reason() -> None:
    found = {
        (named(path), name, Opening[node.attr])
        for path in outside_the_vault()
        for name, node in functions(path)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Opening"
        if Opening[node.attr] not in FORMS
    }
    assert found == set(ALLOWED)
    assert all(len(reason) > 12 for reason in ALLOWED.values())


def test_every_purpose_is_written_where_it_is_asked_for() -> None:
    """No purpose comes out of a variable, but in the one function that passes on its own parameter; nothing is imported under
    another name; nobody asks past the client.
    """
    for path in outside_the_vault():
        for name, node in functions(path):
            if isinstance(node, ast.ImportFrom):
                assert not any(alias.name == "Opening" and alias.asname for alias in node.names), named(path)
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            if called.endswith("vault.open"):
                purposes = [ast.unparse(part) for part in node.args[1:2]]
                passing = (named(path), name) == ("shared/language/freetext.py", "opened")
                assert passing or (purposes and purposes[0].startswith("Opening.")), f"{named(path)}: {ast.unparse(node)}"
            if called in ("opened", "freetext.opened") and "vault" in ast.unparse(node.args[0]):
                assert all(ast.unparse(part).startswith("Opening.") for part in node.args[2:3]), (
                    f"{named(path)}: {ast.unparse(node)}"
                )
            assert not called.endswith("vault._ask"), named(path)


def test_a_disclosure_and_what_is_searched_for_are_no_ones_else() -> None:
    """Each purpose is some client's, none is everybody's that reads numbers, and clients are those that have a secret."""
    assert set(PERMITS) == set(CLIENTS) >= set(SERVICES)
    assert Opening.DISCLOSE not in PERMITS["reporting"].purposes
    assert {name for name, permit in PERMITS.items() if Opening.FIND in permit.purposes} == {"roster"}
    assert {name for name, permit in PERMITS.items() if permit.erases} == {"roster", "issues"}
    assert not PERMITS["audit"].seals
    assert {name for name, permit in PERMITS.items() if permit.indexes} == {"audit"}
    assert frozenset().union(*(permit.purposes for permit in PERMITS.values())) == set(Opening)


def test_no_service_is_told_where_master_keys_or_the_vaults_password_are(tmp_path: Path) -> None:
    assert not {"master_key_file", "vault_password_file"} & set(Settings.model_fields)
    assert {"master_key_file", "vault_password_file"} <= set(VaultSettings.model_fields)
    home = Home(tmp_path)
    home.make()
    secret = {home.secret("master-key"), home.secret("vault")}
    for name in SERVICES:
        told = service_environment(home, name)
        assert not any(value.endswith(("/master-key", "/vault")) for value in told.values()), name
        assert home.secrets in [Path(folder) for folder in orjson.loads(told["GUIREN_CLOSED"])]
        own = [Path(value) for value in told.values() if value.startswith(str(home.secrets)) and Path(value).is_file()]
        assert own and not any(secret & set(path.read_text().split()) for path in own), name


@pytest.mark.parametrize("name", [*SERVICES, "audit", "demo"])
def test_in_compose_only_the_vault_and_the_installer_have_those_files(name: str) -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    assert not {"master-key", "vault"} & set(services[name]["secrets"])
    others = {f"vault-{client}" for client in CLIENTS if client != name}
    assert not others & set(services[name]["secrets"])
    assert f"vault-{name}" in services[name]["secrets"]
    holding = {each for each, said in services.items() if "master-key" in (said.get("secrets") or ())}
    assert holding == {"vault"}
    assert {each for each, said in services.items() if "vault" in (said.get("secrets") or ())} == {"vault", "install"}
