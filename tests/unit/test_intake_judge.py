"""Every trap of real extracts (``choices.md``), each as one row. Names, codes and numbers are invented."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.roster.intake.cells import (
    company_name,
    is_branch,
    kind_of,
    meaning,
    read_capital,
    read_date,
    standing_of,
)
from services.roster.intake.judge import judge
from services.roster.intake.read import read
from services.roster.intake.verdict import Accepted, Fault, Refused, Repeated, SetAside
from services.roster.intake.whole import HEADINGS, Tally, harmless, judge_all, report
from shared.language import phones
from shared.language.codes import make_code, outer_check
from shared.language.terms import EnterpriseKind, Standing
from shared.paper.foreign.mojibake import misread

CODE = make_code("520502", "MA6DP001").text
OTHER = make_code("520502", "MA6DP002").text
INDIVIDUAL = make_code("520502", "MA6DP003", "92").text
COOPERATIVE = make_code("520502", "MA6DP004", "93").text
SOCIAL = make_code("520502", "MA6DP005", "52").text
GOOD = {
    "统一社会信用代码": CODE,
    "企业名称": "七星关区甲商贸有限公司",
    "企业类型": "有限责任公司(自然人投资或控股)",
    "登记状态": "存续(在营、开业、在册)",
    "成立日期": "2016-03-01",
    "注册资本": "55.5000(万元人民币)",
    "法定代表人": "某某",
    "住所": "贵州省毕节市七星关区麻园街道天河社区1号",
    "行业代码": "F5211",
    "联系电话": "8220000",
    "邮箱": "N/A",
    "登记机关": "毕节市七星关区市场监督管理局",
    "经营范围": "日用百货销售;食品销售",
    "从业人数": "12",
}


@pytest.fixture
def rows(tmp_path):
    """Turn cells, or whole lines of cells, into rows of a file."""

    def made(*lines, columns=tuple(GOOD), encoding="utf-8"):
        path = tmp_path / "extract.csv"
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(columns)
        writer.writerows([[line.get(name, "") for name in columns] if isinstance(line, dict) else line for line in lines])
        path.write_bytes(text.getvalue().encode(encoding))
        return list(read(path))

    return made


@pytest.fixture
def verdict(rows):
    """Judge a good row with some cells changed."""
    return lambda **cells: judge(rows(GOOD | cells)[0])


def faults(judged) -> set[Fault]:
    return {reason.fault for reason in judged.reasons}


def test_a_good_row_is_accepted_whole(verdict):
    judged = verdict()
    assert isinstance(judged, Accepted)
    assert judged.notes == ()
    it = judged.candidate
    assert (it.code, it.name, it.raw_name) == (CODE, "七星关区甲商贸有限公司", None)
    assert (it.kind, it.is_branch, it.standing, it.founded) == (
        EnterpriseKind.LIMITED,
        False,
        Standing.SURVIVING,
        date(2016, 3, 1),
    )
    assert (it.capital, it.currency, it.phone, it.email, it.staff) == (55_500_000, "CNY", "0857-8220000", None, 12)
    assert (it.industry, it.industry_section, it.industry_code) == ("52", "F", "F5211")


@pytest.mark.parametrize(
    ("code", "fault"), [(INDIVIDUAL, Fault.INDIVIDUAL), (COOPERATIVE, Fault.COOPERATIVE), (SOCIAL, Fault.NOT_AN_ENTERPRISE)]
)
def test_individuals_and_co_operatives_are_refused_by_their_code(verdict, code, fault):
    judged = verdict(统一社会信用代码=code, 企业名称="七星关区甲小吃店", 企业类型="个体工商户")
    assert isinstance(judged, Refused)
    assert faults(judged) == {fault}
    assert code in judged.reasons[0].sentence


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("", Fault.NO_CODE),
        ("N/A", Fault.NO_CODE),
        ("-", Fault.NO_CODE),
        (CODE[:-1], Fault.CODE_FORM),
        ("522401000012345", Fault.CODE_FORM),
        ("9.15205E+17", Fault.CODE_FORM),
        (CODE[:17] + ("0" if CODE[17] != "0" else "1"), Fault.CODE_CHECK),
    ],
)
def test_a_row_without_a_valid_code_is_refused_with_the_reason(verdict, code, fault):
    judged = verdict(统一社会信用代码=code)
    assert isinstance(judged, Refused)
    assert faults(judged) == {fault}
    assert judged.reasons[0].column == "统一社会信用代码"
    assert judged.reasons[0].line == 2


def test_the_inner_check_digit_is_checked_too(verdict):
    wrong = CODE[:16] + ("0" if CODE[16] != "0" else "1")
    judged = verdict(统一社会信用代码=wrong + outer_check(wrong))
    assert isinstance(judged, Refused)
    assert "第 17 位" in judged.reasons[0].sentence


def test_a_code_in_lower_case_with_blanks_is_the_same_code(verdict):
    judged = verdict(统一社会信用代码=f" {CODE[:8]} {CODE[8:].lower()}")
    assert isinstance(judged, Accepted)
    assert judged.candidate.code == CODE


def test_a_line_that_is_no_data_is_refused(rows):
    judged = judge(rows(["数据来源:登记机关", "共 200 条"])[0])
    assert isinstance(judged, Refused)
    assert "不是企业数据行" in judged.reasons[0].sentence


@pytest.mark.parametrize(
    "name", ["七星关区甲种植农民专业合作社", "七星关区甲养殖专业合作社", "毕节甲农民专业合作社联合社", "七星关区甲合作社"]
)
def test_a_co_operatives_name_under_an_enterprises_code_is_set_aside(verdict, name):
    judged = verdict(企业名称=name)
    assert isinstance(judged, SetAside)
    assert faults(judged) == {Fault.NAME_AGAINST_CLASS}
    assert judged.code == CODE


@pytest.mark.parametrize(
    "name", ["七星关区甲镇供销社", "七星关区甲镇供销合作社", "毕节甲农村信用合作联社", "七星关区合作社农产品销售有限公司"]
)
def test_supply_and_marketing_co_operatives_are_enterprises(verdict, name):
    assert isinstance(verdict(企业名称=name, 企业类型="集体所有制"), Accepted)


def test_an_individuals_name_under_an_enterprises_code_is_set_aside(verdict):
    assert faults(verdict(企业名称="七星关区甲商店(个体工商户)")) == {Fault.NAME_AGAINST_CLASS}


def test_a_companys_name_under_an_individuals_code_is_set_aside(verdict):
    judged = verdict(统一社会信用代码=INDIVIDUAL)
    assert isinstance(judged, SetAside)
    assert Fault.NAME_AGAINST_CLASS in faults(judged)


@pytest.mark.parametrize("kind", ["个体工商户", "个体", "农民专业合作社"])
def test_a_type_against_the_class_is_set_aside(verdict, kind):
    assert faults(verdict(企业类型=kind)) == {Fault.KIND_AGAINST_CLASS}


def test_a_code_in_another_column_is_a_shifted_row(verdict):
    judged = verdict(统一社会信用代码="七星关区甲商贸有限公司", 企业名称=CODE)
    assert isinstance(judged, SetAside)
    assert faults(judged) >= {Fault.SHIFTED}
    assert "出现在“企业名称”列" in judged.reasons[0].sentence
    assert judged.code == CODE


@pytest.mark.parametrize("place", range(1, len(GOOD)))
def test_an_unquoted_comma_anywhere_is_a_shifted_row(rows, place):
    cells = list(GOOD.values())
    shifted = [*cells[:place], "甲", *cells[place:]]
    found = judge(rows(*[list((GOOD | {"统一社会信用代码": OTHER}).values())] * 5, shifted)[-1])
    assert isinstance(found, SetAside)
    assert Fault.SHIFTED in faults(found)


@pytest.mark.parametrize("place", range(1, len(GOOD) - 4))
def test_a_shifted_row_cut_to_the_width_of_the_header_is_still_seen(rows, place):
    cells = list(GOOD.values())
    found = judge(rows([*cells[:place], "甲", *cells[place:]][: len(cells)])[0])
    assert isinstance(found, SetAside), found


@pytest.mark.parametrize("place", range(len(GOOD) - 1))
def test_a_row_that_lacks_a_cell_is_set_aside(rows, place):
    cells = list(GOOD.values())
    found = judge(rows(*[GOOD] * 5, [*cells[:place], *cells[place + 1 :]])[-1])
    assert isinstance(found, SetAside), found


def test_rows_that_all_end_with_a_delimiter_are_not_shifted(rows):
    assert all(isinstance(judge(row), Accepted) for row in rows(*[[*GOOD.values(), ""]] * 5))


def test_rows_whose_empty_ends_are_cut_are_not_shifted(rows):
    short = [[*list(GOOD.values())[: 10 + i]] for i in range(4)]
    assert all(isinstance(judge(row), Accepted) for row in rows(*short))
    assert all(isinstance(judge(row), Accepted) for row in rows(*[list(GOOD.values())] * 20, *short))


@pytest.mark.parametrize(
    "name",
    [
        "七星关区\ufffd\ufffd商贸有限公司",
        "锟斤拷商贸有限公司",
        "ï¿½ï¿½ï¿½ï¿½",
        "七星关区甲商贸有限公司".encode().decode("latin-1"),
        "七星关区甲商贸有限公司".encode("gbk").decode("latin-1"),
        "七星关区甲商贸有限公司".encode().decode("gbk", "replace"),
        "七星关区甲商贸有限公司".encode().decode("gb18030", "ignore"),
        "????????公司",
        "Ã¤Â¸ÂƒÃ¦",
    ],
)
def test_mojibake_is_set_aside(verdict, name):
    judged = verdict(企业名称=name)
    assert isinstance(judged, SetAside)
    assert Fault.GARBLED in faults(judged)


def test_mojibake_in_any_column_is_set_aside(verdict):
    assert Fault.GARBLED in faults(verdict(经营范围="日用百货\ufffd\ufffd销售"))


@pytest.mark.parametrize(
    "name",
    [
        "七星关区甲×乙商贸有限公司",
        "毕节Café咖啡有限公司",
        "毕节喆堃商贸有限公司",
        "七星关区犇鱻馫餐饮有限公司",
        "毕节烫发有限公司",
        "毕节锟鹏有限公司",
    ],
)
def test_rare_characters_are_not_mojibake(verdict, name):
    assert isinstance(verdict(企业名称=name), Accepted)
    assert not misread(name)


def test_an_impossible_date_is_set_aside(verdict):
    assert faults(verdict(成立日期="2016-02-30")) == {Fault.DATE_IMPOSSIBLE}
    assert Fault.DATE_IMPOSSIBLE in faults(verdict(成立日期="有限责任公司"))


def test_a_date_that_is_only_a_year_is_noted_and_not_used(verdict):
    judged = verdict(成立日期="2016年")
    assert isinstance(judged, Accepted)
    assert judged.candidate.founded is None
    assert [note.fault for note in judged.notes] == [Fault.DATE_UNREAD]


def test_an_unknown_or_missing_standing_is_never_guessed(verdict):
    assert faults(verdict(登记状态="责令关闭")) == {Fault.STANDING_UNKNOWN}
    assert faults(verdict(登记状态="N/A")) == {Fault.NO_STANDING}


def test_a_file_without_a_column_of_standings_says_what_it_assumed(rows):
    judged = judge(rows(GOOD, columns=tuple(name for name in GOOD if name != "登记状态"))[0])
    assert isinstance(judged, Accepted)
    assert [note.fault for note in judged.notes] == [Fault.STANDING_ASSUMED]


def test_a_row_without_a_name_is_set_aside(verdict):
    assert faults(verdict(企业名称="N/A")) == {Fault.NO_NAME}


def test_empty_words_are_empty_everywhere(verdict):
    judged = verdict(
        注册资本="N/A",
        法定代表人="-",
        联系电话="—",
        住所="无",
        成立日期="NULL",
        行业代码="/",
        从业人数="null",
        企业类型="n/a",
        经营范围="#N/A",
    )
    assert isinstance(judged, Accepted)
    it = judged.candidate
    assert (it.capital, it.legal_person, it.phone, it.address, it.founded, it.industry, it.staff) == (
        None,
        None,
        None,
        "",
        None,
        "",
        None,
    )
    assert (it.kind, judged.notes) == (EnterpriseKind.LIMITED, ())


def test_what_can_not_be_read_is_noted_and_no_number_is_shown(verdict):
    judged = verdict(注册资本="500", 联系电话="138****0000", 从业人数="50-99人", 行业代码="某某")
    assert isinstance(judged, Accepted)
    assert {note.fault for note in judged.notes} == {
        Fault.CAPITAL_UNREAD,
        Fault.PHONE_UNREAD,
        Fault.STAFF_UNREAD,
        Fault.INDUSTRY_UNREAD,
    }
    assert not any("138" in note.sentence for note in judged.notes)


def test_both_widths_of_brackets_are_one_name(verdict):
    half, full = verdict(企业名称="甲(毕节)商贸有限公司"), verdict(企业名称="甲（毕节）商贸有限公司")
    assert half.candidate.name == full.candidate.name == "甲（毕节）商贸有限公司"
    assert (half.candidate.raw_name, full.candidate.raw_name) == ("甲(毕节)商贸有限公司", None)
    assert company_name(" 甲 商贸\u3000有限公司 ") == "甲商贸有限公司"
    assert company_name("ＡＢＣ毕节 ABC Co") == "ABC毕节ABC Co"


def test_an_executive_partner_may_be_a_company(verdict):
    assert isinstance(verdict(企业类型="有限合伙企业", 法定代表人="贵州乙有限公司(委派代表:某某)"), Accepted)


@pytest.mark.parametrize(
    ("text", "fen", "currency"),
    [
        ("55.5000(万元人民币)", 55_500_000, "CNY"),
        ("55.5000（万元人民币）", 55_500_000, "CNY"),
        ("5000万元人民币", 5_000_000_000, "CNY"),
        ("5,000万人民币", 5_000_000_000, "CNY"),
        ("人民币5000万元整", 5_000_000_000, "CNY"),
        ("100万美元", 100_000_000, "USD"),
        ("100.5(万港元)", 100_500_000, "HKD"),
        ("30000元", 3_000_000, "CNY"),
        ("1.2亿元", 12_000_000_000, "CNY"),
        ("0.1万元", 100_000, "CNY"),
        ("0.000001万元", 1, "CNY"),
        ("0万元", 0, "CNY"),
        ("￥500元", 50_000, "CNY"),
    ],
)
def test_capital_is_an_integer_of_fen(text, fen, currency):
    assert read_capital(text) == (fen, currency)


def test_a_bare_number_takes_the_unit_of_its_heading_or_none():
    assert read_capital("500.000000", "注册资本(万元)") == (500_000_000, "CNY")
    assert read_capital("500", "注册资本(万元)", "美元") == (500_000_000, "USD")
    assert read_capital("500", "注册资本") is None


@pytest.mark.parametrize("text", ["500万某币", "-5万元", "详见章程", "5至10万元", "100000000000000000亿元"])
def test_capital_that_is_none_is_not_guessed(text):
    assert read_capital(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "2016-03-01",
        "2016/3/1",
        "2016.3.1",
        "2016年3月1日",
        "2016年03月01日",
        "20160301",
        "2016-03-01 00:00:00",
        "2016/3/1 0:00",
        "2016-03-01T00:00:00+08:00",
        "42430",
        "42430.0",
        "42430.5",
        "1456761600000",
        "20160301000000",
        "２０１６－０３－０１",
    ],
)
def test_dates_are_read_in_every_usual_form(text):
    assert read_date(text) == date(2016, 3, 1)


@pytest.mark.parametrize(
    "text", ["2016-13-01", "2016-02-30", "2016", "0000-00-00", "1016-03-01", "12345678", "存续", "9", "99999"]
)
def test_what_is_no_date_is_none(text):
    assert read_date(text) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("8220000", "0857-8220000"),
        ("0857-8220000", "0857-8220000"),
        ("08578220000", "0857-8220000"),
        ("(0857)8220000", "0857-8220000"),
        ("0857-8220000-801", "0857-8220000-801"),
        ("0851-88220000", "0851-88220000"),
        ("13800000000", "13800000000"),
        ("138 0000 0000", "13800000000"),
        ("+86 13800000000", "13800000000"),
        ("13800000000.0", "13800000000"),
        ("4000000000", "4000000000"),
        ("12345", None),
        ("138000000", None),
        ("某某", None),
    ],
)
def test_phones_have_one_form_and_local_ones_their_area_code(text, number):
    assert (phones.read(text).written if phones.is_phone(text) else None) == number


def test_several_numbers_are_told_apart(verdict):
    it = verdict(联系电话="8220000;13800000000、0857-8220001/13800000000").candidate
    assert (it.phone, it.other_phones) == ("0857-8220000", ("13800000000", "0857-8220001"))


@pytest.mark.parametrize(
    ("text", "standing"),
    [
        ("存续（在营、开业、在册）", Standing.SURVIVING),
        ("存续(在营,开业,在册)", Standing.SURVIVING),
        ("正常", Standing.SURVIVING),
        ("在业", Standing.OPERATING),
        ("开业", Standing.OPERATING),
        ("在营（开业）企业", Standing.OPERATING),
        ("歇业", Standing.DORMANT),
        ("停业", Standing.DORMANT),
        ("迁入", Standing.MOVED_IN),
        ("迁出", Standing.MOVED_OUT),
        ("吊销", Standing.REVOKED),
        ("吊销，未注销", Standing.REVOKED),
        ("吊销,未注销", Standing.REVOKED),
        ("吊销，已注销", Standing.DEREGISTERED),
        ("注销", Standing.DEREGISTERED),
        ("撤销", Standing.ANNULLED),
        ("经营异常", Standing.SURVIVING),
        ("存续(经营异常)", Standing.SURVIVING),
        ("责令关闭", None),
        ("清算中", None),
        ("正在注销", None),
        ("2016-03-01", None),
    ],
)
def test_the_registers_words_for_standings_are_known(text, standing):
    assert standing_of(text) is standing


@pytest.mark.parametrize(
    ("name", "kind", "branch"),
    [
        ("甲有限公司毕节分公司", "有限责任公司分公司(自然人投资或控股)", True),
        ("甲有限公司毕节分公司", "", True),
        ("甲有限公司七星关加油站", "", True),
        ("甲银行股份有限公司毕节支行", "股份有限公司", True),
        ("甲厂", "全民所有制分支机构(非法人)", True),
        ("甲有限公司", "有限责任公司", False),
        ("甲有限公司（普通合伙）", "", False),
        ("甲商贸有限公司", "", False),
    ],
)
def test_branches_are_told_by_type_or_name(name, kind, branch):
    assert is_branch(name, kind) is branch


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("有限责任公司(自然人独资)", "甲有限公司", EnterpriseKind.LIMITED),
        ("其他股份有限公司(非上市)", "甲", EnterpriseKind.JOINT_STOCK),
        ("个人独资企业", "甲厂", EnterpriseKind.SOLE),
        ("有限合伙企业", "甲", EnterpriseKind.PARTNERSHIP),
        ("全民所有制", "甲", EnterpriseKind.STATE),
        ("集体所有制", "甲", EnterpriseKind.COLLECTIVE),
        ("有限责任公司(台港澳与境内合资)", "甲有限公司", EnterpriseKind.FOREIGN),
        ("有限责任公司（非外商投资企业与外商投资企业合资）", "甲有限公司", EnterpriseKind.FOREIGN),
        ("", "甲有限公司", EnterpriseKind.LIMITED),
        ("", "甲中心（有限合伙）", EnterpriseKind.PARTNERSHIP),
        ("某某", "甲厂", EnterpriseKind.OTHER),
    ],
)
def test_the_legal_form_is_told_by_type_or_name(text, name, kind):
    assert kind_of(text, name) is kind


def test_an_exact_duplicate_counts_once_whatever_its_blanks(rows):
    again = GOOD | {"企业名称": "七星关区甲商贸有限公司 ", "邮箱": "-"}
    first, second, third = judge_all(rows(GOOD, again, GOOD | {"统一社会信用代码": OTHER}))
    assert isinstance(first, Accepted)
    assert second == Repeated(3, 2, CODE)
    assert isinstance(third, Accepted)


def test_other_content_under_the_same_code_is_set_aside(rows):
    _, second = judge_all(rows(GOOD, GOOD | {"登记状态": "注销"}))
    assert isinstance(second, SetAside)
    assert faults(second) == {Fault.DUPLICATE}
    assert "第 2 行" in second.reasons[0].sentence


def test_a_doubtful_row_repeated_waits_once(rows):
    doubtful = GOOD | {"登记状态": "责令关闭"}
    first, second = judge_all(rows(doubtful, doubtful))
    assert isinstance(first, SetAside)
    assert second == Repeated(3, 2, CODE)


def test_a_broken_line_is_set_aside_and_not_judged_by_its_pieces(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(f'统一社会信用代码,企业名称,登记状态\n{CODE},"甲有限公司,存续\n{OTHER},乙有限公司,存续\n', encoding="utf-8")
    first, second = judge_all(read(path))
    assert isinstance(first, SetAside)
    assert Fault.BROKEN_QUOTES in faults(first)
    assert isinstance(second, Accepted)


def test_the_tally_counts_every_row_once(rows):
    tally = Tally()
    judged = list(
        tally.of(
            judge_all(
                rows(
                    GOOD,
                    GOOD,
                    GOOD | {"登记状态": "注销"},
                    GOOD | {"统一社会信用代码": INDIVIDUAL, "企业名称": "甲店"},
                    GOOD | {"统一社会信用代码": ""},
                )
            )
        )
    )
    assert len(judged) == tally.rows == 5
    document = tally.document()
    assert (document["accepted"], document["repeated"], document["set_aside"], document["refused"]) == (1, 1, 1, 2)
    assert document["reasons"] == {"no-code": 1, "individual": 1, "duplicate": 1}


def test_the_report_has_a_line_for_each_reason_and_no_formula(rows):
    file = io.StringIO()
    judged = rows(
        GOOD, GOOD | {"统一社会信用代码": "=1+2"}, GOOD | {"统一社会信用代码": OTHER, "企业名称": "甲合作社", "登记状态": "某"}
    )
    list(report(judge_all(judged), file))
    lines = list(csv.reader(io.StringIO(file.getvalue())))
    assert tuple(lines[0]) == HEADINGS
    assert [line[:2] for line in lines[1:]] == [["2", "接受"], ["3", "拒绝"], ["4", "待人工核实"], ["4", "待人工核实"]]
    assert not any(cell.startswith(("=", "+", "-", "@")) for line in lines for cell in line)
    assert "某某" not in file.getvalue()


def test_the_report_may_leave_out_what_was_simply_accepted(rows):
    file = io.StringIO()
    list(report(judge_all(rows(GOOD, GOOD)), file, accepted=False))
    assert [line.split(",")[0] for line in file.getvalue().split()[1:2]] == ["3"]


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@a", "\t=1", "\r=1"])
def test_a_cell_that_begins_like_a_formula_is_made_harmless(cell):
    assert harmless(cell) == "'" + cell
    assert harmless("甲=1") == "甲=1"


def test_only_words_for_nothing_mean_nothing():
    assert [meaning(text) for text in ("N/A", "无", "—", "null", "/", "(null)", "无锡", "-5")] == [""] * 6 + ["无锡", "-5"]


REGISTRATIONS = (
    "企业名称",
    "统一社会信用代码",
    "注册日期",
    "企业类型",
    "法人代表",
    "注册资金",
    "经营范围",
    "所在省份",
    "地区",
    "注册地址",
)
REGISTRATION = (
    "甲有限公司毕节分公司",
    CODE,
    "2016-03-01",
    "有限责任公司分公司(自然人投资或控股)",
    "N/A",
    "N/A",
    "日用百货销售",
    "贵州省",
    "毕节市",
    "七星关区麻园街道",
)


@pytest.mark.parametrize(
    "columns",
    [
        REGISTRATIONS,
        [
            "name",
            "code",
            "registrationDay",
            "character",
            "legalRepresentative",
            "capital",
            "businessScope",
            "province",
            "city",
            "address",
        ],
    ],
)
def test_lists_of_registrations_without_a_standing_are_read(rows, columns):
    (judged,) = judge_all(rows(REGISTRATION, columns=columns))
    assert isinstance(judged, Accepted)
    it = judged.candidate
    assert (it.is_branch, it.capital, it.address, it.founded) == (True, None, "七星关区麻园街道", date(2016, 3, 1))
    assert [note.fault for note in judged.notes] == [Fault.STANDING_ASSUMED]


@pytest.mark.parametrize("place", range(1, len(REGISTRATIONS)))
def test_such_a_list_with_an_unquoted_comma_is_seen_to_be_shifted(rows, place):
    shifted = [*REGISTRATION[:place], "五金、建材", *REGISTRATION[place:]]
    found = judge(rows(shifted, columns=REGISTRATIONS)[0])
    assert isinstance(found, SetAside)
    assert Fault.SHIFTED in faults(found)
    if place < len(REGISTRATIONS) - 1:
        assert isinstance(judge(rows(shifted[: len(REGISTRATIONS)], columns=REGISTRATIONS)[0]), SetAside)


def test_epoch_milliseconds_are_the_day_that_it_was_in_china():
    """The clocks went an hour ahead in the summers 1986 to 1991: local midnight is 15:00 UTC then, not 16:00."""
    china = ZoneInfo("Asia/Shanghai")
    day, ahead = date(1985, 12, 1), 0
    while day < date(1992, 2, 1):
        for hour in (0, 12, 23):
            moment = datetime(day.year, day.month, day.day, hour, 30, tzinfo=china)
            assert read_date(str(int(moment.timestamp() * 1000))) == day, moment
        midnight = datetime(day.year, day.month, day.day, tzinfo=china)
        if day.day == 1 or midnight.utcoffset() != timedelta(hours=8):
            assert read_date(str(int(midnight.timestamp() * 1000))) == day, midnight
        ahead += midnight.utcoffset() == timedelta(hours=9)
        day += timedelta(days=1)
    assert ahead > 6 * 120, "the zone's rules know these summers"
    assert read_date("546278400000") == date(1987, 4, 25)
    assert read_date("552150000000") == date(1987, 7, 2), "a fixed +8 hours says the first"


@pytest.mark.parametrize("column", ["企业名称", "登记机关", "住所"])
@pytest.mark.parametrize("name", ["张伟", "欧阳娜娜", "阿·买买提"])
def test_a_persons_name_in_a_public_column_is_a_shifted_row(verdict, column, name):
    """It would stand in a fact in clear for ever."""
    judged = verdict(**{column: name})
    assert isinstance(judged, SetAside) and Fault.SHIFTED in faults(judged)


@pytest.mark.parametrize("column", ["住所", "经营范围", "登记机关"])
@pytest.mark.parametrize(
    "number", ["电话8222222", "139.0000.5555", "522401199001011234", "（0857）8222222", "１３９００００５５５５"]
)
def test_a_number_in_a_public_column_is_hidden_however_it_is_written(verdict, column, number):
    judged = verdict(**{column: f"七星关区市场监督管理局{number}"})
    assert number not in str(judged.candidate if isinstance(judged, Accepted) else "")
