"""Enumerations with the words people see, and identifiers.

English values go over wires and into logs; the Chinese label is what is printed. A label stands here and nowhere else.
"""

from __future__ import annotations

import uuid
from enum import StrEnum


class Term(StrEnum):
    """A value with a Chinese label: ``Mode.PHONE.value == "phone"``, ``Mode.PHONE.label == "电话回访"``."""

    _value_: str
    label: str

    def __new__(cls, value: str, label: str = "") -> Term:
        """A member from its value and its label."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label or value
        return member


class Line(Term):
    """The two crossing lines of grids (方案 三(一))."""

    VERTICAL = "vertical", "纵向"
    HORIZONTAL = "horizontal", "横向"


class UnitKind(Term):
    """What a unit is. Departments and townships file ledgers; branches and villages only enter (R28, R41)."""

    DISTRICT = "district", "区"
    DEPARTMENT = "department", "行业主管部门"
    BRANCH = "branch", "分支机构"
    TOWNSHIP = "township", "乡镇(街道)"
    VILLAGE = "village", "村(社区)"
    OFFICE = "office", "领导小组办公室"
    INSPECTORATE = "inspectorate", "督查考核局"


class Role(Term):
    """What somebody may do (``roles.md``). The first four are the tiers of 方案 三(三)."""

    CHIEF = "chief", "总网格长"
    HEAD = "head", "网格长"
    DEPUTY = "deputy", "副网格长"
    WORKER = "worker", "网格员"
    LIAISON = "liaison", "联络员"
    BACKUP_LIAISON = "backup_liaison", "备份联络员"
    INFORMANT = "informant", "信息员"
    OFFICE = "office", "区优化办调度员"
    OFFICE_HEAD = "office_head", "区优化办负责人"
    INSPECTOR = "inspector", "区督查考核"
    HOTLINE = "hotline", "热线坐席"
    CALLER_BACK = "caller_back", "回访员"
    SUPERVISOR = "supervisor", "单位监督队伍"
    AUDITOR = "auditor", "审计员"
    ADMIN = "admin", "系统管理员"
    SECURITY_ADMIN = "security_admin", "安全管理员"
    AUDIT_ADMIN = "audit_admin", "审计管理员"
    SYSTEM = "system", "系统"


TIERS = (Role.CHIEF, Role.HEAD, Role.DEPUTY, Role.WORKER)
ADMINISTRATORS = frozenset({Role.ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})
"""三员: they run, secure and audit the platform, and hold nothing of what it is for (``roles.md``)."""


class EnterpriseKind(Term):
    """The legal form of an enterprise as the register names it."""

    LIMITED = "limited", "有限责任公司"
    JOINT_STOCK = "joint_stock", "股份有限公司"
    SOLE = "sole", "个人独资企业"
    PARTNERSHIP = "partnership", "合伙企业"
    STATE = "state", "全民所有制"
    COLLECTIVE = "collective", "集体所有制"
    FOREIGN = "foreign", "外商投资企业"
    BRANCH = "branch", "分支机构"
    OTHER = "other", "其他企业"


class Standing(Term):
    """Standing in the register. The first four survive and are in scope (方案 三(二); ``kpi.md`` §1)."""

    SURVIVING = "surviving", "存续"
    OPERATING = "operating", "在业"
    DORMANT = "dormant", "歇业"
    MOVED_IN = "moved_in", "迁入"
    MOVED_OUT = "moved_out", "迁出"
    REVOKED = "revoked", "吊销"
    DEREGISTERED = "deregistered", "注销"
    ANNULLED = "annulled", "撤销"

    @property
    def survives(self) -> bool:
        """Whether an enterprise of this standing is to be visited."""
        return self in (Standing.SURVIVING, Standing.OPERATING, Standing.DORMANT, Standing.MOVED_IN)


class Size(Term):
    """国统字〔2017〕213号."""

    LARGE = "large", "大型"
    MEDIUM = "medium", "中型"
    SMALL = "small", "小型"
    MICRO = "micro", "微型"


class Mode(Term):
    """How a visit was made (方案 四(一)3). There is no inspection among them and there never will be."""

    PHONE = "phone", "电话回访"
    QUESTIONNAIRE = "questionnaire", "问卷调查"
    ON_SITE = "on_site", "实地走访"
    VIDEO = "video", "视频"


class Operation(Term):
    """How the enterprise is doing."""

    NORMAL = "normal", "正常"
    REDUCED = "reduced", "停产半停产"
    EXPANDING = "expanding", "扩产"
    CLOSED = "closed", "停业歇业"
    PREPARING = "preparing", "筹建"


class Trend(Term):
    """Revenue against last month."""

    UP = "up", "增"
    FLAT = "flat", "平"
    DOWN = "down", "降"
    UNTOLD = "untold", "不便透露"


class Awareness(Term):
    """Whether the enterprise knows the brand (R07)."""

    UNDERSTOOD = "understood", "知晓内涵"
    HEARD = "heard", "听说过"
    UNKNOWN = "unknown", "不知道"
    NOT_ASKED = "not_asked", "未问"


class Ack(Term):
    """How the enterprise confirmed the visit."""

    SCAN = "scan", "扫码"
    SMS = "sms", "短信"
    SIGNATURE = "signature", "签字"
    NONE = "none", "无"


class Rating(Term):
    """好差评 scale; 5 is best."""

    VERY_SATISFIED = "5", "非常满意"
    SATISFIED = "4", "满意"
    FAIRLY_SATISFIED = "3", "基本满意"
    DISSATISFIED = "2", "不满意"
    VERY_DISSATISFIED = "1", "非常不满意"


class EvidenceKind(Term):
    """What proves a visit (``ledgers.md`` §5)."""

    PHOTO = "photo", "图片"
    CALL_LOG = "call_log", "通话记录"
    ACK = "ack", "企业确认"
    SIGNED_FORM = "signed_form", "签字表"
    RESPONSE = "response", "问卷答卷"
    SCREENSHOT = "screenshot", "视频截图"
    OTHER = "other", "其他"


class Review(Term):
    """Where a visit stands with its reviewer."""

    PENDING = "pending", "待审"
    ACCEPTED = "accepted", "通过"
    RETURNED = "returned", "退回"
    VOIDED = "voided", "作废"
    HELD = "held", "待裁定"


class Source(Term):
    """Where a ticket came from (``ledgers.md`` §2)."""

    VISIT = "visit", "走访"
    CALL = "call", "电话回访"
    QUESTIONNAIRE = "questionnaire", "问卷"
    HOTLINE = "hotline", "服务热线"
    TRANSFERRED = "transferred", "12345转办"
    IN_PERSON = "in_person", "来访"
    SUPERVISION = "supervision", "督查"
    ENTERPRISE = "enterprise", "企业自报"
    ALLEGATION = "allegation", "企业举报变味"
    OTHER = "other", "其他"


class Nature(Term):
    """What a demand is; deadlines follow from it (``tickets.md``)."""

    ENQUIRY = "enquiry", "咨询"
    HELP = "help", "求助"
    SUGGESTION = "suggestion", "建议"
    COMPLAINT = "complaint", "投诉举报"


class Urgency(Term):
    """How urgent a demand is."""

    ORDINARY = "ordinary", "一般"
    URGENT = "urgent", "紧急"
    CRITICAL = "critical", "特急"


class Category(Term):
    """What a demand is about."""

    POLICY = "policy", "政策咨询"
    FINANCE = "finance", "融资"
    LABOUR = "labour", "用工"
    LAND = "land", "用地"
    UTILITIES = "utilities", "用能(水电气讯)"
    LOGISTICS = "logistics", "物流交通"
    LICENCES = "licences", "证照审批"
    TAX = "tax", "税费"
    PROJECT = "project", "项目建设"
    ARREARS = "arrears", "拖欠账款"
    ENFORCEMENT = "enforcement", "涉企执法"
    MARKET = "market", "市场拓展"
    DISPUTE = "dispute", "法律纠纷"
    OTHER = "other", "其他"


class Level(Term):
    """Who solves it."""

    GRID = "grid", "网格"
    DISTRICT = "district", "区"
    CITY = "city", "市"


class Outcome(Term):
    """What came of a resolved ticket (办结类型)."""

    SOLVED = "solved", "解决"
    PARTLY = "partly", "部分解决"
    EXPLAINED = "explained", "解释说明"
    PASSED_ON = "passed_on", "转出"
    WITHDRAWN = "withdrawn", "撤回"


class CallOutcome(Term):
    """What came of one call-back."""

    ANSWERED = "answered", "已接通"
    UNREACHED = "unreached", "未接通"
    REFUSED = "refused", "拒绝评价"


class IssueStage(Term):
    """S1…S10 and SX1…SX3 of ``tickets.md``."""

    REPORTED = "reported", "待受理"
    ACCEPTED = "accepted", "待交办"
    DISPATCHED = "dispatched", "待签收"
    SIGNED = "signed", "办理中"
    RESOLVED = "resolved", "待审核"
    REVIEWED = "reviewed", "待回访"
    CLOSED = "closed", "已办结"
    ARCHIVED = "archived", "已归档"
    TRACKED = "tracked", "跟踪服务中"
    ESCALATING = "escalating", "提级审批中"
    DECLINED = "declined", "不予受理"
    MERGED = "merged", "已合并"
    WITHDRAWN = "withdrawn", "已撤回"


class DeclineReason(Term):
    """Why a ticket is not taken on (T3): a legal reason, never convenience."""

    NOT_OURS = "not_ours", "不属于本区职权范围"
    IN_COURT = "in_court", "已进入诉讼、仲裁、行政复议或信访程序"
    SETTLED = "settled", "已依法办结且无新的事实和理由"
    UNLAWFUL = "unlawful", "诉求违反法律法规"
    UNVERIFIABLE = "unverifiable", "反映内容不具体且无法核实"


class Cause(Term):
    """Why something can't be solved now (原因分析, R31; ``ledgers.md`` §2)."""

    POLICY = "policy", "政策缺位"
    FUNDS = "funds", "资金"
    AUTHORITY = "authority", "权限不足"
    LEGACY = "legacy", "历史遗留"
    CONDITIONS = "conditions", "企业条件不符"
    OVERLAP = "overlap", "多部门职责交叉"
    OTHER = "other", "其他"


class Alarm(Term):
    """What a ticket's clock may ring for (``tickets.md``: timers)."""

    ACCEPT = "accept", "受理超时"
    DISPATCH = "dispatch", "交办超时"
    SIGN = "sign", "签收超时"
    CONTACT = "contact", "首次联系超时"
    PROGRESS = "progress", "进展超时"
    BLUE = "blue", "蓝色提醒"
    YELLOW = "yellow", "黄色预警"
    RED = "red", "红色超期"
    RED_5 = "red_5", "红色超期5个工作日"
    RED_10 = "red_10", "红色超期10个工作日"
    REVIEW = "review", "审核超时"
    CALL_BACK = "call_back", "回访超时"
    ARCHIVE = "archive", "到期归档"
    DECISION = "decision", "提级审批超时"
    MILESTONE = "milestone", "跟踪节点到期"
    MONTHLY = "monthly", "跟踪月度进展超时"
    STAGE_ANSWER = "stage_answer", "阶段答复超时"
    SLIP_REPLY = "slip_reply", "督办回复超时"
    CO_HANDLING = "co_handling", "协办超时"


class Colour(Term):
    """How near its deadline a ticket is; an overlay, never a state."""

    NONE = "none", "正常"
    BLUE = "blue", "蓝"
    YELLOW = "yellow", "黄"
    RED = "red", "红"


class Measure(Term):
    """What may be done about a unit. The platform only ever proposes it; a person signs (减负规定; ``tickets.md``)."""

    ESCALATION = "escalation", "提级建议"
    BULLETIN = "bulletin", "通报候选"
    INTERVIEW = "interview", "约谈建议"


class Channel(Term):
    """Where publicity appears (方案 四(一)6, 四(二)6)."""

    WEBSITE = "website", "门户网站"
    WECHAT = "wechat", "微信公众号"
    WEIBO = "weibo", "微博"
    APP = "app", "APP"
    LED = "led", "LED显示屏"
    SLOGAN = "slogan", "标语"
    VIDEO = "video", "短视频"
    OTHER = "other", "其他"


class CampaignStage(Term):
    """Where a publicity plan stands."""

    PLANNED = "planned", "待批准"
    APPROVED = "approved", "实施中"


class MaterialKind(Term):
    """What lies in the library of publicity (方案 四(一)6, 四(二)6)."""

    SLOGAN = "slogan", "宣传标语"
    VIDEO = "video", "短视频"
    ONE_MAP = "one_map", "贵人服务一张图"
    LOGO = "logo", "LOGO"
    OTHER = "other", "其他"


class Occasion(Term):
    """On what occasion one-map sheets were handed out beside a visit (方案 四(一)6, 四(二)6)."""

    INVESTMENT = "investment", "招商活动"
    COUNTER = "counter", "企业上门办事"
    PUBLICITY = "publicity", "宣传活动"
    OTHER = "other", "其他"


class Conductor(Term):
    """Who conducts an independent survey (kpi §6)."""

    OFFICE = "office", "区优化办"
    THIRD_PARTY = "third_party", "第三方"


class SurveyAnswer(Term):
    """What an enterprise of the sample answered, or why it did not (kpi §6)."""

    UNDERSTOOD = "understood", "知晓内涵"
    HEARD = "heard", "听说过"
    UNKNOWN = "unknown", "不知道"
    REFUSED = "refused", "拒答"
    UNREACHED = "unreached", "未联系上"


class LinkPurpose(Term):
    """What an enterprise may do with a link of its own."""

    VISIT = "visit", "确认走访"
    QUESTIONNAIRE = "questionnaire", "问卷调查"
    GENERAL = "general", "企业专属"


class LinkWay(Term):
    """How a link reaches the enterprise."""

    SHOWN = "shown", "现场出示二维码"
    HANDED = "handed", "区优化办发送"


class QuestionKind(Term):
    """How a question is answered."""

    SINGLE = "single", "单选"
    MULTI = "multi", "多选"
    TEXT = "text", "文字"
    NUMBER = "number", "数字"
    RATING = "rating", "评价"


class Meaning(Term):
    """What an answer says of the visit that it makes."""

    AWARE = "aware", "品牌知晓"
    SATISFACTION = "satisfaction", "满意度"
    OPERATION = "operation", "生产经营情况"
    HEADCOUNT = "headcount", "用工人数"
    DIFFICULTIES = "difficulties", "困难和问题"
    SUGGESTIONS = "suggestions", "意见建议"
    DEMAND = "demand", "诉求"


class DeliveryChannel(Term):
    """How a file reaches the office beside this system (报送渠道, 方案 五(五); R60)."""

    SEALED_EMAIL = "sealed_email", "加密邮箱"
    USB = "usb", "专用U盘"
    PAPER = "paper", "纸质"
    OTHER = "other", "其他"


class Ruling(Term):
    """What becomes of a telling that was held."""

    ADMIT = "admit", "采纳"
    DISMISS = "dismiss", "不采纳"


class VisitFlag(Term):
    """What a reviewer should look at in a visit; nothing follows from it by itself."""

    WORDING = "wording", "疑似检查执法用语"
    SKEW = "skew", "设备时间与收到时间相差超过24小时"
    DENIED = "denied", "企业否认该走访"
    UNHEARD = "unheard", "企业确认待回访核实"


class SurveyResult(Term):
    """What a census found of an enterprise (摸底, 方案 四(一)4; R27)."""

    VERIFIED = "verified", "核实"
    CORRECTED = "corrected", "更正"
    LOST = "lost", "失联"
    ABSENT = "absent", "不存在"
    DUPLICATE = "duplicate", "重复"


class CorrectionStage(Term):
    """Where a proposed correction stands."""

    PROPOSED = "proposed", "待批准"
    APPROVED = "approved", "已批准"
    REJECTED = "rejected", "未采纳"


class PaperKind(Term):
    """What a unit issues to organise the work (方案 四(一)1, 四(二)1)."""

    PLAN = "plan", "工作方案"
    LEADING_GROUP = "leading_group", "工作领导小组"
    TASK_FORCE = "task_force", "工作专班"


class TaskStage(Term):
    """Where a piece of guidance stands."""

    OPEN = "open", "进行中"
    DONE = "done", "已完成"
    CANCELLED = "cancelled", "已取消"


class HandoverStage(Term):
    """Where a hand-over stands."""

    OPEN = "open", "待签字"
    DONE = "done", "已交接"
    WITHDRAWN = "withdrawn", "已撤回"


class LedgerStage(Term):
    """What became of a unit's ledger of a month."""

    OPEN = "open", "未报送"
    FILED = "filed", "未签发"
    SIGNED = "signed", "已签发"
    RETURNED = "returned", "已退回"


class Punctuality(Term):
    """How a unit stands with its ledger: 待报 until the due instant, 未报 after it."""

    ON_TIME = "on_time", "按时"
    LATE = "late", "逾期"
    PENDING = "pending", "待报"
    MISSING = "missing", "未报"


class RowMark(Term):
    """What a row of a ledger is marked with (附件3)."""

    LATE_REPORT = "late_report", "补报"
    LATE_ENTRY = "late_entry", "补录"
    HANDED_OVER = "handed_over", "移交前"
    JOINT = "joint", "联合"


class RecheckKind(Term):
    """What is checked again by lot, by somebody who had no part in it (R51)."""

    WITHDRAWN = "withdrawn", "已撤回"
    CLOSED = "closed", "已办结"
    UNREACHED = "unreached", "未接通而办结"


class CallStage(Term):
    """Where a call to the desk stands (R53)."""

    TAKEN = "taken", "已接听"
    MISSED = "missed", "待回拨"
    FOLLOWED = "followed", "已回拨"


class OrderStage(Term):
    """Where a transferred order stands that could not become a ticket by itself (R53)."""

    HELD = "held", "待人工处理"
    MATCHED = "matched", "已登记"
    DISMISSED = "dismissed", "已退回"


class OrderOutcome(Term):
    """What became of a transferred order as it came in, or would become of it (R53)."""

    OPENED = "opened", "已登记"
    KNOWN = "known", "此前已登记"
    HELD = "held", "待人工处理"
    WAITING = "waiting", "此前已转人工处理"
    SETTLED = "settled", "此前已由人工处理"
    REFUSED = "refused", "未收"
    WOULD_OPEN = "would-open", "将登记"
    WOULD_HOLD = "would-hold", "将转人工处理"


class GreenStage(Term):
    """Where a matter of the green channel stands (R52)."""

    OPEN = "open", "办理中"
    FINISHED = "finished", "已办结"
    DROPPED = "dropped", "已撤销"


class OmissionStage(Term):
    """What became of what a visit seems to have left out (R29)."""

    SUSPECTED = "suspected", "待裁定"
    DISMISSED = "dismissed", "无诉求"
    OPENED = "opened", "已转诉求"
    CLEARED = "cleared", "更正后消除"


class TaskKind(Term):
    """What somebody owes a ticket."""

    ACCEPT = "accept", "受理"
    DISPATCH = "dispatch", "交办"
    REDISPATCH = "redispatch", "重新交办"
    SIGN = "sign", "签收"
    CONTACT = "contact", "首次联系"
    PROGRESS = "progress", "填报进展"
    RESOLVE = "resolve", "报结"
    REVIEW = "review", "审核"
    CALL_BACK = "call-back", "回访"
    SLIP = "slip", "回复督办单"
    CO_HANDLE = "co-handle", "协办反馈"
    MILESTONE = "milestone", "跟踪"
    ANSWER_SIBLING = "answer-sibling", "答复合并件"
    EXTENSION = "extension", "审批延期"
    EXTENSION_SECOND = "extension-second", "审批第二次延期"
    ESCALATION = "escalation", "审批提级"
    ESCALATION_CITY = "escalation-city", "审批提级"
    STAGE_ANSWER = "stage-answer", "阶段答复"
    RULE = "rule", "裁定建议"
    DEADLINE = "deadline", "办理时限"


class Change(Term):
    """What a file of the register would change of an enterprise, or why it would not (R27)."""

    NEW = "new", "新增"
    CHANGED = "changed", "变更"
    MOVED = "moved", "迁移"
    BACK_AGAIN = "back_again", "恢复"
    LEFT = "left", "注销或迁出"
    GONE = "gone", "未在本次名单中"
    UNCHANGED = "unchanged", "无变化"
    OUTSIDE = "outside", "不在本区"


_DERIVED = 5
"""The version of identifiers that follow from words (RFC 9562)."""
_NAMESPACE = uuid.UUID("5205020a-0811-5021-8000-677569726572")


def derived_id(*parts: str) -> uuid.UUID:
    """The one identifier that follows from these words (UUIDv5): a redelivery derives the same and opens nothing twice."""
    return uuid.uuid5(_NAMESPACE, "\x1f".join(parts))


def derived(id_: uuid.UUID) -> bool:
    """Whether an identifier may be one that follows from words: nobody chooses such a one."""
    return id_.version == _DERIVED
