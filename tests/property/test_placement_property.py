"""Whatever place elsewhere stands before the name of one of our units, it is never taken for ours without a person."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.roster.intake.places import Suggestion, read_places, suggest, suggest_for

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
OWN = (
    "", "贵州省毕节市七星关区", "毕节市七星关区", "七星关区", "毕节市", "贵州省毕节市", "贵州省毕节地区毕节市", "贵州省毕节县", "毕节县", "贵州毕节", "毕节",
    "中国贵州省毕节市七星关区", "贵州省毕节市(县级)", "县级毕节市", "原毕节市", "毕节地区毕节市", "毕节试验区七星关区", "毕节七星关",
)  # fmt: skip
foreign = st.tuples(
    st.sampled_from(["", "中国", "贵州省", "贵州省毕节市", "毕节市", "贵州", *PROVINCES]), st.sampled_from(["", *PREFECTURES]),
    st.sampled_from(COUNTIES), st.sampled_from(["", " ", ",", "、", "七星关区"]),
).map("".join)  # fmt: skip
larger = st.tuples(st.sampled_from(["", *PROVINCES]), st.sampled_from(PREFECTURES), st.sampled_from(["", " ", ",", "·"])).map(
    "".join
)


@settings(max_examples=3_000, deadline=None)
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
    ["", "七星关区市场监督管理局", "毕节市七星关区市场监督管理局", "毕节市市场监督管理局", "贵州省市场监督管理局", "毕节市工商行政管理局七星关分局",
     "国家市场监督管理总局", "青龙街道市场监督管理分局", "毕节市七星关区行政审批局"],
)  # fmt: skip
def test_our_own_registering_offices_do_not(registrar: str) -> None:
    found: Suggestion = suggest_for("", "青龙街道1号", PLACES, registrar=registrar)
    assert found.sure, found
