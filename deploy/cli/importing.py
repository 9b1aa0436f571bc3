"""What ``guiren roster import`` does with each file: sends it, writes the report beside it, tells what matters."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import httpx
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.cli.outlet import complaints, console, problem_of
from shared.language.terms import Change

_ENDINGS = (".csv", ".txt", ".xlsx", ".xls", ".xlsm")
_REPORT = ".核对报告.csv"
_BROKEN_OFF = "导入中断,服务没有给出结果,可重新执行同一命令继续"
_LISTED = 200
"""Changes that are listed one by one; the rest are counted."""


class NotImported(Exception):
    """One file was not taken, or not to its end; ``str`` says which, why and what to do. The others are not concerned."""


@dataclass(frozen=True)
class Asked:
    """What shall be done with each file."""

    apply: bool
    preview: bool
    complete: bool
    confirm: int | None

    def params(self, file: Path) -> dict[str, str]:
        """As the service takes it."""
        told = {"name": file.name, **{name: str(getattr(self, name)).lower() for name in ("apply", "preview", "complete")}}
        return told if self.confirm is None else {**told, "confirm": str(self.confirm)}


def extracts(paths: Iterable[Path]) -> list[Path]:
    """The files meant, those of a folder by name; our own reports and the locks of open workbooks are none."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(
                item
                for item in path.iterdir()
                if item.suffix.lower() in _ENDINGS and not item.name.endswith(_REPORT) and not item.name.startswith((".", "~$"))
            )
        else:
            found.append(path)
    return found


def imported(gateway: httpx.Client, file: Path, asked: Asked) -> dict[str, Any]:
    """The result of one file, with its report and the changes foreseen; ``NotImported`` leaves an earlier report as it is."""
    report = file.with_name(file.name + _REPORT)
    result: dict[str, Any] = {}
    changes: list[dict[str, Any]] = []
    reasons: Counter[str] = Counter()
    bar = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=complaints)
    with _connected(file), _written(report) as out, bar, file.open("rb") as body:
        task = bar.add_task("核对", total=None)
        writer = csv.writer(out)
        with gateway.stream("POST", "/api/roster/imports", params=asked.params(file), content=body) as response:
            if not response.is_success:
                response.read()
                raise NotImported(f"{file.name}:{_why(response)}")
            for line in response.iter_lines():
                told: dict[str, Any] = json.loads(line)
                if "headings" in told:
                    writer.writerow(told["headings"])
                elif "report" in told:
                    writer.writerows(told["report"])
                    reasons.update(f"{row[1]}:{row[3]}" if row[3] else row[1] for row in told["report"])
                elif "changes" in told:
                    changes += told["changes"]
                elif "done" in told:
                    bar.update(task, description=told["phase"], completed=told["done"], total=told["total"])
                elif "problem" in told:
                    raise NotImported(f"{file.name}:{told['problem']}")
                else:
                    result = told["result"]
        if not result:
            raise NotImported(f"{file.name}:{_BROKEN_OFF}")
    return {
        "file": str(file),
        **result,
        "report": str(report),
        "lines": reasons,
        **({"changes": changes} if asked.preview else {}),
    }


@contextmanager
def _connected(file: Path) -> Generator[None]:
    try:
        yield
    except httpx.TransportError:
        raise NotImported(f"{file.name}:{_BROKEN_OFF}") from None


@contextmanager
def _written(report: Path) -> Generator[TextIO]:
    """The report under another name until it is whole: a file that is refused leaves the report of last time."""
    waiting = report.with_name(f".{report.name}.part")
    try:
        with waiting.open("w", encoding="utf-8-sig", newline="") as out:
            yield out
        waiting.replace(report)
    except OSError as error:
        raise NotImported(f"报告写不进去:{report}({error.strerror})") from None
    finally:
        with suppress(OSError):
            waiting.unlink(missing_ok=True)


def _why(response: httpx.Response) -> str:
    problem = problem_of(response)
    if "missing" in problem:
        return (
            f"登记库中有 {problem['missing']} 户(共 {problem['served']} 户)不在这份名单里。请先加 --preview 核对;"
            f"确认无误后加 --confirm {problem['missing']} 再导入。没有写入任何内容"
        )
    if "omitted" in problem:
        sheets = "、".join(f"“{item['sheet']}”({item['why']})" for item in problem["omitted"])
        return f"{problem['title']}:{sheets}。没有写入任何内容"
    return problem.get("title") or f"服务没有接收({response.status_code})"


def told(result: dict[str, Any], asked: Asked) -> None:
    """For people: counts first, then reasons by how many rows they concern, then what the file did not give."""
    lines = [
        f"{Path(result['file']).name}:共 {result['rows']} 行:可登记 {result['accepted']},不予登记 {result['refused']},"
        f"待人工核对 {result['set_aside']},区外 {result['outside']},重复 {result['repeated']}"
        + (
            f";新登记 {result['registered']},更新 {result['amended']},状态变更 {result['standing_changed']},"
            f"转入失联待核 {result['missed']},此前存疑现已更正 {result['repaired']}"
            if asked.apply
            else "(未写入)"
        )
    ]
    if len(result["sheets"]) > 1:
        lines.append(f"读取工作表:{'、'.join(result['sheets'])}")
    lines += [f"未读取:工作表“{item['sheet']}”({item['why']},约 {item['rows']} 行)" for item in result["omitted"]]
    lines += result["remarks"]
    if asked.complete and not asked.apply:
        lines.append(f"登记库中有 {result['missing']} 户(共 {result['served']} 户)不在这份名单里")
    if assumed := result["notes"].get("standing-assumed"):
        lines.append(f"文件没有登记状态列,{assumed} 行均按存续计(不逐行列出)")
    lines += [f"  {count:>6} 行 {reason}" for reason, count in Counter(result["lines"]).most_common()]
    if asked.preview:
        lines.append("如写入:" + ",".join(f"{change.label} {result['preview'][change]} 户" for change in Change))
        lines += map(_change, result["changes"][:_LISTED])
        if len(result["changes"]) > _LISTED:
            lines.append(f"另有 {len(result['changes']) - _LISTED} 项变化未列出,完整清单见 --json")
    for line in [*lines, f"逐行报告:{result['report']}"]:
        console.print(line, markup=False)


def _change(item: dict[str, Any]) -> str:
    fields = ";".join(f"{name} {old}→{new}" for name, (old, new) in item.get("fields", {}).items())
    moves = ";".join(f"{move['from']}→{move['to']} {move['because']}" for move in item.get("moves", []))
    return f"{Change(item['what']).label} {item['code']} {item['name']} {fields}{moves}{item.get('because', '')}"
