"""Deciders with one command, one state or one fact too many, for the type checker to find where an arm is missing.

A decider is found in the source: ``X: Decider[S, C, F, K] = Decider("kind", first, decide, evolve)``. Where a name of it is an
alias of a union, the union gets one member more, and so does every alias in it; where it is a class, the annotations do.
"""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).parents[2]
PARTS = ("state", "command", "fact")
_MADE = {
    "state": "import dataclasses\n\n\n@dataclasses.dataclass(frozen=True)\nclass {name}:\n    odd: int\n\n\n",
    "command": "import shared.language.facts\n\n\nclass {name}({base}):\n    odd: int\n\n\n",
    "fact": "import shared.language.facts\n\n\nclass {name}(shared.language.facts.Fact):\n    odd: int\n\n\n",
}


@dataclass(frozen=True)
class Table:
    """A decider as it stands in the source. ``names`` are the unions of states, commands and facts, if it names them."""

    kind: str
    path: Path
    names: tuple[str, ...]
    decide: str
    evolve: str

    @property
    def typed(self) -> bool:
        """Whether it names all four of its types."""
        return len(self.names) == 4


def tables() -> list[Table]:
    """Every decider of a service's domain."""
    found: list[Table] = []
    for path in sorted(PROJECT.glob("services/*/domain/**/*.py")):
        for node in ast.parse(path.read_text()).body:
            match node:
                case ast.AnnAssign(
                    annotation=ast.Subscript(value=ast.Name(id="Decider"), slice=slice_),
                    value=ast.Call(args=[ast.Constant(value=str(kind)), _, ast.Name(id=decide), ast.Name(id=evolve)]),
                ):
                    names = slice_.elts if isinstance(slice_, ast.Tuple) else [slice_]
                    found.append(Table(kind, path, tuple(map(ast.unparse, names)), decide, evolve))
                case _:
                    pass
    return found


def mutate(table: Table, part: str, tree: Path) -> list[str]:
    """Add to this part of the decider in the tree. Answers the names of what was added."""
    name = table.names[PARTS.index(part)]
    path = tree / table.path.relative_to(PROJECT)
    base = "".join(word.capitalize() for word in (table.kind, part))
    places = list(_aliases(path, name, tree))
    if not places:
        _annotate(path, name, f"Odd{base}", part, table)
        return [f"Odd{base}"]
    added: list[str] = []
    for where, alias in places:
        odd = f"Odd{base}In{alias}"
        _extend(where, alias, odd, part)
        added.append(odd)
    return added


def _aliases(path: Path, name: str, tree: Path) -> Iterator[tuple[Path, str]]:
    """The alias of a union and those in it, each with the module it stands in."""
    module = ast.parse(path.read_text())
    for node in module.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=target)], value=ast.BinOp() as value) if target == name:
                yield path, name
                for part in ast.walk(value):
                    if isinstance(part, ast.Name):
                        yield from _aliases(path, part.id, tree)
            case ast.ImportFrom(module=str(where)) if where.startswith("services.") and any(n.name == name for n in node.names):
                yield from _aliases(tree / f"{where.replace('.', '/')}.py", name, tree)
            case _:
                pass


def _extend(path: Path, alias: str, odd: str, part: str) -> None:
    """``A = B | C`` becomes ``A = B | C | Odd``, and the class stands before it."""
    text = path.read_text()
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == alias:
            lines = text.splitlines(keepends=True)
            base = "Step" if "class Step(Command)" in text else "shared.language.facts.Command"  # As its sisters are.
            made = _MADE[part].format(name=odd, base=base) + f"{alias} = {ast.unparse(node.value)} | {odd}\n"
            path.write_text("".join([*lines[: node.lineno - 1], made, *lines[node.end_lineno or node.lineno :]]))
            return


def _annotate(path: Path, name: str, odd: str, part: str, table: Table) -> None:
    """``def decide(…: A)`` becomes ``def decide(…: A | Odd)``, and so does the decider; the class stands after the imports."""
    text = path.read_text()
    module = ast.parse(text)
    spots: list[ast.expr] = []
    for node in module.body:
        if isinstance(node, ast.FunctionDef) and node.name in (table.decide, table.evolve):
            annotations = [argument.annotation for argument in node.args.args]
            spots += [spot for spot in annotations if isinstance(spot, ast.Name) and spot.id == name]
        match node:
            case ast.AnnAssign(
                annotation=ast.Subscript(slice=ast.Tuple(elts=types)), value=ast.Call(args=[ast.Constant(value=kind), *_])
            ) if kind == table.kind:
                spots.append(types[PARTS.index(part)])
            case _:
                pass
    raw = text.encode().splitlines(keepends=True)
    for spot in sorted(spots, key=lambda spot: (spot.lineno, spot.col_offset), reverse=True):
        line = raw[spot.lineno - 1]
        raw[spot.lineno - 1] = line[: spot.end_col_offset] + f" | {odd}".encode() + line[spot.end_col_offset :]
    last = max(node.end_lineno or 0 for node in module.body if isinstance(node, ast.Import | ast.ImportFrom))
    path.write_bytes(
        b"".join([*raw[:last], b"\n" + _MADE[part].format(name=odd, base="shared.language.facts.Command").encode(), *raw[last:]])
    )


@cache
def _module(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def reached(path: Path, start: str) -> set[tuple[str, str]]:
    """Every function of the domain that this one may come to, by module and name: by the names it mentions."""
    found: set[tuple[str, str]] = set()
    waiting = [(path, start)]
    while waiting:
        where, name = waiting.pop()
        key = (where.name, name)
        if key in found or not where.exists():
            continue
        module = _module(where)
        functions = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
        if name not in functions:
            for node in module.body:
                if isinstance(node, ast.ImportFrom) and any((n.asname or n.name) == name for n in node.names):
                    there = where.with_name(f"{(node.module or '').rsplit('.', 1)[-1]}.py")
                    waiting += [(there, name)]
            continue
        found.add(key)
        for node in ast.walk(functions[name]):
            if isinstance(node, ast.Name):
                waiting.append((where, node.id))
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                waiting.append((where.with_name(f"{node.value.id}.py"), node.attr))
    return found


def function_at(path: Path, line: int) -> str:
    """The name of the function this line belongs to."""
    for node in _module(path).body:
        if isinstance(node, ast.FunctionDef) and node.lineno <= line <= (node.end_lineno or line):
            return node.name
    return ""


def plant(tree: Path) -> None:
    """A copy of what the deciders need."""
    shutil.copytree(PROJECT / "shared", tree / "shared")
    for domain in PROJECT.glob("services/*/domain"):
        shutil.copytree(domain, tree / domain.relative_to(PROJECT), ignore=shutil.ignore_patterns("__pycache__"))
        (domain_package := tree / domain.relative_to(PROJECT).parent / "__init__.py").parent.mkdir(exist_ok=True)
        domain_package.touch()
    (tree / "services" / "__init__.py").touch()
