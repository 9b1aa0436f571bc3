"""What sealed data may be opened for. A closed list: whoever asks the vault names one, and the vault writes it down.

Which of them a service may name stands in the vault (``services/vault/domain/permits``), and so do the forms: what is only
shown leaves the vault masked, whatever the service that asks would like to have.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from shared.language.terms import Term


class Opening(Term):
    """Why something is opened."""

    DISCLOSE = "disclose", "写明事由查看"
    MASK = "mask", "脱敏显示"
    READ = "read", "阅读文字(号码脱敏)"
    NAMES = "names", "工作人员姓名"
    HANDLE = "handle", "办理时与已填内容比对"
    SEARCH = "search", "检索"
    COMPARE = "compare", "登记数据比对"
    LINK = "link", "企业专用链接"
    FIND = "find", "按号码查找"

    @property
    def shows(self) -> bool:
        """Whether it is for showing only: without the vault a page shows what it can."""
        return self in (Opening.MASK, Opening.READ, Opening.NAMES)


request: ContextVar[Mapping[str, Any] | None] = ContextVar("request", default=None)
"""The ASGI scope of the request that is being answered, from which the vault is told who asks; none in the background."""


@dataclass(frozen=True)
class Asker:
    """On whose behalf, by what operation, for which request: as the asking service says."""

    by: tuple[UUID, ...] = ()
    via: str = ""
    """The operation, or the commands; empty for what a service does by itself."""
    request: str = ""
    """The correlation id, or the commands' ids."""
    about: UUID | None = None
    fields: tuple[str, ...] = ()
    """Of a disclosure: the record it is about, and which of its fields."""

    def facts(self) -> dict[str, Any]:
        """As the vault is told."""
        about = self.about and str(self.about)
        return {
            "by": [str(id_) for id_ in self.by],
            "via": self.via,
            "request": self.request,
            "about": about,
            "fields": self.fields,
        }

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Asker:
        """From what the vault was told."""
        about = UUID(told["about"]) if told["about"] else None
        return cls(tuple(UUID(id_) for id_ in told["by"]), told["via"], told["request"], about, tuple(told["fields"]))


def asker() -> Asker:
    """Who is being answered now."""
    scope = request.get()
    if scope is None:
        return Asker()
    caller = scope.get("caller")
    return Asker((caller.id,) if caller else (), getattr(scope.get("route"), "name", ""), scope.get("correlation", ""))
