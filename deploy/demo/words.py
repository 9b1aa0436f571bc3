"""What people say in the demo: written for it, about nobody."""

from __future__ import annotations

from shared.events.visits import Option, Question
from shared.language.terms import Category, DeclineReason, Meaning, Nature, QuestionKind

NOTES = (
    "企业生产经营正常,订单较上月稳定,员工在岗。",
    "门店正常营业,客流较平稳,暂无用工缺口。",
    "项目按计划推进,原材料供应正常,资金周转平稳。",
    "生产线满负荷运转,近期计划增加一个班次。",
    "受季节影响业务量有所下降,正在拓展周边市场。",
    "经营平稳,已完成年度报告公示,税费按期申报。",
    "订单有所增加,正在招聘熟练工人,生产秩序正常。",
    "部分设备检修,预计下旬恢复,其他业务正常开展。",
)
DIFFICULTIES = (*("",) * 200, "流动资金偏紧", "熟练工人不足", "物流成本偏高", "市场竞争激烈")
"""Seldom: what is difficult and asks for nothing waits for somebody to rule on it (疑似遗漏)."""
SUGGESTIONS = ("", "", "", "多组织产销对接活动", "政策推送可以更精准", "办事材料再精简一些")
POLICIES = (
    "小微企业普惠金融政策",
    "稳岗返还政策",
    "增值税小规模纳税人优惠",
    "中小企业账款支付条例",
    "创业担保贷款贴息",
    "惠企政策“一图读懂”",
)
RETURNS = ("走访情况填写过于简单,请补充", "受访人职务与实际不符,请核实", "走访日期请核实后更正")
DEMANDS: list[tuple[str, Category, Nature]] = [
    ("申请流动资金贷款,希望协调银行对接", Category.FINANCE, Nature.HELP),
    ("希望协调招聘十名熟练工人", Category.LABOUR, Nature.HELP),
    ("厂区门前道路破损影响货车进出", Category.LOGISTICS, Nature.HELP),
    ("咨询小微企业税收优惠申报流程", Category.TAX, Nature.ENQUIRY),
    ("咨询稳岗返还政策的申领条件", Category.POLICY, Nature.ENQUIRY),
    ("用电容量不足,申请增容", Category.UTILITIES, Nature.HELP),
    ("食品经营许可变更办理时间较长", Category.LICENCES, Nature.HELP),
    ("工程款被拖欠,请求协调支付", Category.ARREARS, Nature.COMPLAINT),
    ("建议园区增设公交站点", Category.LOGISTICS, Nature.SUGGESTION),
    ("希望组织参加省内产销对接会", Category.MARKET, Nature.SUGGESTION),
    ("租用厂房到期,希望协助寻找场地", Category.LAND, Nature.HELP),
    ("反映重复检查影响经营", Category.ENFORCEMENT, Nature.COMPLAINT),
    ("咨询合同纠纷调解途径", Category.DISPUTE, Nature.ENQUIRY),
    ("技改项目备案需要指导", Category.PROJECT, Nature.HELP),
]
MEASURES = (
    "由分管负责人牵头,三日内上门对接,明确办理路径。",
    "联系业务科室现场解答,提供办事指南并跟踪。",
    "会同相关单位现场查看,列出整改清单,限时办结。",
)
PROGRESS = ("已电话联系企业,了解具体情况。", "已到企业现场查看,商定办理步骤。", "已对接业务单位,材料正在办理。")
RESULTS = (
    "经协调,企业诉求已经解决。",
    "已按政策办理完毕并告知企业。",
    "部分事项已办结,其余已列入计划。",
    "经核实,已向企业解释政策规定。",
)
REPLY = "您反映的事项已办理,结果如上,如有疑问请与网格员联系。"
UNHAPPY = ("办理时间较长", "问题未彻底解决")
OBSTACLES = (
    ("policy", "现行政策没有对应条款,需上级明确口径。", "已向上级业务部门书面请示,每月跟踪一次。"),
    ("funds", "涉及道路改造资金,本年度预算未安排。", "已列入明年项目储备,先做临时处置。"),
    ("legacy", "用地手续系历史遗留问题,资料不全。", "会同相关部门补齐资料,分步办理。"),
    ("overlap", "涉及多个部门职责,牵头单位待明确。", "提请专题会议明确牵头单位。"),
)
REFUSALS = (
    (DeclineReason.IN_COURT, "该事项已进入诉讼程序,请以司法裁判为准,我们可协助提供法律援助信息。"),
    (DeclineReason.NOT_OURS, "该事项属其他区县管辖,已为您附上受理单位联系方式。"),
    (DeclineReason.UNVERIFIABLE, "反映内容暂无法核实,补充具体情况后可再次反映。"),
)
DUTIES = (
    "对归口行业企业每月走访一次,宣传政策,收集诉求并按时限办理,指导分支机构开展服务。",
    "对辖区企业每月走访一次,宣传政策,收集诉求并按时限办理,组织村(社区)做好信息采集。",
)
"""Of a department, of a township."""
TASKS = (
    ("核对本月未走访企业名单", "逐户核对,二十日前补齐走访。"),
    ("补充走访印证资料", "对待补证的走访补传照片或通话记录。"),
    ("更新企业联系人", "电话停机的企业逐户核实。"),
    ("准备政策宣讲会", "整理本月新出台政策,印制一张图。"),
)
PROJECTS = (
    "年产二万吨饲料加工项目",
    "竹木家居产业园一期",
    "中药材精深加工项目",
    "冷链物流中心",
    "新型建材生产线",
    "茶叶精制车间",
    "农产品交易市场改造",
    "服装加工扩产项目",
    "再生资源分拣中心",
    "智能家电组装项目",
    "标准厂房二期",
    "酒店提升改造项目",
)
QUESTIONS = (
    Question(
        id="known",
        text="您了解“贵人服务”吗?",
        kind=QuestionKind.SINGLE,
        required=True,
        meaning=Meaning.AWARE,
        options=(
            Option(id="understood", text="了解内容"),
            Option(id="heard", text="听说过"),
            Option(id="unknown", text="不知道"),
        ),
    ),
    Question(id="rating", text="您对服务是否满意?", kind=QuestionKind.RATING, required=True, meaning=Meaning.SATISFACTION),
    Question(id="staff", text="目前用工人数", kind=QuestionKind.NUMBER, least=0, most=100_000, meaning=Meaning.HEADCOUNT),
    Question(id="more", text="其他意见建议", kind=QuestionKind.TEXT, meaning=Meaning.SUGGESTIONS),
)
CALLS = (
    ("咨询惠企政策窗口的办公时间,已告知。", ""),
    ("询问年报公示截止日期,已解答。", ""),
    ("来电表示感谢,无其他事项。", ""),
    ("反映门前路面破损,请求修补。", "门前路面破损,货车进出困难,请求修补"),
    ("反映用电容量不足。", "用电容量不足,请求协调增容"),
    ("反映招工困难。", "急需八名熟练工人,请求协助招聘"),
    ("反映停车位被占用。", "门前装卸车位长期被占用,请求协调"),
    ("咨询贷款贴息。", "申请创业担保贷款贴息,请求指导"),
)
"""What was noted of a call, and what it asked for, if anything."""
ORDERS = (
    "企业反映排水管道堵塞,请求疏通",
    "企业反映物流园夜间照明不足",
    "企业咨询技改补助申报",
    "企业请求协调工程款支付",
    "来电反映小区物业收费问题",
    "企业请求协助办理食品经营许可变更",
    "企业反映快递网点进园受限",
    "企业反映供水水压不足",
)
MATTERS = (
    "食品经营许可新办",
    "企业变更登记",
    "排污登记",
    "用水报装",
    "建筑施工许可",
    "人力资源服务许可",
    "道路运输经营许可",
    "消防设计审查",
)
WINDOWS = ("综合受理窗口", "企业开办专窗", "工程建设专窗")
