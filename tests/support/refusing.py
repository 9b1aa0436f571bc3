"""What an operation can refuse with, read from the code: from its endpoint and its dependencies through what they call, and in a
``match`` through the arms of its commands alone.

It names rather too many than too few: a condition is not looked at, and a method is followed by its name.
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import pkgutil
import textwrap
import types
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import asyncpg
from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

import services
import shared
from shared.language.decider import Decider
from shared.language.facts import Command
from shared.language.problems import PROBLEMS, Problem

OURS = ("services.", "shared.")
_FOREIGN = (list, dict, set, str, bytes, datetime, asyncpg.Connection, asyncpg.Pool, Request, Response, Path)
"""A method is followed by its name where one class of ours has it and none of these."""
_SHOWING = ("allowed_actions",)
"""What asks the guards only to show what would be allowed: nothing it meets is a refusal."""
_UNSEEN: Mapping[str, tuple[str, ...]] = {
    "import_register": ("many-missing", "leaves-out", "file-unreadable", "reader-died"),
    "continue_upload": ("offset-differs", "uploads-unfinished"),
}
"""By operation, what is raised in a method whose name says nothing of whose it is. What lacks here fails the test that met it."""
Refusals = dict[str, set[str]]
"""By code, the facts it comes with."""


@functools.cache
def _methods() -> Mapping[str, types.FunctionType]:
    for package in (services, shared):  # Whoever reads first, reads the same.
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    found: dict[str, list[types.FunctionType]] = defaultdict(list)
    waiting, seen = [object], set[type]()
    while waiting:
        for kind in type.__subclasses__(waiting.pop()):
            if kind in seen:
                continue
            seen.add(kind)
            waiting.append(kind)
            if str(kind.__module__).startswith(OURS) and not issubclass(kind, Problem | Command):
                for name, item in vars(kind).items():
                    function = inspect.unwrap(item.__func__ if isinstance(item, staticmethod | classmethod) else item)
                    foreign = name.startswith("__") or any(hasattr(other, name) for other in _FOREIGN)
                    if isinstance(function, types.FunctionType) and not foreign:
                        found[name].append(function)
    return {name: functions[0] for name, functions in found.items() if len(functions) == 1}


@functools.cache
def _tree(function: types.FunctionType) -> ast.AST | None:
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError, TypeError):  # A lambda in the middle of a line, a function made by a library.
        return None


@dataclass
class _Walk:
    """What has been found from one endpoint."""

    commands: set[type[Command]]
    refusals: Refusals = field(default_factory=dict[str, set[str]])
    made: set[type[Command]] = field(default_factory=set[type[Command]])
    seen: set[int] = field(default_factory=set[int])

    def follow(self, thing: Any) -> None:
        """Whatever a name stands for."""
        if isinstance(thing, functools.partial):
            self.follow(thing.func)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
            return
        if isinstance(thing, Decider):
            self.follow(thing.decide)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
            return
        if isinstance(thing, types.MethodType):
            thing = thing.__func__
        if not callable(thing) or id(thing) in self.seen:
            return
        self.seen.add(id(thing))
        function = inspect.unwrap(thing)
        if (
            isinstance(function, types.FunctionType)
            and function.__module__.startswith(OURS)
            and function.__name__ not in _SHOWING
        ):
            tree = _tree(function)
            if tree is not None:
                self._read(tree, _names(function), inside=".domain." in function.__module__)

    def _read(self, node: ast.AST, names: Mapping[str, Any], *, inside: bool) -> None:
        for child in self._children(node, names):
            if isinstance(child, ast.Call):
                self._called(child, names, inside=inside)
            elif isinstance(child, ast.Name | ast.Attribute) and isinstance(child.ctx, ast.Load):
                self._named(_meant(child, names))
            self._read(child, names, inside=inside)

    def _children(self, node: ast.AST, names: Mapping[str, Any]) -> Iterator[ast.AST]:
        """What is looked at: no types, no patterns, nothing that is merely asked for its type, no arm of another command."""
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "pattern", "decorator_list") or (
                isinstance(node, ast.ExceptHandler) and name == "type"
            ):
                continue
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, ast.match_case) and not self._meets(item.pattern, names):
                    continue
                if (
                    isinstance(item, ast.Call)
                    and isinstance(item.func, ast.Name)
                    and item.func.id in ("isinstance", "issubclass")
                ):
                    yield item.args[0]
                elif isinstance(item, ast.AST):
                    yield item

    def _meets(self, pattern: ast.pattern, names: Mapping[str, Any]) -> bool:
        kinds = [_meant(part.cls, names) for part in ast.walk(pattern) if isinstance(part, ast.MatchClass)]
        asked = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Command)]
        return not asked or any(issubclass(mine, kind) or issubclass(kind, mine) for kind in asked for mine in self.commands)

    def _called(self, call: ast.Call, names: Mapping[str, Any], *, inside: bool) -> None:
        thing = _meant(call.func, names)
        if thing is None and isinstance(call.func, ast.Attribute):
            self.follow(_methods().get(call.func.attr))
        if isinstance(thing, type) and issubclass(thing, Problem):
            self.refusals.setdefault(thing.code(), set()).update(item.arg for item in call.keywords if item.arg)
        elif isinstance(thing, type) and issubclass(thing, Command) and not inside:
            self.made.add(thing)

    def _named(self, thing: Any) -> None:
        if isinstance(thing, type):
            if issubclass(thing, Problem) and thing.__subclasses__() == []:
                self.refusals.setdefault(thing.code(), set())
        elif isinstance(thing, dict):
            for item in thing.values():  # pyright: ignore[reportUnknownVariableType]
                self.follow(item)
        else:
            self.follow(thing)


def _names(function: types.FunctionType) -> dict[str, Any]:
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    closed: dict[str, Any] = {}
    for name, cell in cells:
        try:
            closed[name] = cell.cell_contents
        except ValueError:  # Not bound yet.
            continue
    known = {name: thing for name, thing in function.__globals__.items() if name not in function.__code__.co_varnames}
    return {**known, **closed}


def _meant(node: ast.AST, names: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        return getattr(_meant(node.value, names), node.attr, None)
    return None


def _dependencies(dependant: Dependant) -> Iterator[Any]:
    if dependant.call is not None:
        yield dependant.call
    for item in dependant.dependencies:
        yield from _dependencies(item)


def _commands(annotation: Any) -> Iterator[type[Command]]:
    if isinstance(annotation, type) and issubclass(annotation, Command):
        yield annotation
    for part in get_args(annotation):
        yield from _commands(part)


def refusals_of(route: APIRoute) -> Refusals:
    """What the operation of this route can refuse with."""
    seeds = list(_dependencies(route.dependant))
    hints = inspect.get_annotations(inspect.unwrap(route.endpoint), eval_str=True)
    commands = {kind for hint in hints.values() for kind in _commands(hint)}
    while True:
        walk = _Walk(commands)
        for seed in seeds:
            walk.follow(seed)
        if walk.made <= commands:
            # The gate of the log remembers its refusal, and raises what it remembers.
            unseen = (*_UNSEEN.get(route.name, ()), *(("log-unchecked",) if "log-fork" in walk.refusals else ()))
            return {**{code: set[str]() for code in unseen}, **walk.refusals}
        commands = commands | walk.made


def told(found: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """As it is written into the file of a service."""
    return {code: sorted(facts) for code, facts in sorted(found.items()) if code in PROBLEMS}
