"""In the child: what kind of file it is, told by its content and never by its name, and its tables as frames.

A table is a frame ``{"sheet": …}`` (see ``tables.Sheet``) and then frames of rows: ``[line, cells, broken, marks]``.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from shared.paper.foreign.child import Unfit
from shared.paper.foreign.text import delimited
from shared.paper.foreign.workbook import workbook

_HEAD = 8192
_BATCH = 256


def read(file: BinaryIO, options: Mapping[str, Any]) -> Iterator[Any]:
    """The frames of a file."""
    head = file.read(_HEAD)
    file.seek(0)
    if not head.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        raise Unfit("文件是空的")
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        sheets = workbook(file, zipped=head.startswith(b"PK"))
    elif re.match(rb"\s*<(!doctype|html|table|\?xml|meta|head)", head.removeprefix(codecs.BOM_UTF8), re.IGNORECASE):
        raise Unfit("文件其实是网页(HTML/XML),请用表格软件另存为 xlsx 或 csv")
    else:
        sheets = delimited(file, head, options)
    for sheet, rows in sheets:
        yield {"sheet": sheet}
        batch: list[Any] = []
        for row in rows:
            batch.append(row)
            if len(batch) == _BATCH:
                yield batch
                batch = []
        if batch:
            yield batch
    yield {"end": True}
