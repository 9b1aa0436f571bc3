"""The evidence rule by mode (``ledgers.md`` §5): a visit counts when it was real and one acceptable proof lies with it.

GPS tracks and recordings are never asked for (国办函〔2026〕12号). That visitor and interviewee differ is for the reviewer
to see: the names of both are personal data, which no rule reads.
"""

from __future__ import annotations

from collections.abc import Iterable

from shared.events.visits import EvidenceAttached, VisitRecorded
from shared.language.terms import Ack, EvidenceKind, Mode

RULE = "2026.1"
NOTE_CHARACTERS = 10
CONNECTED_SECONDS = 30
ANSWERED_PERCENT = 80


def rule_of(told: VisitRecorded) -> str:
    """The version of the rule that is asked of this visit: with the photo the office said was necessary, or without."""
    return f"{RULE}-photo" if told.photo_required else RULE


def missing(told: VisitRecorded, evidence: Iterable[EvidenceAttached], *, confirmed: bool = False) -> tuple[str, ...]:
    """What the visit lacks to count, in Chinese; nothing if it counts. ``confirmed``: the enterprise itself said so."""
    kinds = {item.kind for item in evidence} | ({EvidenceKind.ACK} if confirmed else set())
    match told.mode:
        case Mode.ON_SITE:
            lacks = [
                (not told.met, "未与企业人员会面"),
                (_short(told), f"生产经营情况说明不足{NOTE_CHARACTERS}字"),
                (
                    not (kinds & {EvidenceKind.PHOTO, EvidenceKind.SIGNED_FORM} or _acknowledged(told, kinds)),
                    "缺少印证资料:现场图片、企业扫码或短信确认、签字表扫描件之一",
                ),
                (bool(told.photo_required) and EvidenceKind.PHOTO not in kinds, "缺少现场图片(已书面说明必要性)"),
            ]
        case Mode.PHONE:
            proved = EvidenceKind.CALL_LOG in kinds or EvidenceKind.ACK in kinds or told.ack is Ack.SMS or _call_log_entry(told)
            lacks = [
                *_talk(told),
                (not proved, "缺少印证资料:通话记录(号码、起始时间、时长)、短信确认之一"),
            ]
        case Mode.VIDEO:
            lacks = [
                *_talk(told),
                (not (EvidenceKind.SCREENSHOT in kinds or _acknowledged(told, kinds)), "缺少印证资料:视频截图、企业确认之一"),
            ]
        case Mode.QUESTIONNAIRE:
            asked, answered = told.asked_required or 0, told.answered_required or 0
            lacks = [
                (not asked or answered * 100 < asked * ANSWERED_PERCENT, f"必答题完成不足{ANSWERED_PERCENT}%"),
                (not (EvidenceKind.RESPONSE in kinds or _acknowledged(told, kinds)), "缺少印证资料:问卷答卷"),
            ]
    return tuple(words for lacking, words in lacks if lacking)


def _short(told: VisitRecorded) -> bool:
    return sum(not char.isspace() for char in told.note) < NOTE_CHARACTERS


def _acknowledged(told: VisitRecorded, kinds: set[EvidenceKind]) -> bool:
    """The enterprise scanned, or answered a message. A signature counts by the scan of the signed form."""
    return EvidenceKind.ACK in kinds or told.ack in (Ack.SCAN, Ack.SMS)


def _talk(told: VisitRecorded) -> list[tuple[bool, str]]:
    """Connected for half a minute; where nobody measured it the note is the caller's statement, where it was shorter the
    remark has to say why that was enough.
    """
    brief = told.connected_seconds is not None and told.connected_seconds < CONNECTED_SECONDS and not told.remark.strip()
    return [
        (not told.met, "未接通"),
        (brief, f"接通不足{CONNECTED_SECONDS}秒且无说明"),
        (_short(told), f"生产经营情况说明不足{NOTE_CHARACTERS}字"),
    ]


def _call_log_entry(told: VisitRecorded) -> bool:
    """Number, start and duration typed with the visit are a call log entry: nothing is asked for twice."""
    return told.phone is not None and told.claimed_at is not None and told.connected_seconds is not None
