"""What was filed of the units' ledgers: the list of a month (K9), the filing itself, and its history."""

from __future__ import annotations

from datetime import date, datetime
from typing import Self
from uuid import UUID

from pydantic import Field

from services.reporting.domain.due import owing, punctuality, standing
from services.reporting.domain.histories import UnitHistory
from services.reporting.domain.month import State, filed_of, latest, stage_of
from services.reporting.queries.question import Asked, AtCut, Rate
from shared.events.reporting import Filing
from shared.http.answer import Answer, Page, Receipt, ReceiptFields, label_of
from shared.language.months import Month
from shared.language.terms import LedgerStage, Line, Punctuality, UnitKind
from shared.log.eventlog import Entry


class Filed(Answer):
    """What was filed last, and what became of it."""

    stage: LedgerStage = Field(description="报送环节")
    stage_label: str = label_of("stage")
    revision: int = Field(description="第几次报送,退回后重报的加一")
    received: datetime = Field(description="收到的时间")
    on_time: bool = Field(description="首次报送是否按时(27 日 24 时以前)")
    rows: int = Field(description="报送的行数")
    digest: str = Field(description="报送内容的摘要(SHA-256,十六进制)")
    cut: dict[str, int] = Field(description="报送时各日志(roster、visits、issues)读到的位置")
    supplements: int = Field(description="报送后的补充次数")
    supplement_digest: str | None = Field(description="最近一次补充后的摘要;没有补充的为空")
    late_reason: str = Field(description="逾期报送的原因;按时的或尚未说明的为空串")
    reason_wanted: bool = Field(description="逾期报送,原因尚未说明")


def filed_in(state: State) -> Filed | None:
    """The filing in a state, if there is one."""
    filed = filed_of(state)
    if filed is None:
        return None
    return Filed(
        stage=LedgerStage(stage_of(state)),
        revision=filed.revision,
        received=filed.received,
        on_time=filed.first_on_time,
        rows=filed.filing.rows,
        digest=filed.filing.digest,
        cut=filed.filing.cut,
        supplements=len(filed.supplements),
        supplement_digest=latest(filed).digest if filed.supplements else None,
        late_reason=filed.late_reason,
        reason_wanted=filed.reason_wanted,
    )


class LedgerReceipt(Receipt, Filed):
    """An accepted command on a ledger: whatever it is, there is a filing now."""


def accepted(receipt: ReceiptFields, state: State) -> LedgerReceipt:
    """The answer of a command that was accepted."""
    return LedgerReceipt.of(receipt, filed_in(state))


class LedgerRow(Answer):
    """How a unit stands with its ledger of the month."""

    unit: str = Field(description="单位编码")
    name: str = Field(description="单位名称")
    kind: UnitKind = Field(description="单位类别")
    kind_label: str = label_of("kind")
    state: Punctuality = Field(description="报送情况")
    state_label: str = label_of("state")
    received: datetime | None = Field(description="收到的时间;未报送的为空")
    signed: bool = Field(description="是否已签发")
    digest: str | None = Field(description="报送内容的摘要(SHA-256,十六进制);未报送的为空")
    supplements: int = Field(description="报送后的补充次数")
    late_reason: str = Field(description="逾期报送的原因;按时的或尚未说明的为空串")
    reason_wanted: bool = Field(description="逾期报送,原因尚未说明")


class LedgerList(Page[LedgerRow], AtCut):
    """Every unit that owes a ledger of the month."""

    month: str = Field(description="月份 YYYY-MM")
    due: datetime = Field(description="报送截止时间")
    on_time: Rate = Field(description="按时报送率(K9):按时报送的单位比应报送的单位")
    submitted: Rate = Field(description="报送率:已报送的单位比应报送的单位")


def _row(unit: UnitHistory, on: str, filed: Filed | None, due: datetime, now: datetime) -> LedgerRow:
    return LedgerRow(
        unit=unit.code,
        name=unit.called(on),
        kind=UnitKind(unit.kind),
        state=standing(filed.on_time if filed else None, due, now),
        received=filed.received if filed else None,
        signed=bool(filed and filed.stage is LedgerStage.SIGNED),
        digest=filed.digest if filed else None,
        supplements=filed.supplements if filed else 0,
        late_reason=filed.late_reason if filed else "",
        reason_wanted=bool(filed and filed.reason_wanted),
    )


async def owed(question: Asked, text: str, own: str | None) -> list[LedgerRow]:
    """Every unit that owes a ledger of the month, being there at T, and how it stands; or one of them."""
    grid, calendar = await question.reader.grid(question.cut)
    month = Month.parse(text)
    due, last = month.due(calendar=calendar), month.due_day(calendar=calendar).isoformat()
    told = await question.service.months((f"{code}-{text}" for code in grid.units), question.as_of)
    filed = {key: filed_in(item.state) for key, item in told.items()}
    return [
        _row(unit, last, filed.get(f"{unit.code}-{text}"), due, question.now)
        for unit in owing(grid.units, last)
        if own in (None, unit.code)
    ]


async def ledgers(question: Asked, text: str) -> LedgerList:
    """Every unit that owes a ledger of the month; for those who do not see the district, their own."""
    _, calendar = await question.reader.grid(question.cut)
    due, rows = Month.parse(text).due(calendar=calendar), await owed(question, text, question.narrowed(None))
    rates = {name: Rate(n=rate.n, d=rate.d, pct=rate.pct) for name, rate in punctuality(row.state for row in rows).items()}
    return LedgerList.whole(rows, month=text, due=due, **question.at_cut, **rates)


class FilingPart(Answer):
    """What a filing rests on."""

    cut: dict[str, int] = Field(description="各日志(roster、visits、issues)读到的位置")
    rows: int = Field(description="行数")
    digest: str = Field(description="内容的摘要(SHA-256,十六进制)")
    visited: int = Field(description="已走访的企业,户")
    owed: int = Field(description="应走访的企业,户")
    rules: int | None = Field(description="按第几版规则计算;早先的报送未注明,为空")


class LedgerStep(Answer):
    """A fact of a ledger month; what a fact of its kind does not say is null."""

    type: str = Field(description="事实类型,如 reporting.ledger-submitted.v1")
    recorded: datetime = Field(description="记录的时间")
    position: int = Field(description="在本服务日志中的位置")
    unit: str | None = Field(default=None, description="单位编码(报送、补充)")
    line: Line | None = Field(default=None, description="网格线(报送)")
    line_label: str | None = label_of("line")
    month: str | None = Field(default=None, description="月份 YYYY-MM(报送、补充)")
    revision: int | None = Field(default=None, description="第几次报送或补充(报送、签发、补充)")
    filing: FilingPart | None = Field(default=None, description="报送或补充的内容依据(报送、补充)")
    received: datetime | None = Field(default=None, description="收到的时间(报送)")
    due: datetime | None = Field(default=None, description="报送截止时间(报送)")
    on_time: bool | None = Field(default=None, description="是否按时(报送)")
    by: str | None = Field(default=None, description="办理人的成员编号(报送、签发、说明原因);早先的记录没有的为空")
    note: str | None = Field(default=None, description="报送时的说明(报送)")
    reason: str | None = Field(default=None, description="原因(退回、说明逾期原因)")
    digest: str | None = Field(default=None, description="所签内容的摘要(签发)")
    added: int | None = Field(default=None, description="新增的行数(补充)")
    changed: int | None = Field(default=None, description="修改的行数(补充)")
    removed: int | None = Field(default=None, description="移出的行数(补充)")
    on: date | None = Field(default=None, description="办理日期(签发、退回、补充、说明原因)")

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """A fact as it stands in the log."""
        told = dict(entry.fact)
        if isinstance(filing := told.get("filing"), Filing):
            told["filing"] = FilingPart(**dict(filing))
        if isinstance(by := told.get("by"), UUID):
            told["by"] = str(by)
        return cls(type=entry.type, recorded=entry.recorded, position=entry.pos, **told)


async def history(question: Asked, unit: str, month: str) -> Page[LedgerStep]:
    """Every fact of this ledger month by now, or by ``as_of``."""
    question.must_see(unit)
    key = f"{unit}-{month}"
    told = (await question.service.months([key], question.as_of)).get(key)
    return Page[LedgerStep].whole(LedgerStep.of(entry) for entry in (told.entries if told else ()))
