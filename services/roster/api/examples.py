"""Examples of requests whose fields hang together, by operation id; ``shared.examples`` makes the others."""

from __future__ import annotations

from typing import Any

EXAMPLES: dict[str, Any] = {
    "register_enterprise": {
        "code": "91520502MA0009001B", "name": "某某商贸有限公司", "kind": "limited", "standing": "surviving", "on": "2026-09-14",
        "industry": "F5191", "contact": "李四", "phone": "19900000001",
        "assignments": [{"line": "horizontal", "unit": "T01"}, {"line": "vertical", "unit": "D01"}],
    },
    "amend_enterprise": {"name": "某某商贸有限责任公司", "source": "manual"},
    "appoint_member": {"name": "王某", "phone": "19900000002", "unit": "T01", "role": "worker", "on": "2026-09-14"},
}  # fmt: skip
