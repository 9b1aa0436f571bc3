"""Examples of requests whose fields hang together, by operation id; ``shared.http.examples`` makes the others."""

from __future__ import annotations

from typing import Any

EXAMPLES: dict[str, Any] = {
    "register_enterprise": {
        "code": "91520502MA0009001B",
        "name": "某某商贸有限公司",
        "kind": "limited",
        "standing": "surviving",
        "on": "2026-09-14",
        "industry": "F5191",
        "contact": "李四",
        "phone": "19900000001",
        "assignments": [{"line": "horizontal", "unit": "T01"}, {"line": "vertical", "unit": "D01"}],
    },
    "amend_enterprise": {"name": "某某商贸有限责任公司", "source": "manual"},
    "establish_unit": {"name": "某某街道办事处", "kind": "township", "parent": "520502", "on": "2026-09-14"},
    "assign_enterprise": {
        "line": "horizontal",
        "unit": "T01",
        "worker": "0198f000-0000-7000-8000-00000000c0de",
        "on": "2026-09-14",
    },
    "verify_contact_loss": {
        "line": "horizontal",
        "on": "2026-09-14",
        "tries": [{"on": "2026-09-07", "mode": "phone"}, {"on": "2026-09-14", "mode": "on_site"}],
    },
    "propose_correction": {
        "enterprise": "0198f000-0000-7000-8000-00000000c0de",
        "changes": {"name": "某某商贸有限责任公司"},
        "reason": "营业执照已更名",
    },
    "open_handover": {
        "unit": "T01",
        "line": "horizontal",
        "giver": "0198f000-0000-7000-8000-00000000c0de",
        "taker": "0198f000-0000-7000-8000-00000000c0de",
        "on": "2026-09-14",
    },
    "accept_place": {"unit": "T01"},
    "release_member": {"unit": "T01", "role": "worker", "on": "2026-09-14"},
    "appoint_member": {"name": "王某", "phone": "19900000002", "unit": "T01", "role": "worker", "on": "2026-09-14"},
}
