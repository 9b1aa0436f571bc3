"""Examples of requests whose fields hang together, by operation id; ``shared.http.examples`` makes the others."""

from __future__ import annotations

from typing import Any

_VISIT = {
    "on": "2026-09-14",
    "mode": "phone",
    "note": "订单充足,用工稳定,生产经营正常",
    "interviewee": "李四",
    "title": "经理",
    "phone": "19900000001",
    "claimed_at": "2026-09-14T10:00:00+08:00",
    "connected_seconds": 300,
    "demands": [{"no": 1, "content": "希望解决用电问题", "category": "utilities"}],
}

EXAMPLES: dict[str, Any] = {
    "record_visit": {"enterprise": "0198f000-0000-7000-8000-00000000c0de", **_VISIT},
    "correct_visit": {**_VISIT, "connected_seconds": 240},
    "define_questionnaire": {
        "title": "走访服务满意度问卷",
        "introduction": "约一分钟,答案只用于改进服务。",
        "questions": [
            {"id": "q1", "text": "您对走访服务是否满意?", "kind": "rating", "required": True, "meaning": "satisfaction"}
        ],
    },
    "publish_policy": {
        "unit": "T01",
        "title": "稳岗返还政策",
        "text": "不裁员、少裁员的企业可申请稳岗返还。",
        "since": "2026-01-01",
    },
    "hold_consultation": {
        "unit": "T01",
        "on": "2026-09-14",
        "place": "某某街道会议室",
        "title": "九月会商",
        "minutes": "研究了用电和融资两个问题",
        "participants": ["0198f000-0000-7000-8000-00000000c0de"],
        "visits": ["0198f000-0000-7000-8000-00000000c0de"],
    },
    "add_version": {"text": "贵人服务,贵在真心"},
    "plan_campaign": {"unit": "T01", "title": "贵人服务宣传方案", "starts": "2026-09-01", "ends": "2026-12-31"},
    "use_channel": {"channel": "website", "on": "2026-09-14", "title": "贵人服务上线", "link": "https://example.gov.cn/1"},
    "answer_questionnaire": {"answers": {"q1": 5}},
}
