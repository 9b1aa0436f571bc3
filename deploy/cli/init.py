"""``guiren init``: the first unit, the first accounts, the brand and the calendar of a platform that is empty."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Annotated, Any

import typer

from deploy.cli.outlet import OFFICE_ACCOUNT, HomeOption, address_of, console, fail, own_home
from shared.log.outages import in_words
from shared.settings import Settings


def init(
    security_name: Annotated[
        str,
        typer.Option("--security-name", prompt="安全管理员本人的姓名", help="安全管理员本人的姓名,须与区优化办负责人不是同一人"),
    ],
    name: Annotated[str, typer.Option("--name", help="区优化办负责人本人的姓名")] = "",
    account: Annotated[str, typer.Option("--account", help="区优化办负责人的账号")] = OFFICE_ACCOUNT,
    security: Annotated[str, typer.Option("--security", help="安全管理员的账号")] = "security",
    office: Annotated[str, typer.Option("--office", help="牵头单位全称,印在牌匾与台账上")] = Settings.model_fields[
        "office_name"
    ].default,
    phone: Annotated[str, typer.Option("--phone", help="牵头单位办公电话")] = "",
    only_security: Annotated[
        bool, typer.Option("--only-security", help="平台已在使用、只是还没有安全管理员(由旧版本升级):只任命安全管理员")
    ] = False,
    home: HomeOption = None,
) -> None:
    """建立本区、区优化办、首批两个账号、品牌与已公布年份的工作日历。只对空的平台有效,中断后可以重做。"""
    from deploy.embedded.programs import settings_of
    from deploy.founding import First, found, secure

    place = own_home(home)
    address = address_of(place)
    settings = settings_of(place, "roster")
    if only_security:
        _done(secure(settings, security, security_name))
        console.print(f"已任命安全管理员 {security}({security_name})", markup=False)
        return
    name = name or typer.prompt("区优化办负责人本人的姓名")
    try:
        first = First(name, security_name, account, security, office, phone)
    except ValueError as error:
        fail(in_words(error))
    years = _done(found(settings, first))
    console.print(
        f"已建立 {settings.district_name}、{office} 与账号 {account}({name})、{security}({security_name}),发布 {years} 年工作日历",
        markup=False,
    )
    console.print(
        f"接下来  guiren token --as {security}  提名其他账号,guiren token --as {account}  确认;"
        f"单位、人员与行业对应见 {address}/api/roster/docs",
        markup=False,
    )


def _done(work: Coroutine[Any, Any, Any]) -> Any:
    from deploy.founding import NotEmptyError
    from shared.language.problems import Problem

    try:
        return asyncio.run(work)
    except (NotEmptyError, Problem) as error:
        fail(str(error))
    except OSError as error:
        fail(f"连不上数据库或读不到密钥:{in_words(error)}")
