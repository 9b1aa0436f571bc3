"""Clients that others generate from the four documents: no warning, no operation left out, nothing unknown in an answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support import clients
from support.applications import SERVICES, application

OF_REFUSALS = {"Problem", "Refusal"}
"""Problem documents: beside code and title they hold the facts of the case, which differ from one refusal to the next."""
_HEADERS = re.compile(r"headers: \{\s*(?:[\w\"?: -]+;\s*)*\[name: string\]: unknown;\s*\}")
"""As openapi-typescript writes the headers of every answer: others may come."""
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_OUTER, _INNER = re.compile(r" {4}(\w+)\??: "), re.compile(r" {8}(\w+)\??: ")
"""Lines that begin an operation or the schemas, and those that begin a part of an operation or a schema."""
_WORD = re.compile(r"(?<![\w\"])(?:unknown|any)(?![\w\"])")


@dataclass(frozen=True)
class Made:
    """What the two generators made of the documents."""

    documents: dict[str, dict[str, Any]]
    folder: Path
    said: dict[str, tuple[str, str]]

    def typescript(self, name: str) -> str:
        """Without comments and headers."""
        text = (self.folder / f"guiren_{name}.ts").read_text("utf-8")
        return _HEADERS.sub("", _COMMENT.sub("", text))

    def package(self, name: str) -> Path:
        return self.folder / f"guiren_{name}"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    clients.generators()
    folder = tmp_path_factory.mktemp("clients")
    documents = {name: application(name).openapi() for name in SERVICES}
    said = {
        name: (clients.python(name, document, folder)[1], clients.typescript(name, document, folder)[1])
        for name, document in documents.items()
    }
    return Made(documents, folder, said)


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {operation["operationId"]: operation for methods in document["paths"].values() for operation in methods.values()}


@pytest.mark.parametrize("name", SERVICES)
def test_neither_generator_warns(made: Made, name: str) -> None:
    python, typescript = made.said[name]
    assert python.split() == ["Generating", *python.split()[1:2]]
    assert not re.search("warn|error|⚠|✘", typescript, re.IGNORECASE), typescript


@pytest.mark.parametrize("name", SERVICES)
def test_no_operation_is_left_out(made: Made, name: str) -> None:
    ours = operations(made.documents[name])
    assert clients.modules(made.package(name)).keys() == ours.keys()
    (table,) = re.findall(r"^export interface operations \{\n(.*?)^\}", made.typescript(name), re.DOTALL | re.MULTILINE)
    assert sorted(re.findall(r"^    (\w+): \{$", table, re.MULTILINE)) == sorted(ours)


@pytest.mark.parametrize("name", SERVICES)
def test_every_answer_of_the_python_client_has_a_type(made: Made, name: str) -> None:
    """From what each operation returns down to the last field: no ``Any``, unless there is nothing in the answer."""
    told, models, seen = operations(made.documents[name]), clients.fields(made.package(name)), set[str]()
    for operation, module in clients.modules(made.package(name)).items():
        function = clients.function(module, "_parse_response")
        assert function
        returned = set(clients.names(function.returns))
        good = [answer for code, answer in told[operation]["responses"].items() if code < "3"]
        assert ("Any" in returned) <= any("content" not in answer for answer in good), operation
        assert len(returned - {"Any", "Problem", "None"}) >= any("content" in answer for answer in good), operation
        seen |= returned
    waiting = list(seen & models.keys())
    while waiting:
        model = waiting.pop()
        for field, types in models[model].items():
            assert "Any" not in types or model in OF_REFUSALS or model.startswith("Problem"), f"{model}.{field}"
            new = (types & models.keys()) - seen
            seen |= new
            waiting += new
    assert len(seen & models.keys()) > 30


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_is_unknown_in_the_typescript_client(made: Made, name: str) -> None:
    """Outside of refusals, and of a request whose file may be of either form."""
    owner, part = "", ""
    for line in made.typescript(name).splitlines():
        if found := _OUTER.match(line):
            owner, part = found[1], ""
        elif found := _INNER.match(line):
            part = found[1]
        if _WORD.search(line):
            allowed = part in OF_REFUSALS if owner == "schemas" else part == "requestBody"
            assert allowed, f"{owner}.{part}: {line.strip()}"


def test_both_are_good_to_write_a_client_with(made: Made) -> None:
    """Every line of TypeScript is looked at by its compiler, every module of Python imported, and a morning's work written with
    each has types that fit."""
    for part in ("morning.ts", "morning.py"):
        (made.folder / part).write_text((clients.HERE / part).read_text("utf-8"), "utf-8")
    (made.folder / "node_modules").symlink_to(clients.MODULES)
    strict = ("--noEmit", "--strict", "--target", "es2022", "--module", "esnext", "--moduleResolution", "bundler")
    clients.run(clients.BIN / "node", "node_modules/typescript/bin/tsc", *strict, "morning.ts", cwd=made.folder)
    found = [path.relative_to(made.folder).with_suffix("") for path in made.folder.glob("guiren_*/**/*.py")]
    assert len(found) > sum(len(operations(document)) for document in made.documents.values())
    lines = "\n".join(f"import {'.'.join(path.parts)}" for path in found)
    clients.run(clients.PYTHON, "-W", "error", "-c", lines, cwd=made.folder)
    (made.folder / "pyrightconfig.json").write_text(
        '{"include": ["morning.py"], "typeCheckingMode": "strict", "pythonVersion": "3.11", "reportMissingModuleSource": "none"}'
    )
    checker = clients.PROJECT / ".venv" / "bin" / "basedpyright"
    clients.run(checker, "--pythonpath", clients.PYTHON, "--level", "error", cwd=made.folder)
