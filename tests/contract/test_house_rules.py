"""House rules that a linter does not know, as small walks over the syntax."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(path for top in ("shared", "services", "deploy") for path in (ROOT / top).rglob("*.py"))
DOMAIN = [path for path in SOURCES if "domain" in path.parts]
IMPURE = {"asyncpg", "fastapi", "httpx", "time", "random", "secrets", "os", "asyncio", "nats", "socket"}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_only_the_bus_imports_nats() -> None:
    assert [named(p) for p in SOURCES if any(n.split(".")[0] == "nats" for n in imported(tree(p)))] == ["shared/log/bus.py"]


_READERS = {"python_calamine", "openpyxl", "xlrd", "csv", "zipfile", "tarfile", "xml", "PIL"}
_OWN = {
    "services/roster/intake/places.py": "the names of places that come with the product",
    "services/issues/documents/package.py": "writes an archive",
    "services/roster/intake/whole.py": "writes a report",
    "deploy/cli/importing.py": "writes a report",
    "deploy/demo/pictures.py": "draws the demo's own pictures",
    "deploy/demo/district.py": "reads the demo's own tables",
}


def test_foreign_bytes_are_parsed_in_the_child_alone() -> None:
    """Whatever reads workbooks, pictures, archives and delimited text stands in ``shared/paper/foreign``; the rest reads or writes our own."""
    found = {named(p) for p in SOURCES if _READERS & {n.split(".")[0] for n in imported(tree(p))}}
    outside = {path for path in found if not path.startswith("shared/paper/foreign/")}
    assert outside == set(_OWN)


def test_uploads_have_no_name_in_any_folder() -> None:
    """A file without a name is gone with whoever holds it; the evidence's pieces have a folder that is swept."""
    for path in SOURCES:
        if path.relative_to(ROOT).parts[0] in ("services", "shared"):
            text = path.read_text(encoding="utf-8")
            assert "mkstemp" not in text and "NamedTemporaryFile" not in text, named(path)


def test_services_know_nothing_of_each_other() -> None:
    for path in SOURCES:
        parts = path.relative_to(ROOT).parts
        if parts[0] == "services" and len(parts) > 2:
            others = {n for n in imported(tree(path)) if n.startswith("services.") and n.split(".")[1] != parts[1]}
            assert not others, f"{named(path)} imports {others}"


def test_the_shelves_import_no_service() -> None:
    for path in SOURCES:
        if path.relative_to(ROOT).parts[0] == "shared":
            assert not [n for n in imported(tree(path)) if n.split(".")[0] in ("services", "deploy")], named(path)


@pytest.mark.parametrize("path", DOMAIN, ids=named)
def test_the_domain_is_pure(path: Path) -> None:
    module = tree(path)
    assert not {n for n in imported(module) if n.split(".")[0] in IMPURE}
    for node in ast.walk(module):
        assert not isinstance(node, (ast.AsyncFunctionDef, ast.Await)), f"line {getattr(node, 'lineno', 0)} awaits"
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called.split(".")[-1] not in {"now", "utcnow", "today", "new_id", "uuid4", "open", "print"}, (
                f"line {node.lineno}: {called}"
            )


def test_nothing_is_left_to_do() -> None:
    marks = ("TO" + "DO", "FIX" + "ME", "XX" + "X:")
    files = [*SOURCES, *(p for top in ("shared", "deploy") for p in (ROOT / top).rglob("*.sql"))]
    assert not [named(p) for p in files if any(mark in p.read_text(encoding="utf-8") for mark in marks)]


def test_every_module_class_and_public_function_says_what_it_is() -> None:
    """Routes say it in their Chinese summary; everything else in a docstring."""
    silent = []
    for path in SOURCES:
        module = tree(path)
        if ast.get_docstring(module) is None and path.read_text(encoding="utf-8").strip():
            silent.append(named(path))
        for node in module.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and ast.get_docstring(node) is None:
                silent.append(f"{named(path)}: {node.name}")  # noqa: PERF401
    assert not silent
