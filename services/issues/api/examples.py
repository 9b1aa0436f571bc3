"""Examples of requests whose fields hang together, by operation id; ``shared.http.examples`` makes the others."""

from __future__ import annotations

from typing import Any

_ID = "0198f000-0000-7000-8000-00000000c0de"

EXAMPLES: dict[str, Any] = {
    "report_issue": {"enterprise": _ID, "source": "in_person", "content": "希望解决用电问题", "nature": "help"},
    "dispatch_issue": {"unit": "T01", "leader": _ID, "measures": "协调供电所现场勘察,两周内完成增容", "due": "standard"},
    "take_call": {"enterprise": _ID, "content": "希望解决用电问题"},
    "record_recheck": {"no": "QXG-202609-T01-0001", "outcome": "unreached"},
}
