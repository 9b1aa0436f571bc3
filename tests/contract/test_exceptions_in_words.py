"""What an exception of a library says never reaches a person: its text goes to the log alone, people get ``in_words``.

Read off the syntax tree of everything there is. An exception whose class is ours says a Chinese sentence; of any other the text
may be compared, logged and handed on whole, and nothing else.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted(path for folder in ("shared", "services", "deploy") for path in (ROOT / folder).rglob("*.py"))
THE_ONE = ROOT / "shared/log/outages.py"
LOGGERS = {"log", "lines"}
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in FILES}
OURS = {node.name for tree in TREES.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}


def caught(tree: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Names that hold an exception which may be a library's, each with the code in which they do."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and node.name and not _ours(node.type):
            yield from ((node.name, inside) for inside in node.body)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for parameter in node.args.args:
                if isinstance(parameter.annotation, ast.Name) and parameter.annotation.id in ("Exception", "BaseException"):
                    yield parameter.arg, node
            for inside in ast.walk(node):
                if (
                    isinstance(inside, ast.Assign)
                    and isinstance(inside.targets[0], ast.Name)
                    and any(isinstance(part, ast.Attribute) and part.attr == "exception" for part in ast.walk(inside.value))
                ):
                    yield inside.targets[0].id, node


def _ours(kind: ast.expr | None) -> bool:
    match kind:
        case ast.Name(id=name):
            return name in OURS
        case ast.Attribute(attr=name):
            return name in OURS
        case ast.Tuple(elts=parts):
            return all(_ours(part) for part in parts)
        case _:
            return False


def told(name: str, node: ast.AST) -> Iterator[int]:
    """Lines where its text is made, but for a log line and a comparison."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=logger))) if logger in LOGGERS:
            return
        case ast.Compare():
            return
        case ast.Call(func=ast.Name(id="str" | "repr"), args=[ast.Name(id=held)]) if held == name:
            yield node.lineno
        case ast.FormattedValue(value=ast.Name(id=held)) if held == name:
            yield node.lineno
        case ast.Attribute(value=ast.Name(id=held), attr="args") if held == name:
            yield node.lineno
        case _:
            pass
    for inside in ast.iter_child_nodes(node):
        yield from told(name, inside)


@pytest.mark.parametrize("path", [path for path in FILES if path != THE_ONE], ids=lambda path: str(path.relative_to(ROOT)))
def test_no_text_of_a_library_reaches_a_person(path: Path) -> None:
    found = sorted({line for name, inside in caught(TREES[path]) for line in told(name, inside)})
    assert not found, f"lines {found}: shared.log.outages.in_words says it for people, the log the rest"


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("try: x()\nexcept ValueError as error:\n  say(str(error))", {3}),
        ("try: x()\nexcept OUTAGES as e:\n  raise Ours(f'not now: {e}') from e", {3}),
        ("try: x()\nexcept ValueError as error:\n  log.error('x', error=repr(error))\n  say(in_words(error))", set()),
        ("try: x()\nexcept (OSError, Problem) as error:\n  say(error.args)", {3}),
        ("try: x()\nexcept Problem as error:\n  say(str(error))", set()),
        ("def ended(task):\n  error = task.exception()\n  fallen = f'{error!r}'", {3}),
        ("def told(error: Exception):\n  if 'x' in str(error): return\n  say(f'{error}')", {3}),
    ],
)
def test_the_reader_of_the_tree_sees(code: str, lines: set[int]) -> None:
    tree = ast.parse(code)
    assert {line for name, inside in caught(tree) for line in told(name, inside)} == lines


def _keeps(handler: ast.ExceptHandler) -> bool:
    """Whether what is caught may be a library's or our own fault, and its sentence is all that is kept of it."""
    calls = {ast.unparse(node.func) for node in ast.walk(handler) if isinstance(node, ast.Call)}
    broad = handler.type is None or ast.unparse(handler.type) in ("Exception", "BaseException")
    lets_go = any(isinstance(node, ast.Raise) and node.exc is None for node in handler.body)
    return "in_words" in calls and broad and not lets_go and not any(name.partition(".")[0] in LOGGERS for name in calls)


def test_where_people_read_that_the_log_says_more_it_does() -> None:
    """``in_words`` sends them to the log for anything unforeseen: whoever catches it writes it down there."""
    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and _keeps(node)
    ]
    assert not silent
