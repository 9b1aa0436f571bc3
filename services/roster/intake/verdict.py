"""What becomes of one row of a register extract: accepted, refused, set aside or repeated, each with its reasons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.roster.intake.read import RawRow
from shared.language.terms import EnterpriseKind, Standing, Term


class Fault(Term):
    """Why a row is refused, set aside or noted."""

    # refused
    NO_CODE = "no-code", "缺统一社会信用代码"
    CODE_FORM = "code-form", "统一社会信用代码格式不符"
    CODE_CHECK = "code-check", "统一社会信用代码校验码不符"
    INDIVIDUAL = "individual", "个体工商户,不在服务范围"
    COOPERATIVE = "co-operative", "农民专业合作社,不在服务范围"
    NOT_AN_ENTERPRISE = "not-an-enterprise", "不是企业,不在服务范围"
    # set aside
    BROKEN_QUOTES = "broken-quotes", "引号不配对"
    SHIFTED = "shifted", "疑似错列"
    GARBLED = "garbled", "疑似乱码"
    NAME_AGAINST_CLASS = "name-against-class", "名称与代码类别不符"
    KIND_AGAINST_CLASS = "kind-against-class", "类型与代码类别不符"
    NO_NAME = "no-name", "缺企业名称"
    NO_STANDING = "no-standing", "缺登记状态"
    STANDING_UNKNOWN = "standing-unknown", "登记状态无法识别"
    DATE_IMPOSSIBLE = "date-impossible", "日期不成立"
    DUPLICATE = "duplicate", "同一代码内容不同"
    CELL_ERROR = "cell-error", "单元格是公式错误"
    MERGED = "merged", "单元格与上方合并"
    # outside
    OUTSIDE = "outside", "不在本区"
    # noted
    ELSEWHERE = "elsewhere", "所在地存疑,横向网格待人工落实"
    STANDING_ASSUMED = "standing-assumed", "文件没有登记状态列,按存续计"
    DATE_UNREAD = "date-unread", "日期不完整,未采用"
    CAPITAL_UNREAD = "capital-unread", "注册资本未采用"
    NUMBER_INSIDE = "number-inside", "含电话或证件号码,已隐去"
    PHONE_UNREAD = "phone-unread", "电话号码未采用"
    STAFF_UNREAD = "staff-unread", "从业人数未采用"
    INDUSTRY_UNREAD = "industry-unread", "行业未识别"
    ABNORMAL = "abnormal", "经营异常,仍在服务范围"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: where, which rule, and the sentence. ``column`` is the heading as it stands in the file.

    The sentence never says what stands in the cell: it goes into reports and lists, and a cell may hold somebody's name or
    number. ``quote`` does; it is shown only to whoever may see the row in clear.
    """

    line: int
    column: str
    fault: Fault
    sentence: str
    place: str = ""
    """The column's usual name, or 第 n 列: what of the heading goes into facts."""
    quote: str = ""
    other: str = ""
    """The other row of a duplicate."""

    @property
    def quoted(self) -> str:
        """The sentence with what stands in the cell."""
        return f"{self.sentence}:“{cut(self.quote)}”" if self.quote else self.sentence


def cut(text: str) -> str:
    """The beginning of a cell, for a sentence."""
    return text if len(text) <= 24 else text[:23] + "…"  # noqa: PLR2004  # a sentence stays a sentence


@dataclass(frozen=True, slots=True)
class Candidate:
    """An enterprise as the extract tells of it, normalised. Money is in fen (分) of its currency: no floats anywhere."""

    code: str
    name: str
    raw_name: str | None
    kind: EnterpriseKind
    is_branch: bool
    standing: Standing
    standing_on: date | None
    founded: date | None
    capital: int | None
    currency: str
    legal_person: str | None
    contact: str | None
    phone: str | None
    other_phones: tuple[str, ...]
    email: str | None
    address: str
    business_address: str
    industry: str
    industry_section: str
    industry_code: str
    business: str
    registrar: str
    province: str
    city: str
    district: str
    staff: int | None
    further_places: tuple[tuple[str, str], ...] = ()
    """Further columns of provinces, cities and districts, each with its heading."""
    further_addresses: tuple[tuple[str, str], ...] = ()
    """And further columns of addresses."""
    elsewhere: str = ""
    """What these columns say against this district; known once the file stands beside the district's units."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """An enterprise to register or to compare with the register."""

    line: int
    candidate: Candidate
    notes: tuple[Reason, ...] = ()
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """Not an enterprise of the register, for these reasons. ``code`` is a valid one or empty."""

    line: int
    reasons: tuple[Reason, ...]
    code: str = ""
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class SetAside:
    """Doubtful: the row waits for a person, whole and unchanged."""

    line: int
    reasons: tuple[Reason, ...]
    row: RawRow
    code: str = ""
    name: str = ""

    @property
    def sheet(self) -> str:
        """Where the row stands."""
        return self.row.sheet


@dataclass(frozen=True, slots=True)
class Outside:
    """An enterprise, but wholly of another place: not registered. One that is in the register is still compared with it."""

    line: int
    candidate: Candidate
    reasons: tuple[Reason, ...]
    notes: tuple[Reason, ...] = ()
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class Repeated:
    """The same row again; ``of`` is the line that counts. Said by ``whole.judge_all``."""

    line: int
    of: int
    code: str
    sheet: str = ""
    of_sheet: str = ""


Verdict = Accepted | Refused | SetAside | Outside | Repeated
