"""The sections (门类) and divisions (大类) of GB/T 4754-2017 国民经济行业分类, with its first amendment of 2019."""

from __future__ import annotations

import re
from dataclasses import dataclass

from shared.language import writing

_TABLE = """
A 农、林、牧、渔业
01 农业
02 林业
03 畜牧业
04 渔业
05 农、林、牧、渔专业及辅助性活动
B 采矿业
06 煤炭开采和洗选业
07 石油和天然气开采业
08 黑色金属矿采选业
09 有色金属矿采选业
10 非金属矿采选业
11 开采专业及辅助性活动
12 其他采矿业
C 制造业
13 农副食品加工业
14 食品制造业
15 酒、饮料和精制茶制造业
16 烟草制品业
17 纺织业
18 纺织服装、服饰业
19 皮革、毛皮、羽毛及其制品和制鞋业
20 木材加工和木、竹、藤、棕、草制品业
21 家具制造业
22 造纸和纸制品业
23 印刷和记录媒介复制业
24 文教、工美、体育和娱乐用品制造业
25 石油、煤炭及其他燃料加工业
26 化学原料和化学制品制造业
27 医药制造业
28 化学纤维制造业
29 橡胶和塑料制品业
30 非金属矿物制品业
31 黑色金属冶炼和压延加工业
32 有色金属冶炼和压延加工业
33 金属制品业
34 通用设备制造业
35 专用设备制造业
36 汽车制造业
37 铁路、船舶、航空航天和其他运输设备制造业
38 电气机械和器材制造业
39 计算机、通信和其他电子设备制造业
40 仪器仪表制造业
41 其他制造业
42 废弃资源综合利用业
43 金属制品、机械和设备修理业
D 电力、热力、燃气及水生产和供应业
44 电力、热力生产和供应业
45 燃气生产和供应业
46 水的生产和供应业
E 建筑业
47 房屋建筑业
48 土木工程建筑业
49 建筑安装业
50 建筑装饰、装修和其他建筑业
F 批发和零售业
51 批发业
52 零售业
G 交通运输、仓储和邮政业
53 铁路运输业
54 道路运输业
55 水上运输业
56 航空运输业
57 管道运输业
58 多式联运和运输代理业
59 装卸搬运和仓储业
60 邮政业
H 住宿和餐饮业
61 住宿业
62 餐饮业
I 信息传输、软件和信息技术服务业
63 电信、广播电视和卫星传输服务
64 互联网和相关服务
65 软件和信息技术服务业
J 金融业
66 货币金融服务
67 资本市场服务
68 保险业
69 其他金融业
K 房地产业
70 房地产业
L 租赁和商务服务业
71 租赁业
72 商务服务业
M 科学研究和技术服务业
73 研究和试验发展
74 专业技术服务业
75 科技推广和应用服务业
N 水利、环境和公共设施管理业
76 水利管理业
77 生态保护和环境治理业
78 公共设施管理业
79 土地管理业
O 居民服务、修理和其他服务业
80 居民服务业
81 机动车、电子产品和日用产品修理业
82 其他服务业
P 教育
83 教育
Q 卫生和社会工作
84 卫生
85 社会工作
R 文化、体育和娱乐业
86 新闻和出版业
87 广播、电视、电影和录音制作业
88 文化艺术业
89 体育
90 娱乐业
S 公共管理、社会保障和社会组织
91 中国共产党机关
92 国家机构
93 人民政协、民主党派
94 社会保障
95 群众团体、社会团体和其他成员组织
96 基层群众自治组织及其他组织
T 国际组织
97 国际组织
"""


@dataclass(frozen=True)
class Division:
    """A division (大类): two digits, its name, the letter of its section."""

    code: str
    name: str
    section: str


@dataclass(frozen=True)
class Industry:
    """As much of an industry as a text says: a division with its section, a section alone, or nothing."""

    division: str = ""
    section: str = ""

    def __bool__(self) -> bool:
        """Whether the text said anything."""
        return bool(self.section)


def _read() -> tuple[dict[str, str], dict[str, Division]]:
    sections: dict[str, str] = {}
    divisions: dict[str, Division] = {}
    section = ""
    for line in _TABLE.split("\n"):
        code, _, name = line.partition(" ")
        if code.isalpha():
            section = code
            sections[code] = name
        elif code:
            divisions[code] = Division(code, name, section)
    return sections, divisions


SECTIONS, DIVISIONS = _read()

_FOLD = re.compile(r"[\s、,.;:()/\-_]+")
# A section letter with up to four digits, or two or four digits alone. Three digits alone could be a group (521) or a class
# that lost its leading zero in a spreadsheet (0111): that is not guessed.
_CODE = re.compile(r"(?:([A-T])([0-9]{2}[0-9]{0,2})?|([0-9]{2}(?:[0-9]{2})?))(?![0-9A-Z])")


def _folded(text: str) -> str:
    return _FOLD.sub("", writing.narrow(text)).upper()


def _names() -> dict[str, Industry]:
    names = {_folded(name): Industry("", letter) for letter, name in SECTIONS.items()}
    # A division's name is the more exact one where both are called the same (房地产业, 教育, 国际组织).
    return names | {_folded(item.name): Industry(item.code, item.section) for item in DIVISIONS.values()}


_NAMES = _names()
_ONLY = {
    letter: found[0].code for letter in SECTIONS if len(found := [d for d in DIVISIONS.values() if d.section == letter]) == 1
}


def industry_of(text: str) -> Industry:
    """Read "F5211", "52", "F", "零售业", "F52 零售业", "批发和零售业/零售业"; a contradiction is nothing."""
    folded = _folded(text)
    if not folded:
        return Industry()
    if named := _NAMES.get(folded):
        return named
    if found := _CODE.match(folded):
        letter, digits = found[1] or "", (found[2] or found[3] or "")[:2]
        if not digits:
            return Industry(_ONLY.get(letter, ""), letter)
        division = DIVISIONS.get(digits)
        if division is None or letter not in ("", division.section):
            return Industry()
        return Industry(division.code, division.section)
    parts = [named for part in re.split(r"[/>\-;|]", writing.narrow(text)) if (named := _NAMES.get(_folded(part)))]
    if len({part.section for part in parts}) != 1 or len({part.division for part in parts if part.division}) > 1:
        return Industry()
    return max(parts, key=lambda part: part.division)


def industry_label(text: str) -> str:
    """``C2614``, ``2614`` or ``26`` → ``C26 化学原料和化学制品制造业(制造业)``; what names no division stays as it is."""
    division = DIVISIONS.get(industry_of(text).division)
    if division is None:
        return text
    section = SECTIONS[division.section]
    return f"{division.section}{division.code} {division.name}" + (f"({section})" if section != division.name else "")
