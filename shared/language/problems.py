"""Refusals as RFC 9457 problem documents: a code, a Chinese sentence, the facts.

A refusal of the rules is a class in the domain module that raises it; its docstring is the rule, its ``title`` the
sentence people see. Here are only the kinds, and those every service can raise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from shared.language.freetext import mask_numbers

PROBLEMS: dict[str, type[Problem]] = {}
"""Every refusal by its code; served and tested as a catalogue."""


class Problem(Exception):
    """Something that can't be done, said so that a person understands it."""

    status: ClassVar[int] = 409
    title: str = "无法办理"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        known = PROBLEMS.setdefault(cls.code(), cls)
        if known is not cls:
            message = f"two refusals are called {cls.code()}: {known.__module__}, {cls.__module__}"
            raise TypeError(message)

    def __init__(self, **facts: Any) -> None:
        super().__init__(self.title)
        self.facts = facts

    @classmethod
    def code(cls) -> str:
        """The class name in kebab case."""
        return "".join("-" + char.lower() if char.isupper() else char for char in cls.__name__).lstrip("-")

    def document(self) -> dict[str, Any]:
        """The problem document. A refusal may quote what a record says; numbers of people that were typed there are masked for
        whoever reads it, as nobody asked for them here.
        """
        return {"type": f"urn:guiren:problem:{self.code()}", "title": self.title, "status": self.status, **_masked(self.facts)}


def _masked(told: Any) -> Any:
    if isinstance(told, str):
        return mask_numbers(told)
    if isinstance(told, Mapping):
        return {name: _masked(value) for name, value in told.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(told, (list, tuple, set, frozenset)):
        return [_masked(value) for value in told]  # pyright: ignore[reportUnknownVariableType]
    return told


class Unauthenticated(Problem):
    """No bearer token, or one that does not hold."""

    status = 401
    title = "请先登录"


class Forbidden(Problem):
    """The role does not allow it (``roles.md``)."""

    status = 403
    title = "您的岗位没有这项权限"


class OpenedElsewhere(Forbidden):
    """The first device that opens a link is the only one (decision 0051)."""

    title = "此链接已在另一台设备上打开,如需更换设备请联系服务人员更换链接"


class Unknown(Problem):
    """There is nothing under this name."""

    status = 404
    title = "没有找到"


class Refused(Problem):
    """Well formed, but the rules do not allow it now."""

    status = 409
    title = "按规定现在不能办理"


class KeyReused(Refused):
    """The same idempotency key was used for another content."""

    title = "同一请求编号已用于不同内容"


class SaidOtherwise(Refused):
    """It is done already, and was said in other words: what is new in them would be lost if it were taken for a repeat."""

    title = "同一事项此前已办理,本次填写的内容与当时不同,未予更改"


class DoneByAnother(Refused):
    """Another person gave the word that a second person gives: whoever comes after has signed nothing, and is told so."""

    title = "该事项已由他人办理完毕,您本次的操作未作记录,无须再次办理"


class WordsErased(Refused):
    """What was written in a record was erased for ever (个人信息保护法 第四十七条): nothing new is kept in it, and nothing is
    dropped in silence.
    """

    title = "该记录的文字已按要求删除,不能再填写文字;如需继续,请新登记一条"


class Stale(Problem):
    """Somebody changed it meanwhile: ``If-Match`` names an older version."""

    status = 412
    title = "内容已被他人更新,请刷新后再试"


class VersionMissing(Problem):
    """A change of content needs ``If-Match`` with the version it was made from."""

    status = 428
    title = "缺少版本号(If-Match)"


class TooLarge(Problem):
    """The body is larger than its route allows."""

    status = 413
    title = "内容过大"

    def __init__(self, most: int = 0, **facts: Any) -> None:
        """``most`` is the route's limit in bytes: it stands in the sentence."""
        super().__init__(**({"most": most} if most else {}), **facts)
        if most:
            size = f"{most >> 20} MB" if most >= 1 << 20 else f"{most // 1000} KB"
            self.title = f"内容过大,这里最大 {size},请拆分或压缩后再传"


class TooSlow(Problem):
    """The body did not come within ``seconds``."""

    status = 408
    title = "上传超时,请检查网络后重试"


class TooMany(Problem):
    """More requests than a person makes; ``retry_after`` says in how many seconds to come back."""

    status = 429
    title = "操作过于频繁,请稍后再试"


class Malformed(Problem):
    """Not of the form asked for; ``errors`` points at each place."""

    status = 422
    title = "填写有误"


class Unavailable(Problem):
    """Something this service needs does not answer. Try again."""

    status = 503
    title = "服务暂时不可用,请稍后再试"
