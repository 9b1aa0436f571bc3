"""Addresses and the townships they name, over the real units of the district; the addresses are invented."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.roster.intake.places import SURE, Places, read_places, suggest

PLACES = read_places(Path(__file__).parents[2] / "deploy" / "data" / "divisions")
NAMES = {item.name: code for code, item in PLACES.townships.items()}


def test_there_are_48_townships_and_567_villages():
    assert len(PLACES.townships) == 48
    assert sum(map(len, PLACES.villages.values())) == 567


def test_fourteen_village_names_stand_in_two_or_more_townships():
    shared_names = [key for key, items in PLACES.villages.items() if len({item.township for item in items}) > 1]
    assert len(shared_names) == 14


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_township_is_found_by_its_own_name(name):
    found = suggest(f"贵州省毕节市七星关区{name}1号", PLACES)
    assert (found.township, found.sure) == (NAMES[name], True)


@pytest.mark.parametrize(
    ("address", "township"),
    [
        ("七星关区田坝镇先进社区", "田坝镇"),
        ("七星关区田坝桥镇螃蟹社区", "田坝桥镇"),
        ("毕节市何官屯镇", "何官屯镇"),
        ("贵州省毕节地区毕节市撒拉溪镇", "撒拉溪镇"),
        ("七星关区市西办天河社区", "市西街道"),
        ("七星关区洪山街道办事处", "洪山街道"),
        ("七星关区洪山办事处1号", "洪山街道"),
        ("七星关区碧阳街道办碧阳大道", "碧阳街道"),
        ("七星关区千溪乡", "千溪彝族苗族白族乡"),
        ("七星关区阿市彝族苗族乡", "阿市苗族彝族乡"),
        ("七星关区大屯民族乡", "大屯彝族乡"),
        ("七星关区水箐乡", "水箐镇"),
        ("毕节市七星关区 青场镇 1组", "青场镇"),
        ("七星关区甘河街道", "甘河街道"),
    ],
)
def test_the_usual_forms_of_a_name_are_known(address, township):
    found = suggest(address, PLACES)
    assert found.township == NAMES[township]
    assert found.confidence >= SURE


def test_the_village_is_found_within_its_township():
    found = suggest("七星关区林口镇大寨村2组", PLACES)
    assert (found.township, found.village) == (NAMES["林口镇"], "520502114200")


def test_a_village_name_of_several_townships_is_no_evidence_alone():
    found = suggest("七星关区大寨村2组", PLACES)
    assert (found.township, found.confidence) == (None, 0)
    assert "岔河镇、林口镇、生机镇" in found.because


def test_a_village_name_of_one_township_is_evidence_inside_the_district():
    found = suggest("七星关区法沙村3组", PLACES)
    assert (found.township, found.sure) == (NAMES["清水铺镇"], True)


def test_a_village_and_a_community_of_one_name_in_two_townships_are_left_to_a_person():
    assert not suggest("七星关区西冲村", PLACES).sure


def test_a_village_beside_the_old_name_of_the_district_is_not_sure():
    found = suggest("毕节市法沙村3组", PLACES)
    assert found.township == NAMES["清水铺镇"]
    assert not found.sure


def test_a_village_of_another_township_is_not_taken():
    found = suggest("七星关区青场镇法沙村", PLACES)
    assert (found.township, found.village) == (NAMES["青场镇"], None)
    assert "不在该乡镇" in found.because


@pytest.mark.parametrize(
    "address",
    [
        "七星关区麻园路12号",
        "毕节市七星关区洪山路",
        "七星关区百里杜鹃大道12号",
        "七星关区威宁路3号",
        "贵州省毕节市",
        "",
        "七星关区新龙场村",
    ],
)
def test_a_street_alone_names_no_township(address):
    assert suggest(address, PLACES).township is None


@pytest.mark.parametrize(
    "address",
    [
        "大方县八寨镇",
        "毕节市黔西市大河乡",
        "金沙县1号",
        "织金县",
        "纳雍县",
        "威宁彝族回族苗族自治县",
        "赫章县",
        "毕节市百里杜鹃管理区",
        "毕节市金海湖新区小坝镇",
        "贵阳市南明区青龙街道",
        "云南省昭通市大河镇",
        "毕节市大方县团结乡",
    ],
)
def test_another_county_is_never_ours(address):
    found = suggest(address, PLACES)
    assert found.township is None
    assert "不是本区" in found.because


def test_two_townships_in_one_address_are_left_to_a_person():
    assert not suggest("七星关区八寨镇(原青场镇1号)", PLACES).sure


def test_a_name_without_its_kind_is_only_a_hint():
    found = suggest("毕节市七星关区青场1组", PLACES)
    assert found.township == NAMES["青场镇"]
    assert not found.sure


def test_a_longer_unknown_name_that_ends_like_ours_is_not_sure():
    assert not suggest("七星关区新大银镇", PLACES).sure


def words(table: dict[str, str]):
    """The district with a table of words."""
    townships = [(item.code, item.name) for item in PLACES.townships.values()]
    villages = {
        item.code: (item.code, item.stem + item.suffix, item.township) for items in PLACES.villages.values() for item in items
    }
    return Places.of(townships, villages.values(), words=table), next(iter(villages.values()))


def test_a_word_of_the_offices_table_stands_for_its_place():
    _, (village, _, its_township) = words({})
    known, _ = words({"老城路": NAMES["市西街道"], "老城路北段": village, "没了的路": "999"})
    found = suggest("七星关区老城路12号", known)
    assert (found.township, found.village, found.sure) == (NAMES["市西街道"], None, True)
    assert "老城路" in found.because
    longer = suggest("七星关区老城路北段12号", known)
    assert (longer.township, longer.village) == (its_township, village)
    assert suggest("七星关区没了的路3号", known).township is None


def test_the_table_never_outvotes_a_township_the_address_names():
    known, _ = words({"老城路": NAMES["市西街道"]})
    assert suggest("七星关区洪山街道老城路12号", known).township == NAMES["洪山街道"]


def test_words_of_two_townships_prove_nothing():
    known, _ = words({"老城路": NAMES["市西街道"], "电厂": NAMES["洪山街道"]})
    found = suggest("七星关区老城路电厂旁", known)
    assert (found.township, found.sure) == (None, False)
