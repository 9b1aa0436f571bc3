"""``guiren privacy …``: erasing a person's data, what was opened, and a new master key."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import typer

from deploy.cli.outlet import NOT_RUNNING, HomeOption, JsonOption, answer_of, client, console, fail, home_of, own_home, print_json
from deploy.embedded import Home, Postgres
from deploy.indexing import index
from deploy.install import Place
from deploy.rotate import Vaulted, rotate
from shared.language.months import SHANGHAI
from shared.language.openings import Opening
from shared.settings import Settings

privacy = typer.Typer(help="个人信息", no_args_is_help=True)


@privacy.command("erase")
def erase(
    subject: Annotated[UUID, typer.Option("--subject", help="主体编号(在 /api/roster/subjects 查)")],
    account: Annotated[str, typer.Option("--as", help="以哪个账号办理(本人的账号,记入日志)")],
    reason: Annotated[str, typer.Option("--reason", help="删除原因,记入日志")] = "按个人信息主体要求删除",
    confirm: Annotated[UUID | None, typer.Option("--confirm", help="确认他人提出的删除(提议编号);须为另一人")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="不再询问")] = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """提出删除一个主体的个人信息;另一人确认(--confirm)后销毁其密钥:姓名、电话从此不可读,日志与台账的摘要不变。不可恢复。"""
    if not yes and not typer.confirm(f"确定删除 {subject} 的个人信息?确认后不可恢复"):
        fail("未删除")
    path, body = ("confirm", {"proposal": str(confirm)}) if confirm else ("erase", {"reason": reason})
    with client(home_of(home), account, 60) as gateway:
        found: dict[str, Any] = answer_of(gateway.post(f"/api/roster/subjects/{subject}/{path}", json=body))
    if json:
        print_json(found)
    elif found["erased"]:
        console.print(f"已删除 {subject};各服务最迟一分钟内不再显示")
    else:
        console.print(
            f"已提出删除 {subject},待另一人确认:guiren privacy erase --subject {subject} --confirm {found['proposal']} --as 账号"
        )


@privacy.command("openings")
def openings(
    subject: Annotated[UUID | None, typer.Option("--subject", help="谁的信息(主体编号)")] = None,
    by: Annotated[UUID | None, typer.Option("--by", help="谁查看(人员编号)")] = None,
    purpose: Annotated[Opening | None, typer.Option("--purpose", help="用途")] = None,
    service: Annotated[str | None, typer.Option("--service", help="哪个服务")] = None,
    since: Annotated[datetime | None, typer.Option("--since", help="自哪天起", formats=["%Y-%m-%d"])] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="最多几条,最近的在前")] = 50,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """密钥库自己记下的解密记录:何时、哪个服务、为谁、什么用途、涉及谁。"""
    asked = {
        "subject": subject,
        "by": by,
        "purpose": purpose,
        "service": service,
        "since": since and since.replace(tzinfo=SHANGHAI),
    }
    rows = asyncio.run(_openings(own_home(home), asked, limit))
    if json:
        print_json([dict(row) for row in rows])
        return
    for row in rows:
        who = "、".join(map(str, row["by"])) or "系统"
        at = row["at"].astimezone(SHANGHAI)
        said = (
            f"{at:%Y-%m-%d %H:%M:%S} {row['service']} {Opening(row['purpose']).label} {row['via'] or '后台'} {who} {row['n']} 项"
        )
        console.print(said, markup=False)


_OPENINGS = """
select at, service, purpose, by, via, request, about, fields, subjects, n from vault.opening
where ($1::uuid is null or $1 = any(subjects)) and ($2::uuid is null or $2 = any(by)) and ($3::text is null or purpose = $3)
    and ($4::text is null or service = $4) and ($5::timestamptz is null or at >= $5)
order by id desc limit $6
"""


async def _openings(home: Home, asked: dict[str, Any], limit: int) -> list[Any]:
    """As administrator: who watches the vault is none of its clients."""
    connection = await _connect(home)
    try:
        return await connection.fetch(_OPENINGS, *asked.values(), limit)
    finally:
        await connection.close()


async def _connect(home: Home) -> asyncpg.Connection:
    postgres = Postgres(home)
    return await Place("127.0.0.1", postgres.port, postgres.admin_password).connect("guiren_vault")


@privacy.command("index")
def index_(home: HomeOption = None, json: JsonOption = False) -> None:
    """在已有记录的文字里查找电话号码并建索引,使按号码删除找得到它们。升级后、恢复密钥库后执行;号码与文字不离开密钥库,可重复执行。"""
    folder = own_home(home)
    if not folder.running:
        fail(f"没有运行:{folder.path}(先执行 guiren up)", NOT_RUNNING)
    settings = Settings(vault_socket=folder.vault_socket, vault_secret_file=folder.secrets / "vault-audit")
    postgres = Postgres(folder)
    with console.status("正在查找号码…"):
        done = asyncio.run(index(Place("127.0.0.1", postgres.port, postgres.admin_password), settings))
    if json:
        print_json(done)
        return
    console.print(f"新找到 {sum(done.values())} 个号码")


@privacy.command("rotate")
def rotate_(home: HomeOption = None, json: JsonOption = False) -> None:
    """换一把主密钥,并用它重新包裹所有主体密钥。服务照常运行;中断后重做即可。"""
    folder = own_home(home)
    with console.status("正在重新包裹密钥…"):
        done = asyncio.run(rotate(Vaulted(folder.secrets, "127.0.0.1", folder.port("postgres"))))
    if json:
        print_json(done)
        return
    console.print(f"主密钥 {done['newest']},重新包裹 {done['rewrapped']} 个主体密钥")
