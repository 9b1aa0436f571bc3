"""What an operation answers: always a model with a name, whose every field says in Chinese what it holds, and in which unit.

The models of a service stand in its room ``queries``, beside what is asked of the tables for them. A field that is declared
nowhere does not go out: it is an error in the tests, not a surprise at a client's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Generic, Self, TypedDict, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.language.terms import Term


def _untitled(schema: dict[str, Any]) -> None:
    """Without the titles that pydantic makes of field names: a client's developer reads the descriptions."""
    for field in schema.get("properties", {}).values():
        field.pop("title", None)


class Answer(BaseModel):
    """The base of everything that is answered. What is declared is always there, ``null`` if there is nothing to say."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", json_schema_serialization_defaults_required=True, json_schema_extra=_untitled
    )

    @model_validator(mode="after")
    def _there(self) -> Self:
        """What is always there counts as told within an answer that leaves things out too; so does the label of what is told."""
        always = self.model_config.get("json_schema_serialization_defaults_required")
        told = self.model_fields_set
        told.update(name for name in type(self).model_fields if always or name.removesuffix("_label") in told)
        return self


LEFT_OUT = ConfigDict(json_schema_serialization_defaults_required=False)
"""For an answer of which what is not told is left out (``response_model_exclude_unset``): what has a default need not be there."""

RowT = TypeVar("RowT", bound=Answer)


def label_of(field: str) -> Any:
    """The default of a field ``…_label``: the Chinese word for the value of the field beside it, which comes before it.

    ``stage: IssueStage = Field(description="环节")`` and ``stage_label: str = label_of("stage")``.
    """

    def label(values: dict[str, Any]) -> str | None:
        value = values.get(field)
        if value is None or value == "":
            return value
        if not isinstance(value, Term):
            raise TypeError(f"{field} has no labels")
        return value.label

    return Field(default_factory=label, description=f"{field} 的中文名称")


class ReceiptFields(TypedDict):
    """What ``shared.http.parameters.receipt`` gives to a ``Receipt`` or to a model made of one."""

    version: int
    position: int
    replayed: bool
    hints: list[str]


class Receipt(Answer):
    """What every accepted command answers first. The same model for what is new (201) and for what was said before (200)."""

    version: int = Field(description="办理后的版本号,从 1 起每办理一次加一;同 ETag")
    position: int = Field(description="所记事实在本服务日志中的位置;读取时以 min 参数带上,可读到本次办理的结果")
    replayed: bool = Field(description="是否为重复提交:此前已经办理,本次没有新的记录")
    hints: list[str] = Field(description="给填写人的提示,如文中有电话号码,应填入电话栏")

    @classmethod
    def of(cls, told: ReceiptFields, shown: Answer | None = None, **more: Any) -> Self:
        """The receipt of a command, with what is shown of the record after it: ``class VisitReceipt(Receipt, Visit)``. What is
        left out there is left out here.
        """
        known = {name: getattr(shown, name) for name in shown.model_fields_set} if shown else {}
        fields: dict[str, Any] = {**known, **told, **more}
        return cls(**fields)


class Proposed(Receipt):
    """A command that a second person may have to confirm: then it is answered with 202, and has only been proposed."""

    proposal: UUID | None = Field(description="待另一人确认的提议编号;已经生效的为空")


class Page(Answer, Generic[RowT]):
    """A page of a list: ``Page[VisitRow]`` is ``PageOfVisitRow`` in the document. A list that has more to say is a subclass."""

    items: list[RowT] = Field(description="本页各行")
    next_cursor: str | None = Field(description="下一页的翻页标记(作为 cursor 参数);没有下一页的为空")
    total: int = Field(description="符合条件的总行数;见 total_exact")
    total_exact: bool = Field(default=True, description="total 是否为准确总数;否则实际行数多于 total")

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """The name of the component."""
        return f"{cls.__name__}Of{params[0].__name__}"

    @classmethod
    def of(cls, found: Mapping[str, Any], items: Iterable[RowT], **more: Any) -> Self:
        """A page that ``shared.http.parameters.listing`` found, its rows as models; ``more`` is what a subclass has to say."""
        return cls(
            items=list(items),
            next_cursor=found["next_cursor"],
            total=found["total"],
            total_exact=found["total_exact"],
            **more,
        )

    @classmethod
    def whole(cls, items: Iterable[RowT], **more: Any) -> Self:
        """A list that stands on one page."""
        rows = list(items)
        return cls(items=rows, next_cursor=None, total=len(rows), **more)
