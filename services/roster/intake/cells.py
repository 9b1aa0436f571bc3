"""What one cell of a register extract says: a name, a standing, a form, a day, an amount, a telephone number.

Each reader answers None where the cell can't be read; nothing is guessed.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from shared.language import writing
from shared.language.industries import Industry, industry_of
from shared.language.terms import EnterpriseKind, Standing

_CHINA = ZoneInfo("Asia/Shanghai")
"""With its rules of the past: summer time from 1986 to 1991, local times before 1949."""
CJK = re.compile(r"[\u4e00-\u9fff]")

_EMPTY = frozenset(
    (
        "",
        "-",
        "--",
        "---",
        "—",
        "——",
        "–",
        "N/A",
        "NA",
        "#N/A",
        "NULL",
        "NONE",
        "NAN",
        "NIL",
        "无",
        "暂无",
        "/",
        "\\",
        "\\N",
        ".未知",
        "不详",
        "未公示",
        "企业未公示",
        "暂未公示",
        "空",
        "(NULL)",
        "<NULL>",
        "[NULL]",
        "*",
        "?",
        "undefined".upper(),
    )
)


def meaning(text: str) -> str:
    """The text, or nothing where it only says that there is nothing (N/A, -, 无, null, /)."""
    if len(text) <= 9 and text.upper() in _EMPTY:  # noqa: PLR2004  # the longest word of _EMPTY
        return ""
    return text


_NAME_WIDTH = {**{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}, 0x3000: 0x20}
_NAME_TABLE: dict[int, int | str] = {
    **_NAME_WIDTH,
    **dict.fromkeys(map(ord, "(﹙（"), "（"),
    **dict.fromkeys(map(ord, ")﹚）"), "）"),
}
_BETWEEN_CJK = re.compile(r"(?<=[\u4e00-\u9fff（）])\s+|\s+(?=[\u4e00-\u9fff（）])")


def company_name(text: str) -> str:
    """The name in its stored form: full-width brackets（）, half-width letters and digits, no blanks between characters.

    Brackets of both widths mean the same (choices, register traps).
    """
    name = writing.without_radicals(text).translate(_NAME_TABLE)
    return _BETWEEN_CJK.sub("", name.strip()) if " " in name or "\n" in name or "\t" in name else name


_STANDING_NOISE = re.compile(r"[\s()（）,，、。/;；:：\-—]+")
_STANDINGS = {
    word: standing
    for standing, words in {
        Standing.SURVIVING: "存续 存续在营开业在册 存续在营 存续在业 存续企业 存续状态 正常 正常在业 正常存续 在册 登记成立 成立 已成立 确立 已确立 "
        "有效 核准设立 设立 登记 仍注册 经营异常 异常 列入经营异常名录 存续经营异常",
        Standing.OPERATING: "在业 在营 开业 在营开业 在营开业企业 在营企业 营业 营业中 正常营业 正常经营 开业登记 在业在营 正常开业 开业在营",
        Standing.DORMANT: "歇业 停业 已歇业 已停业 歇业中 停业歇业 暂停营业",
        Standing.MOVED_IN: "迁入 已迁入 迁入登记",
        Standing.MOVED_OUT: "迁出 已迁出 迁移 迁往市外 迁往省外 迁往县外 迁往区外 市外迁出 省外迁出 迁移异地 迁出登记",
        Standing.REVOKED: "吊销 吊销未注销 吊销但未注销 被吊销 已吊销 吊销企业 吊销营业执照 在营吊销",
        Standing.DEREGISTERED: "注销 已注销 注销企业 吊销已注销 吊销并注销 吊销后注销 注销登记 简易注销 吊销注销 企业注销 已吊销已注销 已告解散 除名已注销",
        Standing.ANNULLED: "撤销 撤消 已撤销 撤销登记 被撤销 撤销设立",
    }.items()
    for word in words.split()
}


@lru_cache(maxsize=512)
def standing_of(text: str) -> Standing | None:
    """The standing that a register's word means; None when it is not known (责令关闭, 清算 … a person decides)."""
    folded = _STANDING_NOISE.sub("", writing.key(text))
    return _STANDINGS.get(folded) or _STANDINGS.get(_STANDING_NOISE.sub("", re.sub(r"[(\uff08].*?[)\uff09]", "", text)))


_KINDS = (
    (EnterpriseKind.FOREIGN, re.compile(r"(?<!非)外商|外资|中外|外国|港澳|台湾|台港|台商|香港|澳门")),
    (EnterpriseKind.PARTNERSHIP, re.compile(r"合伙")),
    (EnterpriseKind.SOLE, re.compile(r"个人独资企业|个人独资(?!.*公司)|^独资")),
    (EnterpriseKind.JOINT_STOCK, re.compile(r"股份有限公司|股份公司|^股份有限")),
    (EnterpriseKind.LIMITED, re.compile(r"有限(?:责任)?公司|有限责任|国有独资|一人有限|法人独资|自然人独资")),
    (EnterpriseKind.STATE, re.compile(r"全民|国有")),
    (EnterpriseKind.COLLECTIVE, re.compile(r"集体|股份合作|供销")),
)
_UNTOLD_FOREIGN = re.compile(r"非外商(?:投资)?(?:企业)?|[(\uff08][^)\uff09]*(?:除外|以外)[^)\uff09]*[)\uff09]")


@lru_cache(maxsize=2048)
def kind_by(text: str) -> EnterpriseKind | None:
    """The legal form that the words name, if they name one."""
    told = _UNTOLD_FOREIGN.sub("", text)
    return next((kind for kind, pattern in _KINDS if pattern.search(told)), None)


def kind_of(text: str, name: str) -> EnterpriseKind:
    """The legal form by the register's words, else by the name's own (有限公司, 合伙), else OTHER."""
    found = kind_by(text) if text else None
    if found is None and (form := _FORM_IN_NAME.search(name)):
        found = kind_by(form[0])
    return found or EnterpriseKind.OTHER


_FORM_IN_NAME = re.compile(
    r"股份有限公司|股份公司|有限责任公司|有限公司|有限合伙|普通合伙|特殊普通合伙|合伙企业|供销合作社|供销社|个人独资"
)
BRANCH_KIND = re.compile(r"分公司|分支|分行|支行|支公司|非法人|营业单位|代表机构|办事机构")
_BRANCH_NAME = re.compile(
    r"(?:分公司|支公司|分店|分行|支行|分厂|分社|分部|分所|分院|分校|分场|分理处|营业部|营业厅|营业所|办事处|代表处|分中心|分号|分销处|项目部"
    r"|管理处分处|联络处)(?:（[^（）]*）)?$"
)
_BRANCH_TAIL = re.compile(r"有限(?:责任)?公司(?!$|（)[^（）]*[\u4e00-\u9fff]{2,}(?:（[^（）]*）)?$")


def is_branch(name: str, kind: str) -> bool:
    """Whether it is a branch without legal personality (分支机构): by the type, by the name's end, by what follows 公司."""
    if kind and BRANCH_KIND.search(kind):
        return True
    if _BRANCH_NAME.search(name):
        return True
    return not kind and bool(_BRANCH_TAIL.search(name))


_DATE = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]+\d{1,2}[:\uff1a时]\d{1,2}(?:[:\uff1a分]\d{1,2}(?:\.\d+)?秒?)?.{0,6})?"
)
_COMPACT_DATE = re.compile(r"((?:18|19|20|21)\d{2})(\d{2})(\d{2})(?:\d{6})?")
_SERIAL = re.compile(r"(\d{4,5})(?:\.\d+)?")
_EPOCH = re.compile(r"-?\d{12,13}")
_PARTIAL_DATE = re.compile(r"\d{4}(?:[-/.年]\d{0,2}月?)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}.{0,12}|0000-00-00.*")
_EXCEL_ZERO = date(1899, 12, 30)
_FROM_1904 = timedelta(days=1462)
"""How much later a serial number means in a workbook that counts from 1904-01-01."""
_SERIALS = range(7000, 73051)  # 1919-03-01 to 2100-01-01: a year such as 2016 is no serial
_YEARS = range(1900, 2101)


def read_date(text: str, *, base_1904: bool = False) -> date | None:
    """2016-03-01, 2016/3/1, 2016.3.1, 2016年3月1日, 20160301, with or without a time; an Excel serial number; epoch ms."""
    if found := _DATE.fullmatch(text) or _COMPACT_DATE.fullmatch(text):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    if found := _SERIAL.fullmatch(text):
        day = _EXCEL_ZERO + timedelta(days=int(found[1])) + (_FROM_1904 if base_1904 else timedelta())
        return day if (day - _EXCEL_ZERO).days in _SERIALS else None
    if _EPOCH.fullmatch(text):
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(text))).astimezone(_CHINA).date()
    if not text.isascii():
        narrow = writing.narrow(text)
        return read_date(narrow, base_1904=base_1904) if narrow != text else None
    return None


def is_partial_date(text: str) -> bool:
    """Whether it is the beginning of a date, or one whose order is not known: 2016年3月, 03/01/16."""
    return bool(_PARTIAL_DATE.fullmatch(text))


def _day(year: int, month: int, day: int) -> date | None:
    if year not in _YEARS:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


_AMOUNT = re.compile(r"(-?\d+(?:\.\d+)?(?:E[+]?\d{1,2})?)(.*)", re.DOTALL)
UNIT_WORD = re.compile(r"[元圆万亿币]|美|港|欧|日|英|RMB|CNY|USD", re.IGNORECASE)
_CURRENCIES = (
    ("CNY", "人民币"),
    ("CNY", "RMB"),
    ("CNY", "CNY"),
    ("TWD", "新台币"),
    ("TWD", "台币"),
    ("SGD", "新加坡"),
    ("SGD", "SGD"),
    ("HKD", "港"),
    ("HKD", "香港"),
    ("HKD", "HKD"),
    ("MOP", "澳门"),
    ("MOP", "MOP"),
    ("USD", "美元"),
    ("USD", "美金"),
    ("USD", "USD"),
    ("EUR", "欧元"),
    ("EUR", "EUR"),
    ("JPY", "日元"),
    ("JPY", "日圆"),
    ("JPY", "JPY"),
    ("GBP", "英镑"),
    ("GBP", "GBP"),
    ("AUD", "澳"),
    ("AUD", "AUD"),
    ("CAD", "加拿大"),
    ("CAD", "加元"),
    ("CAD", "CAD"),
    ("CHF", "瑞士"),
    ("CHF", "CHF"),
    ("KRW", "韩"),
    ("KRW", "KRW"),
    ("THB", "泰"),
    ("MYR", "马来西亚"),
    ("NZD", "新西兰"),
    ("DEM", "德国马克"),
    ("RUB", "卢布"),
)
_PLAIN_UNITS = frozenset(("", "元", "圆", "元整", "元人民币", "人民币", "人民币元", "整"))
_LARGEST_CAPITAL = 10**17
_FEN = 100


@lru_cache(maxsize=4096)
def read_capital(text: str, header: str = "", currency_cell: str = "") -> tuple[int, str] | None:
    """Capital in fen with its currency: "55.5000(万元人民币)", "100万美元", "注册资本(万元)" above a bare number.

    A bare number without a unit anywhere is not guessed (registries write 万元 and 元 alike).
    """
    folded = writing.key(text).upper().replace(",", "").strip("¥$约:")
    for sign in ("人民币", "RMB", "美元", "USD", "港币", "HKD"):
        if folded.startswith(sign):
            folded = folded.removeprefix(sign).strip(":") + sign
    found = _AMOUNT.fullmatch(folded)
    if found is None or found[1].startswith("-"):
        return None
    unit = re.sub(r"[()\[\]整]", "", found[2])
    if any(char.isdigit() for char in unit):
        return None
    head = writing.key(header).upper()
    currency = _currency(unit) or _currency(currency_cell.upper()) or _currency(head)
    scale = _scale(unit)
    if scale is None:
        scale = _scale(head) if "(" in head or "万" in head else None
    if scale is None:
        return None
    if currency is None:
        rest = re.sub(r"[百千万亿元圆]", "", unit)
        if rest or currency_cell:
            return None  # a currency that is not known is not taken for renminbi
        currency = "CNY"
    fen = int((Decimal(found[1]) * scale * _FEN).to_integral_value(ROUND_HALF_UP))
    return (fen, currency) if fen <= _LARGEST_CAPITAL else None


def _currency(text: str) -> str | None:
    return next((code for code, word in _CURRENCIES if word in text), None)


def _scale(text: str) -> int | None:
    if "亿" in text:
        return 10**8
    for word, scale in (("百万", 10**6), ("千万", 10**7), ("万", 10**4), ("千元", 1000), ("百元", 100)):
        if word in text:
            return scale
    return 1 if "元" in text or "圆" in text or "英镑" in text or "法郎" in text else None


PHONE_BREAK = re.compile(r"[;\uff1b,\uff0c、/|\n]+|\s{2,}|(?<=\d{7})\s+(?=1[3-9]\d{9}|0\d{2,3}-?\d{7})")


CLASS_CODE = re.compile(r"[A-T]?\d{2,4}|[A-T](?![A-Za-z])")
_STAFF = re.compile(r"(\d{1,7}|\d{1,3}(?:,\d{3})+)(?:\.0+)?\s*人?")


@lru_cache(maxsize=4096)
def industry_by(text: str) -> Industry:
    """Section and division of GB/T 4754 by a code or a name."""
    return industry_of(text)


def read_staff(text: str) -> int | None:
    """A head count: 12, 1,200 人."""
    found = _STAFF.fullmatch(text)
    return int(found[1].replace(",", "")) if found else None
