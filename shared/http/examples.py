"""An example of a request, out of its JSON schema: what must be said, with values an office would type.

Everything is invented. A command whose fields hang together (a phone visit has a start and a duration) says an example of
its own in its model's ``examples``; this one is for the many that say one or two things.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_ID = "0198f000-0000-7000-8000-00000000c0de"
_SAYS: dict[str, Any] = {
    "parent": "T01",
    "on": "2026-09-14",
    "since": "2026-01-01",
    "starts": "2026-10-01",
    "ends": "2026-12-31",
    "begins_on": "2026-09-01",
    "ends_on": "2026-12-31",
    "received_on": "2026-09-14",
    "due": "2026-10-20",
    "milestone": "2026-10-12",
    "date": "2026-10-01",
    "month": "2026-09",
    "unit": "T01",
    "reason": "登记信息有误,经核实更正",
    "name": "某某商贸有限公司",
    "title": "政策宣传一次",
    "note": "订单充足,用工稳定,生产经营正常",
    "words": "情况属实,没有其他问题",
    "reply": "已协调供电所完成增容,请企业验收",
    "content": "希望解决用电问题",
    "measures": "协调供电所现场勘察,两周内完成增容",
    "place": "某某街道会议室",
    "text": "您对走访服务是否满意?",
    "result": "已按要求办结",
    "document": "某文〔2026〕1号",
    "minutes": "研究了用电和融资两个问题",
    "code": "91520502MA0009001B",
    "sha256": "ab" * 32,
    "first": "ab" * 32,
    "second": "cd" * 32,
    "workdays": 5,
    "copies": 20,
    "limit": 200,
    "phone": "19900000001",
    "off": True,
    "brand": "贵人服务",
    "district": "某区",
    "lead_office": "某区优化营商环境工作领导小组办公室",
    "file": "台账.xlsx",
}
_ENOUGH = 8


def example(schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str = "", depth: int = 0) -> Any:
    """What fits the schema: its own example, its required fields, else something sensible for its name."""
    if "$ref" in schema:
        return example(schemas[schema["$ref"].rsplit("/", 1)[-1]], schemas, name, depth)
    if schema.get("examples"):
        return schema["examples"][0]
    if "const" in schema or "enum" in schema:
        return schema.get("const", (schema.get("enum") or [None])[0])
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return example(schema[choice][0], schemas, name, depth + 1)
    if schema.get("type") not in ("object", "array") and _fits(_SAYS.get(name), schema):
        return _SAYS[name]
    match schema.get("type"):
        case "object":
            return _object(schema, schemas, depth)
        case "array":
            items = schema.get("items") or (schema.get("prefixItems") or [{}])[0]
            return [example(items, schemas, name, depth + 1)] * max(1, schema.get("minItems", 1)) if depth < _ENOUGH else []
        case "integer" | "number":
            least = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
            return int(least) if schema["type"] == "integer" else least
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return _text(schema)


def _object(schema: Mapping[str, Any], schemas: Mapping[str, Any], depth: int) -> dict[str, Any]:
    fields = schema.get("properties")
    if fields is None:
        more = schema.get("additionalProperties")
        return {"01": example(more, schemas, "unit", depth + 1)} if isinstance(more, dict) else {}
    return {field: example(fields[field], schemas, field, depth + 1) for field in schema.get("required", ())}


def _fits(value: Any, schema: Mapping[str, Any]) -> bool:
    """Whether a value said by name is of the type asked for; formats and patterns are the name's own business, but for ids."""
    kinds = {"string": str, "integer": int, "boolean": bool, "number": int}
    if schema.get("format") == "uuid":
        return False
    return type(value) is kinds.get(schema.get("type", "string")) and len(str(value)) <= schema.get("maxLength", 10_000)


def _text(schema: Mapping[str, Any]) -> str:
    if "pattern" in schema and "0-9a-f]{64}" in schema["pattern"]:
        return "ab" * 32
    dated = {"uuid": _ID, "date": "2026-09-14", "date-time": "2026-09-14T10:00:00+08:00", "uri": "https://example.gov.cn"}
    return dated.get(schema.get("format", ""), "情况说明")[: schema.get("maxLength", 10_000)]
