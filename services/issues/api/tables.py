"""A file of orders as rows of text: CSV in UTF-8 or GB18030, XLSX or XLS. Told by content, never by name."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date, datetime, time

from python_calamine import CalamineWorkbook

from shared.problems import Malformed

LARGEST = 5 * 1024 * 1024
_UNPACKED = 100 * 1024 * 1024
_MOST = 2_000
_WIDEST = 200


def rows_of(body: bytes) -> list[list[str]]:
    """Every row with anything in it, the heading first; or ``Malformed`` with the sentence people see."""
    rows = _workbook(body) if body.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")) else _text(body)
    found = [row[:_WIDEST] for row in rows if any(cell.strip() for cell in row)]
    if not found:
        raise unreadable("文件里没有内容")
    if len(found) > _MOST + 1:
        raise unreadable(f"一次最多 {_MOST} 行,请拆分后再导入")
    return found


def unreadable(sentence: str) -> Malformed:
    """The file can't be read, and why."""
    return Malformed(errors=[{"pointer": "/body", "code": "file", "title": sentence}])


def _text(body: bytes) -> list[list[str]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        try:
            return list(csv.reader(io.StringIO(text, newline=""), strict=True))
        except csv.Error:
            raise unreadable("文件中引号不配对,或者单元格过长") from None
    raise unreadable("文字编码无法识别(应为 UTF-8 或 GB18030)")


def _workbook(body: bytes) -> list[list[str]]:
    try:
        if body.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(body)) as archive:
                if sum(item.file_size for item in archive.infolist()) > _UNPACKED:
                    raise unreadable("文件解压后过大")
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(body)).get_sheet_by_index(0)
        return [[_said(cell) for cell in row] for row in sheet.iter_rows()]
    except Malformed:
        raise
    except Exception as error:
        # calamine and zipfile raise many kinds for a damaged or encrypted workbook; to the person they are one thing.
        raise unreadable("不是完好的 Excel 文件(可能已损坏或加密)") from error


def _said(cell: object) -> str:
    """A cell as text; a whole number keeps no ``.0``, a day no midnight."""
    match cell:
        case str():
            return cell.replace("\x00", "")
        case bool():
            return "是" if cell else "否"
        case float() if cell.is_integer() and abs(cell) < 2**53:
            return str(int(cell))
        case datetime():
            return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
        case date():
            return cell.isoformat()
        case _:
            return str(cell)
