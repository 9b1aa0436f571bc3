"""Clients made of our OpenAPI documents by the generators that others use: openapi-typescript and openapi-python-client.

The generators stand in an environment of their own (``make clients``), as they do at whoever calls us.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).parents[2]
HERE = PROJECT / "tests" / "clients"
BIN = PROJECT / ".venv-clients" / "bin"
PYTHON = BIN / "python"
MODULES = HERE / "node_modules"
_ENVIRONMENT = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1"}


def generators() -> None:
    """Skip if they are not there; ``.ci/run`` does not come so far without them."""
    if not (BIN / "openapi-python-client").exists() or not (MODULES / "openapi-typescript").exists():
        pytest.skip("the generators are not here: make clients (it asks PyPI and the npm registry)")


def run(*command: str | Path, cwd: Path, **more: str) -> str:
    """What it said, on both ways out; it must end well."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**_ENVIRONMENT, **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}"
    return done.stdout


def python(name: str, document: Mapping[str, Any], into: Path) -> tuple[Path, str]:
    """The package ``guiren_<name>`` in this folder, and what its generator said."""
    source = into / f"{name}.json"
    source.write_text(json.dumps(document), "utf-8")
    package = into / f"guiren_{name}"
    words = ("--meta", "none", "--fail-on-warning", "--config", HERE / "python.yaml")
    said = run(BIN / "openapi-python-client", "generate", "--path", source, "--output-path", package, *words, cwd=into)
    return package, said


def typescript(name: str, document: Mapping[str, Any], into: Path) -> tuple[Path, str]:
    """The module ``guiren_<name>.ts`` in this folder, and what its generator said. A field with a default may be left out."""
    source, made = into / f"{name}.json", into / f"guiren_{name}.ts"
    source.write_text(json.dumps(document), "utf-8")
    program = MODULES / "openapi-typescript" / "bin" / "cli.js"
    return made, run(BIN / "node", program, source, "--default-non-nullable=false", "-o", made, cwd=into)


def modules(package: Path) -> dict[str, ast.Module]:
    """Every module of operations, by operation: those that send something."""
    found = {path.stem: ast.parse(path.read_text("utf-8")) for path in sorted(package.glob("api/*/*.py"))}
    return {name: module for name, module in found.items() if function(module, "_get_kwargs")}


def function(module: ast.Module, name: str) -> ast.FunctionDef | None:
    """A function of a module."""
    return next((node for node in module.body if isinstance(node, ast.FunctionDef) and node.name == name), None)


def names(node: ast.AST | None) -> Iterator[str]:
    """The names in an annotation, those in quotes too."""
    for part in ast.walk(node) if node else ():
        if isinstance(part, ast.Name):
            yield part.id
        elif isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield from names(ast.parse(part.value))


def fields(package: Path) -> dict[str, dict[str, set[str]]]:
    """The models of a package: each with its fields, and the names in their types."""
    found: dict[str, dict[str, set[str]]] = {}
    for path in package.glob("models/*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef):
                told = (part for part in node.body if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name))
                found[node.name] = {ast.unparse(part.target): set(names(part.annotation)) for part in told}
    return found
