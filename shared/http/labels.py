"""The words people see for every value of every enumeration, for whoever writes a page: no secret, so nobody is asked who he is."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from pydantic import Field

from shared.http.answer import Answer
from shared.http.entrance import Entrance
from shared.language.terms import Term

if TYPE_CHECKING:
    from shared.http.service import Service

router = APIRouter(tags=["名称表"], route_class=Entrance)


class Terms(Answer):
    """Every enumeration of a service with the labels of its values."""

    terms: dict[str, dict[str, str]] = Field(description="枚举名(同本文档组件名)到「值 → 中文名称」的对照,值按业务上的先后排列")


@router.get("/terms", name="list_terms", summary="枚举值的中文名称")
async def terms(request: Request, response: Response) -> Terms:
    """Of every enumeration this service knows; an enumeration has the name it has among the components of this document."""
    service: Service = request.app.state.service
    response.headers["Cache-Control"] = "public, max-age=300"
    return known_to(service.name)


@cache
def known_to(service: str) -> Terms:
    """The table of a service."""
    return Terms(terms={kind.__name__: {member.value: member.label for member in kind} for kind in kinds_of(service)})


def kinds_of(service: str) -> list[type[Term]]:
    """The enumerations of the shelves and of the service itself; another service's may have the same names."""
    found = (kind for kind in _all(Term) if not kind.__module__.startswith("services.") or f".{service}." in kind.__module__)
    return sorted(found, key=lambda kind: kind.__name__)


def _all(kind: type[Term]) -> Iterator[type[Term]]:
    for each in kind.__subclasses__():
        yield each
        yield from _all(each)
