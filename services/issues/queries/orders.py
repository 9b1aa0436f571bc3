"""What became of transferred orders as they came in (R53, R54): a verdict for every row."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from shared.http.answer import Answer, label_of
from shared.language.terms import OrderOutcome


class OrderVerdict(Answer):
    """What became of one order, or would become of it."""

    external_no: str = Field(description="外部工单编号,照来件所写;没有的为空文")
    outcome: OrderOutcome = Field(description="结论")
    outcome_label: str = label_of("outcome")
    reasons: list[str] = Field(description="原因和提示")
    ticket: UUID | None = Field(description="所登记问题的编号;没有的为空")
    no: str | None = Field(description="所登记问题的流水编号;没有的为空")
    order: UUID | None = Field(description="待人工处理工单的编号;没有的为空")


class OrderRowVerdict(OrderVerdict):
    """Of a row of a file."""

    sheet: str = Field(description="工作表名称;CSV 为空文")
    line: int = Field(description="行号,从 1 起")


class OmittedSheet(Answer):
    """A sheet that was not read."""

    sheet: str = Field(description="工作表名称")
    why: str = Field(description="未读取的原因")


class OrdersImported(Answer):
    """What became of a file, or of the part of it that one request takes."""

    applied: bool = Field(description="是否已写入;否则只是预览")
    rows: int = Field(description="本次办理,件")
    total_rows: int = Field(description="文件共有,件")
    next_after: int | None = Field(description="未办理完的,下一次请求的 after 参数;已办理完的为空")
    remarks: list[str] = Field(description="对文件的提示")
    omitted: list[OmittedSheet] = Field(description="未读取的工作表")
    counts: dict[OrderOutcome, int] = Field(description="各结论的件数,以结论代码为键;没有的结论不列")
    columns: dict[str, str] = Field(description="所识别的列:列的含义对文件中的列名")
    unused_columns: list[str] = Field(description="未使用的列名")
    items: list[OrderRowVerdict] = Field(description="逐行结论")
