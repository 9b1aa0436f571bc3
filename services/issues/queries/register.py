"""问题台账: the register of a month, all columns as printed, computed from the log."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field

from services.issues.documents.register import told
from services.issues.documents.register import workbook as printed
from services.issues.queries import naming
from services.issues.queries.reading import EnterpriseName, IssueId, IssueNo, reach
from shared.http.answer import Answer, Page, label_of
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import Month, local_date
from shared.language.problems import Refused
from shared.language.terms import Level

_MOST = 20_000


class RegisterTooLong(Refused):
    """A register of this length is asked for unit by unit."""

    title = "问题过多,请按单位分别导出"


class RegisterRow(Answer):
    """A ticket as it stands in the register: terms by their words, numbers of enterprises' people masked."""

    id: IssueId
    visit: UUID | None = Field(description="来自哪次走访(走访编号);没有的为空")
    no: IssueNo
    source: str = Field(description="来源")
    external_no: str = Field(description="外部工单号;没有的为空文")
    enterprise: EnterpriseName
    uscc: str = Field(description="统一社会信用代码")
    reporter: str = Field(description="反映人和电话,已脱敏;没有的为空文")
    reported_at: str = Field(description="反映时间(年-月-日 时:分)")
    category: str = Field(description="类别")
    nature: str = Field(description="性质")
    urgency: str = Field(description="紧急度")
    content: str = Field(description="内容")
    reasonable: str = Field(description="诉求是否合理及依据")
    taken: str = Field(description="受理或不予受理理由;尚未受理的为空文")
    unit: str | None = Field(description="承办单位(主办)名称;尚未交办的为空")
    co_units: str = Field(description="协办单位及其时限、反馈;没有的为空文")
    leader: str | None = Field(description="责任领导;尚未交办的为空")
    handler: str = Field(description="承办人;尚未签收的为空文")
    measures: str | None = Field(description="工作方案或解决措施;尚未交办的为空")
    dispatched_on: date | None = Field(description="交办日期;尚未交办的为空")
    signed_on: date | str | None = Field(description="签收日期,超时自动签收的注明;尚未签收的为空")
    first_due: date | None = Field(description="初始时限;尚未交办的为空")
    due: date | None = Field(description="当前时限;尚未交办的为空")
    extended: str = Field(description="延期次数、期限和批准人")
    returned: str = Field(description="退回次数和理由")
    level: str | None = Field(description="当前层级;尚未交办的为空")
    lifted: str = Field(description="提级的文号、日期和批示;没有的为空文")
    slips: str = Field(description="督办单号和颜色;没有的为空文")
    cause: str = Field(description="原因分析;没有的为空文")
    progress: str = Field(description="阶段进展,一行一次;没有的为空文")
    next_on: date | None = Field(description="下次答复日期;没有的为空")
    stage: str = Field(description="办理环节")
    result: str = Field(description="办理结果;尚无的为空文")
    outcome: str | None = Field(description="办结类型;尚未报结的为空")
    closed_on: date | None = Field(description="办结日期;尚未办结的为空")
    in_time: str = Field(description="是否按期(现时限/初始时限);尚未办结的为空文")
    calls: str = Field(description="回访次数、日期、方式和人员;没有的为空文")
    rating: str | None = Field(description="满意度;尚未评价的为空")
    unhappy: str = Field(description="不满意原因;没有的为空文")
    reopened: int = Field(description="重办次数,次")
    filed: str = Field(description="归档日期、档号和保管期限;尚未归档的为空文")
    remark: str = Field(description="备注;没有的为空文")


class Register(Page[RegisterRow]):
    """The register of a month."""

    month: str = Field(description="月份 YYYY-MM")
    unit: str | None = Field(description="所限单位编码;不限的为空")
    level: Level | None = Field(description="所限办理层级;不限的为空")
    level_label: str | None = label_of("level")


@dataclass(frozen=True)
class Asked:
    """Which register: a month's, of a unit, of a level; ``carried``: with what came over from before and was not finished
    when the month began.
    """

    month: str
    unit: str | None
    level: Level | None
    carried: bool


async def _conditions(service: Service, caller: Actor, asked: Asked) -> tuple[list[str], list[Any]]:
    may = await reach(service, caller)
    may.must_ask(asked.unit)
    where, args = may.conditions()
    args.append(asked.month)
    month = f"month = ${len(args)}"
    if asked.carried:
        args.append(Month.parse(asked.month).first_day)
        month = f"({month} or (month < ${len(args) - 1} and (open or ended_on >= ${len(args)})))"
    where.append(month)
    if asked.unit is not None:
        args.append(asked.unit)
        where.append(f"exists (select 1 from issue_unit p where p.issue = issue.id and p.unit = ${len(args)})")
    if asked.level is not None:
        args.append(str(asked.level))
        where.append(f"coalesce(level, 'grid') = ${len(args)}")
    return where, args


async def register(service: Service, caller: Actor, asked: Asked, cursor: str | None, limit: int) -> Register:
    """By number."""
    where, args = await _conditions(service, caller, asked)
    page = await listing(
        service.pool, table="issue", columns="id", where=where, args=args, order=["no"], cursor=cursor, limit=limit
    )
    items = await naming.stories(service, [item["id"] for item in page["items"]])
    people = await naming.people(service, items)
    rows = [RegisterRow(id=item.id, visit=item.state.report.visit, **told(item, people)) for item in items]
    return Register.of(page, rows, month=asked.month, unit=asked.unit, level=asked.level)


async def workbook(service: Service, caller: Actor, asked: Asked) -> tuple[str, bytes]:
    """The same to print, with its title."""
    where, args = await _conditions(service, caller, asked)
    rows = await service.pool.fetch(
        f'select id from issue where {" and ".join(where)} order by no collate "C" limit {_MOST + 1}', *args
    )
    if len(rows) > _MOST:
        raise RegisterTooLong(most=_MOST)
    items = await naming.stories(service, [row["id"] for row in rows])
    people = await naming.people(service, items)
    whose = people.unit(asked.unit) if asked.unit else service.settings.district_name
    at = Month.parse(asked.month)
    title = f"{whose}{at.year}年{at.month}月贵人服务问题台账"
    scope = f"范围:{'本月登记及以前转入' if asked.carried else '本月登记'}"
    level = f"层级:{f'{asked.level.label}级' if asked.level else '全部'}"
    note = f"{scope};{level};截至 {local_date(service.clock())},共 {len(items)} 件;联系电话已脱敏"
    return title, await asyncio.to_thread(printed, title, items, people, (note,))
