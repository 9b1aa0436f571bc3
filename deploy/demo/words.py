"""What people say in the demo: written for it, about nobody."""

from __future__ import annotations

from shared.terms import Category, DeclineReason, Nature

NOTES = (
    "企业生产经营正常,订单较上月稳定,员工在岗。", "门店正常营业,客流较平稳,暂无用工缺口。", "项目按计划推进,原材料供应正常,资金周转平稳。",
    "生产线满负荷运转,近期计划增加一个班次。", "受季节影响业务量有所下降,正在拓展周边市场。", "经营平稳,已完成年度报告公示,税费按期申报。",
    "订单有所增加,正在招聘熟练工人,生产秩序正常。", "部分设备检修,预计下旬恢复,其他业务正常开展。",
)  # fmt: skip
DIFFICULTIES = ("", "", "", "", "流动资金偏紧", "熟练工人不足", "物流成本偏高", "市场竞争激烈")
SUGGESTIONS = ("", "", "", "希望多组织产销对接", "希望政策推送更精准", "希望简化办事材料")
POLICIES = (
    "小微企业普惠金融政策", "稳岗返还政策", "增值税小规模纳税人优惠", "中小企业账款支付条例", "创业担保贷款贴息", "惠企政策“一图读懂”",
)  # fmt: skip
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
