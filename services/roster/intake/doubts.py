"""What makes a row doubtful: garbled characters, cells that can't be what their heading says, a code in another column."""

from __future__ import annotations

import re
from collections.abc import Callable

from services.roster.intake.cells import (
    BRANCH_KIND,
    CJK,
    UNIT_WORD,
    industry_by,
    kind_by,
    meaning,
    read_capital,
    read_date,
    standing_of,
)
from services.roster.intake.read import Column, RawRow
from shared.language.codes import CreditCode, InvalidCode, credit_code, normalise
from shared.language.traces import person
from shared.paper.foreign.mojibake import LOST, garble, misread, suspicious

_CODE_SHAPE = re.compile(r"(?<![0-9A-Za-z])[0-9A-HJ-NPQRTUWXY]{18}(?![0-9A-Za-z])")


def codes_elsewhere(row: RawRow, place: int | None) -> tuple[int, CreditCode] | None:
    """A valid credit code in another column than its own, with that column's place."""
    for other, cell in enumerate(row.raw):
        # Only a cell that is a code and nothing else; a code named in a sentence is no shift.
        if other == place or not 18 <= len(cell) <= 24 or not _CODE_SHAPE.fullmatch(text := normalise(cell)):  # noqa: PLR2004
            continue
        try:
            return other, credit_code(text)
        except InvalidCode:
            continue
    return None


NOT_ENTERPRISE_KIND = re.compile(r"个体(?:工商)?户|^个体|专业合作|农民合作")


def garbled(row: RawRow) -> tuple[int, str, str] | None:
    """The first place with garbled characters, the sentence that says so, and the characters."""
    for place, cell in enumerate(row.raw if suspicious("\n".join(row.raw)) else ()):
        if found := garble(cell):
            return place, f"“{row.layout.heading(place)}”列含乱码", cell[max(0, found.start() - 4) :]
    for column in (Column.NAME, Column.ADDRESS, Column.KIND, Column.STANDING):
        text = row[column]
        if misread(text) or (column is not Column.ADDRESS and LOST.search(text)):
            return row.layout.places[column], f"“{row.layout.header(column)}”列疑为编码错误", text
    return None


_DATEISH = re.compile(r"\d{4}[-/.年]\d{1,2}(?:[-/.月]\d{1,2}日?)?(?:[ T]\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?)?")
_PHONEISH = re.compile(r"1[3-9]\d{9}|0\d{2,3}-?\d{7,8}")
_STANDING_WORD = re.compile(r"(?:存续|在营|在业|开业|吊销|注销|迁出|迁入|歇业|停业|正常)(?:[(\uff08].*[)\uff09])?")
# An executive partner of a partnership may be a company (…有限公司(委派代表:…)); a type of company never is.
_LEGAL_STRANGE = re.compile(r"^(?:其他)?(?:有限责任|股份有限)公司|^\d|^(?!.*公司).*[省市县区].*[路街镇乡村]|万元|元人民币|\d{6,}")
_KIND_STRANGE = re.compile(r"^(?!\d{4}$).*\d{3,}|万元|[省市区县].*[路街镇乡村号]")  # four digits may be the type's code
_LETTER = re.compile(r"[\u3400-\u9fffA-Za-z]")
_REGISTRAR_STRANGE = re.compile(r"@|万元|^\d{4}[-/.年]|^1[3-9]\d{9}$")
_LONGEST_REGION = 20
_SHORT_PROVINCE = 3  # 贵州, 内蒙古, 黑龙江
_PROVINCE = re.compile(r"省|市|自治区|特别行政区|生产建设兵团")
_REGION_STRANGE = re.compile(r"公司|万元|[;；。、]|\d{4}[-/.年]|[\u4e00-\u9fff]\d|[省市区县].*[路街镇乡村号]")
_SENTENCE = re.compile(r"[\u4e00-\u9fff]{5,}")


def strange(row: RawRow) -> list[tuple[Column, str]]:
    """Cells that can't be what their heading says."""
    found: list[tuple[Column, str]] = []
    name = row[Column.NAME]
    if name and (
        person(name) or name.isdigit() or _DATEISH.fullmatch(name) or _STANDING_WORD.fullmatch(name) or not _LETTER.search(name)
    ):
        found.append((Column.NAME, name))
    kind = row[Column.KIND]
    if kind and (_DATEISH.fullmatch(kind) or _STANDING_WORD.fullmatch(kind) or _KIND_STRANGE.search(kind)):
        found.append((Column.KIND, kind))
    standing = row[Column.STANDING]
    if standing and ((standing[0].isdigit() and len(standing) > 1 and not CJK.search(standing)) or len(standing) > 20):  # noqa: PLR2004
        found.append((Column.STANDING, standing))
    legal = row[Column.LEGAL_PERSON]
    if legal and (_LEGAL_STRANGE.search(legal) or _STANDING_WORD.fullmatch(legal) or "@" in legal):
        found.append((Column.LEGAL_PERSON, legal))
    capital = row[Column.CAPITAL]
    if (capital and (_DATEISH.fullmatch(capital) or (CJK.search(capital) and _STANDING_WORD.fullmatch(capital)))) or (
        meaning(capital) and not any(char.isdigit() for char in capital) and not UNIT_WORD.search(capital)
    ):
        found.append((Column.CAPITAL, capital))
    for column in (Column.ADDRESS, Column.BUSINESS_ADDRESS):
        text = row[column]
        if text and (
            person(text) or _DATEISH.fullmatch(text) or _PHONEISH.fullmatch(text) or _STANDING_WORD.fullmatch(text) or "@" in text
        ):
            found.append((column, text))
    registrar = row[Column.REGISTRAR]
    if registrar and (person(registrar) or _REGISTRAR_STRANGE.search(registrar) or _STANDING_WORD.fullmatch(registrar)):
        found.append((Column.REGISTRAR, registrar))
    for column in (Column.PHONE, Column.EMAIL, Column.STAFF, Column.INDUSTRY_CODE):
        text = row[column]
        if text and not text.isascii() and _SENTENCE.search(text) and not _excused(column, text):
            found.append((column, text))
    for column in (Column.PROVINCE, Column.CITY, Column.DISTRICT):
        text = row[column]
        if text and (len(text) > _LONGEST_REGION or _REGION_STRANGE.search(text)):
            found.append((column, text))
    province = meaning(row[Column.PROVINCE])
    if len(province) > _SHORT_PROVINCE and not _PROVINCE.search(province) and (Column.PROVINCE, province) not in found:
        found.append((Column.PROVINCE, province))
    phone = row[Column.PHONE]
    if phone and (_DATEISH.fullmatch(phone) or "@" in phone):
        found.append((Column.PHONE, phone))
    return found


_REGISTRAR_WORD = re.compile(r"局|所|厅|委|府|机关|中心|大厅|分局")


def unproven(row: RawRow) -> list[tuple[Column, str]]:
    """In a row with fewer cells than the others: whatever does not clearly belong under its heading.

    Spreadsheets leave out empty cells at the end of a row, so a short row is no doubt by itself; one that lacks a cell in
    the middle is, and a plausible neighbour may have slid into the gap.
    """
    proofs: dict[Column, Callable[[str], object]] = {
        Column.KIND: lambda text: kind_by(text) or BRANCH_KIND.search(text) or NOT_ENTERPRISE_KIND.search(text) or text.isdigit(),
        Column.CAPITAL: lambda text: (
            read_capital(text, row.layout.header(Column.CAPITAL), row[Column.CURRENCY]) or text.isdigit()
        ),
        Column.PROVINCE: re.compile(r"省|市|自治区|特别行政区|贵州").search,
        Column.CITY: re.compile(r"市|州|盟|地区|区|县|毕节").search,
        Column.ADDRESS: CJK.search,
        Column.BUSINESS_ADDRESS: CJK.search,
        Column.INDUSTRY_CODE: industry_by,
        Column.EMAIL: lambda text: "@" in text,
        Column.PHONE: lambda text: any(char.isdigit() for char in text) and not CJK.search(text),
        Column.REGISTRAR: _REGISTRAR_WORD.search,
        Column.BUSINESS: CJK.search,
        Column.STAFF: lambda text: any(char.isdigit() for char in text),
    }
    found = strange(row)
    known = {column for column, _ in found}
    for column, proof in proofs.items():
        text = meaning(row[column])
        if text and column not in known and not proof(text):
            found.append((column, text))
    return found


def _excused(column: Column, text: str) -> bool:
    """Words that do stand in such columns: 企业未公示联系电话, 0857-8220000(办公室值班电话), 五十人以上不足百人."""
    match column:
        case Column.INDUSTRY_CODE:
            return bool(industry_by(text)) or not re.search(r"公司|[省市县]|号|元", text)
        case Column.EMAIL:
            return "公示" in text or "@" in text
        case Column.STAFF:
            return "人" in text and "公司" not in text
        case _:
            return "公示" in text or "隐藏" in text or "电话" in text or re.search(r"\d{7}", text) is not None


def misfits(row: RawRow) -> int:
    """How many signs there are that the row slid."""
    standing = meaning(row[Column.STANDING])
    founded = meaning(row[Column.FOUNDED])
    return (
        len(strange(row))
        + bool(standing and standing_of(standing) is None)
        + bool(founded and read_date(founded) is None)
        + row.layout.odd_width(row.raw)
    )
