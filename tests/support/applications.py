"""The applications as they are served, made once a session, and their routes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from shared.settings import Settings

SERVICES = ("roster", "visits", "issues", "reporting")


@cache
def application(name: str) -> FastAPI:
    """One that serves nobody: for what stands in it."""
    return import_module(f"services.{name}.app").application(Settings())


def served(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """All routes, those in routers too."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is None:
            yield route
        else:
            yield from served(inner.routes)


def operations(name: str) -> Iterator[tuple[str, str, type[APIRoute]]]:
    """Method, path and kind of route of every documented operation."""
    for route in served(application(name).routes):
        if isinstance(route, APIRoute) and route.include_in_schema:
            yield from ((method, route.path, type(route)) for method in sorted(route.methods))
