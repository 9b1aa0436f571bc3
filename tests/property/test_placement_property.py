"""Whatever place elsewhere stands before the name of one of our units, it is never taken for ours without a person."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypinyin import Style, lazy_pinyin

from services.roster.intake.places import Suggestion, elsewhere, read_places, suggest, suggest_for

PLACES = read_places(Path(__file__).parents[2] / "deploy" / "data" / "divisions")
TOWNSHIPS = sorted(item.name for item in PLACES.townships.values())
VILLAGES = sorted({item.stem + item.suffix for items in PLACES.villages.values() for item in items})
UNITS = [*TOWNSHIPS, *VILLAGES]
PROVINCES = [
    "北京市",
    "天津市",
    "河北省",
    "山西省",
    "内蒙古自治区",
    "辽宁省",
    "吉林省",
    "黑龙江省",
    "上海市",
    "江苏省",
    "浙江省",
    "安徽省",
    "福建省",
    "江西省",
    "山东省",
    "河南省",
    "湖北省",
    "湖南省",
    "广东省",
    "广西壮族自治区",
    "海南省",
    "重庆市",
    "四川省",
    "云南省",
    "西藏自治区",
    "陕西省",
    "甘肃省",
    "青海省",
    "宁夏回族自治区",
    "新疆维吾尔自治区",
    "台湾省",
    "香港特别行政区",
    "澳门特别行政区",
    "新疆生产建设兵团",
]
PREFECTURES = [
    "石家庄市",
    "呼和浩特市",
    "锡林郭勒盟",
    "阿拉善盟",
    "兴安盟",
    "大兴安岭地区",
    "延边朝鲜族自治州",
    "齐齐哈尔市",
    "深圳市",
    "广州市",
    "韶关市",
    "贵阳市",
    "遵义市",
    "六盘水市",
    "安顺市",
    "铜仁市",
    "黔南布依族苗族自治州",
    "黔东南苗族侗族自治州",
    "黔西南布依族苗族自治州",
    "昆明市",
    "昭通市",
    "曲靖市",
    "楚雄彝族自治州",
    "西双版纳傣族自治州",
    "德宏傣族景颇族自治州",
    "怒江傈僳族自治州",
    "迪庆藏族自治州",
    "恩施土家族苗族自治州",
    "湘西土家族苗族自治州",
    "阿坝藏族羌族自治州",
    "甘孜藏族自治州",
    "凉山彝族自治州",
    "阿里地区",
    "日喀则市",
    "临夏回族自治州",
    "甘南藏族自治州",
    "海西蒙古族藏族自治州",
    "巴音郭楞蒙古自治州",
    "博尔塔拉蒙古自治州",
    "克孜勒苏柯尔克孜自治州",
    "昌吉回族自治州",
    "伊犁哈萨克自治州",
    "喀什地区",
]
COUNTIES = [
    "大方县",
    "黔西市",
    "金沙县",
    "织金县",
    "纳雍县",
    "威宁彝族回族苗族自治县",
    "赫章县",
    "清镇市",
    "赤水市",
    "仁怀市",
    "盘州市",
    "水城区",
    "钟山区",
    "六枝特区",
    "南明区",
    "云岩区",
    "花溪区",
    "乌当区",
    "白云区",
    "观山湖区",
    "修文县",
    "息烽县",
    "开阳县",
    "红花岗区",
    "汇川区",
    "播州区",
    "桐梓县",
    "镇雄县",
    "威信县",
    "宣威市",
    "会泽县",
    "昭阳区",
    "叙永县",
    "古蔺县",
    "龙岗区",
    "南山区",
    "天河区",
    "市中区",
    "神农架林区",
    "双江拉祜族佤族布朗族傣族自治县",
    "积石山保安族东乡族撒拉族自治县",
    "鄂伦春自治旗",
    "莫力达瓦达斡尔族自治旗",
    "土默特左旗",
    "准格尔旗",
    "双流区",
    "两江新区",
    "天府新区",
    "贵安新区",
    "百里杜鹃管理区",
    "金海湖新区",
    "江阴市",
    "义乌市",
    "五常市",
    "石河子市",
    "西昌市",
    "都匀市",
    "凯里市",
    "兴义市",
    "福泉市",
    "从江县",
    "三都水族自治县",
    "玉屏侗族自治县",
]
LISTED = sorted(
    name
    for name in re.findall(
        r'county="(?:\[\d{4}-\])?([\u4e00-\u9fff]{3,})"', (files("stdnum") / "cn" / "loc.dat").read_text("utf-8")
    )
    if not re.search(r"单位|贵州|毕节|七星关|市辖区|新市区|新城区|老城区|群岛|[區會]", name)
)
"""Every county and every city of GB/T 2260 as it is today."""
KIND = re.compile(r"(?:自治区|自治州|自治县|自治旗|地区|林区|特区|新区|矿区|省|市|州|盟|县|旗|区)$")
BARE = sorted(
    bare
    for name in {*LISTED, *PREFECTURES, *COUNTIES}
    if 2 <= len(bare := KIND.sub("", name)) <= 4 and "族" not in bare and not any(bare in unit for unit in UNITS)
)
OWN = (
    "",
    "贵州省毕节市七星关区",
    "毕节市七星关区",
    "七星关区",
    "毕节市",
    "贵州省毕节市",
    "贵州省毕节地区毕节市",
    "贵州省毕节县",
    "毕节县",
    "贵州毕节",
    "毕节",
    "中国贵州省毕节市七星关区",
    "贵州省毕节市(县级)",
    "县级毕节市",
    "原毕节市",
    "毕节地区毕节市",
    "毕节试验区七星关区",
    "毕节七星关",
)
foreign = st.tuples(
    st.sampled_from(["", "中国", "贵州省", "贵州省毕节市", "毕节市", "贵州", *PROVINCES]),
    st.sampled_from(["", *PREFECTURES]),
    st.sampled_from(COUNTIES),
    st.sampled_from(["", " ", ",", "、", "七星关区"]),
).map("".join)
larger = st.tuples(st.sampled_from(["", *PROVINCES]), st.sampled_from(PREFECTURES), st.sampled_from(["", " ", ",", "·"])).map(
    "".join
)


@settings(max_examples=500, deadline=None)
@given(st.one_of(foreign, larger, st.sampled_from(PROVINCES)), st.sampled_from(UNITS), st.sampled_from(["", "1号", "3组(原址)"]))
def test_a_unit_of_another_place_is_never_surely_ours(before: str, unit: str, behind: str) -> None:
    found = suggest(f"{before}{unit}{behind}", PLACES)
    assert not found.sure, found


@pytest.mark.parametrize(
    "before", ["深圳龙岗", "深圳,", "云南、", "韶关", "广东韶关", "成都", "昆明 ", "某商贸园", "遵义-", "广东.", "清镇"]
)
def test_a_place_without_its_kind_is_not_ours_either(before: str) -> None:
    for unit in TOWNSHIPS:
        assert not suggest(before + unit, PLACES).sure, unit


@pytest.mark.parametrize("before", OWN)
def test_our_own_names_of_every_time_stay_sure(before: str) -> None:
    for unit in TOWNSHIPS:
        assert suggest(f"{before}{unit}1号", PLACES).sure, (before, unit)


@pytest.mark.parametrize(
    "before",
    ["毕节市七星关区经济开发区", "七星关区洪山小区", "毕节市七星关区百里杜鹃大道", "毕节市区", "贵州省毕节市七星关区深圳路10号"],
)
def test_words_that_end_like_a_division_and_are_none_do_not_matter(before: str) -> None:
    assert suggest(f"{before}·青龙街道", PLACES).sure


def test_a_bracket_that_names_another_place_counts() -> None:
    assert not suggest("青龙街道1号(深圳市龙岗区)", PLACES).sure
    assert suggest("七星关区青龙街道1号(原毕节市)", PLACES).sure


@pytest.mark.parametrize(
    "registrar", ["清镇市市场监督管理局", "六盘水市市场监督管理局", "大方县市场监督管理局", "百里杜鹃管理区市场监督管理局"]
)
def test_a_registering_office_elsewhere_makes_it_unsure(registrar: str) -> None:
    assert not suggest_for("", "青龙街道1号", PLACES, registrar=registrar).sure


@pytest.mark.parametrize(
    "registrar",
    [
        "",
        "七星关区市场监督管理局",
        "毕节市七星关区市场监督管理局",
        "毕节市市场监督管理局",
        "贵州省市场监督管理局",
        "毕节市工商行政管理局七星关分局",
        "国家市场监督管理总局",
        "青龙街道市场监督管理分局",
        "毕节市七星关区行政审批局",
    ],
)
def test_our_own_registering_offices_do_not(registrar: str) -> None:
    found: Suggestion = suggest_for("", "青龙街道1号", PLACES, registrar=registrar)
    assert found.sure, found


@pytest.mark.parametrize("name", [*PROVINCES, *PREFECTURES, *COUNTIES])
def test_every_kind_of_name_counts_behind_the_unit_too(name: str) -> None:
    assert not suggest(f"青龙街道({name})", PLACES).sure
    assert not suggest(f"七星关区青龙街道{name}", PLACES).sure


def spelled(name: str, style: Style = Style.NORMAL) -> str:
    return "".join(lazy_pinyin(name, style=style)).capitalize()


OURS = " ".join(spelled(unit).lower() for unit in [*UNITS, *OWN])
LATIN = sorted(name for name in map(spelled, BARE) if name.lower() not in OURS)
written = st.one_of(
    st.sampled_from([*LISTED, *PREFECTURES, *COUNTIES, *PROVINCES]),
    st.sampled_from(BARE),
    st.sampled_from(LATIN),
    st.sampled_from(LATIN).map(lambda name: f"{name} City"),
    st.sampled_from(LATIN).map(str.upper),
    st.sampled_from(["Guìyáng", "Gui Yang", "Xi'an", "Renhuai Shi", "HongKong"]),
)


@settings(max_examples=250, deadline=None)
@given(
    written,
    st.sampled_from(UNITS),
    st.sampled_from(["", "毕节市七星关区", "贵州省毕节市七星关区"]),
    st.sampled_from(
        [
            "{own}{unit}({name})",
            "{own}{unit}办事处({name})",
            "{own}{unit}（{name}）1号",
            "{own}{unit},{name}",
            "{own}{unit}、{name}",
            "{own}{unit}[{name}]",
            "{own}{unit}1号,{name}",
            "{own}{unit} {name}",
            "{own},{name},{unit}",
            "({name}){own}{unit}",
            "{own}{unit}{name}茅台镇",
            "{own}{unit}3组({name}茅台镇)",
            "{name} {own}{unit}",
        ]
    ),
)
def test_another_place_named_anywhere_in_an_address_is_never_surely_ours(name: str, unit: str, own: str, form: str) -> None:
    found = suggest(form.format(own=own, unit=unit, name=name), PLACES)
    assert not found.sure, found


@pytest.mark.parametrize("form", ["{}", "{} City", "{} Shi", "{} Qu", "{} Zhou, China"])
def test_every_place_in_pinyin_counts_though_it_read_like_kinds(form: str) -> None:
    """舟曲 and 石狮 read like 州区 and 市市."""
    taken = [
        name
        for name in LATIN
        for text in (form.format(name), form.format(name).upper())
        if not elsewhere([("", text)], [], PLACES)
    ]
    assert taken == []


@settings(max_examples=250, deadline=None)
@given(written, st.sampled_from(UNITS), st.sampled_from(["所属省份", "所属城市", "所属区县", "所在地区"]))
def test_a_column_that_names_another_place_in_any_letters_makes_it_unsure(name: str, unit: str, column: str) -> None:
    other = elsewhere([(column, name)], [], PLACES)
    assert other
    assert not suggest_for("", f"七星关区{unit}1号", PLACES, elsewhere=other).sure


@pytest.mark.parametrize(
    "value",
    [
        "",
        "贵州",
        "贵州省",
        "毕节",
        "毕节市",
        "七星关区",
        "毕节市七星关区",
        "Guizhou",
        "GUIZHOU",
        "Guizhou Province",
        "Bijie",
        "BiJie City",
        "Bijie Shi",
        "Qixingguan",
        "Qixingguan District",
        "Qixingguan Qu, Bijie",
        "青龙街道",
        "520502",
        "522401",
    ],
)
def test_our_own_names_in_columns_speak_against_nobody(value: str) -> None:
    assert elsewhere([("所属城市", value)], [], PLACES) == ""


@settings(max_examples=250, deadline=None)
@given(
    written,
    st.sampled_from(UNITS),
    st.sampled_from(TOWNSHIPS),
    st.sampled_from(["{name}{unit}", "{name}", "{name}{unit}1号", "{unit}({name})"]),
)
def test_the_other_address_of_a_row_counts_and_any_further_one(name: str, unit: str, other: str, form: str) -> None:
    ours, theirs = f"七星关区{unit}1号", form.format(name=name, unit=other)
    assert not suggest_for(ours, theirs, PLACES).sure
    told = elsewhere([], [("通信地址", theirs)], PLACES)
    assert told
    assert not suggest_for("", ours, PLACES, elsewhere=told).sure


@settings(max_examples=500, deadline=None)
@given(
    st.one_of(st.sampled_from(LISTED), st.sampled_from(BARE)), st.sampled_from(["市场监督管理局", "工商行政管理局", "行政审批局"])
)
def test_every_other_registering_office_makes_it_unsure(name: str, office: str) -> None:
    assert not suggest_for("", "七星关区青龙街道1号", PLACES, registrar=f"{name}{office}").sure


@settings(max_examples=250, deadline=None)
@given(
    st.sampled_from(UNITS),
    st.sampled_from(TOWNSHIPS),
    st.sampled_from(
        [
            "",
            "和平小区",
            "贵阳路12号",
            "威宁路3号",
            "大方路口",
            "清毕路",
            "仁怀大道5号",
            "阳光城市花园A区3栋",
            "碧阳国际城B座",
            "老城区",
            "开发区",
            "区政府旁",
            "市场旁",
            "农贸市场2楼",
            "县城路",
            "火车站",
            "黔龙商都",
            "A1-12",
            "CBD",
            "LOFT公寓",
            "(自主申报)",
            "(集群注册)",
            "(原毕节市)",
            "(一照多址)",
            "1号,2号",
            "、3号",
            "(2楼)",
            "州府酒店",
            "城关小学旁",
            "镇政府旁",
            "集镇",
            "红旗路",
            "广州路",
            "北京路,12号",
        ]
    ),
)
def test_what_usually_stands_behind_a_unit_takes_no_certainty(unit: str, township: str, behind: str) -> None:
    if suggest(f"七星关区{unit}", PLACES).sure:
        assert suggest(f"七星关区{unit}{behind}", PLACES).sure, (unit, behind)
    assert suggest_for(f"七星关区{township}1号", f"毕节市七星关区{township}{behind}", PLACES).sure, behind
