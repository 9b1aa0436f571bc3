"""``guiren privacy …``: erasing a person's data, and a new master key."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any
from uuid import UUID

import typer

from deploy.cli.outlet import HomeOption, JsonOption, answer_of, client, console, fail, home_of, print_json
from deploy.rotate import Vaulted, rotate

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


@privacy.command("rotate")
def rotate_(home: HomeOption = None, json: JsonOption = False) -> None:
    """换一把主密钥,并用它重新包裹所有主体密钥。服务照常运行;中断后重做即可。"""
    folder = home_of(home)
    with console.status("正在重新包裹密钥…"):
        done = asyncio.run(rotate(Vaulted(folder.secrets, "127.0.0.1", folder.port("postgres"))))
    if json:
        print_json(done)
        return
    console.print(f"主密钥 {done['newest']},重新包裹 {done['rewrapped']} 个主体密钥")
