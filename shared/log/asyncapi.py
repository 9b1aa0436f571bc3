"""The AsyncAPI 3 document of every fact: under which subject it is on the wire, what its envelope and its data hold, an example.

It is made from the catalogue and stands, approved, in ``docs/facts.asyncapi.json``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from shared.language import freetext
from shared.language.facts import CATALOGUE, Fact
from shared.log import bus

_SCHEMA = "#/components/schemas/"
_SEALED = "自由文本,加密保存:日志中为密文标记 ${a1.主体.随机数.密文},解密须经密钥库"
_DISTRICT = "{district}"
_ENVELOPE: dict[str, Any] = {
    "type": "object",
    "title": "信封",
    "description": "CloudEvents 1.0 结构化模式,JSON 键按字典序,不含浮点数;逐字节即为日志中的事件正文",
    "required": ["specversion", "id", "source", "type", "subject", "time", "datacontenttype", "data"],
    "properties": {
        "specversion": {"const": "1.0", "description": "CloudEvents 版本"},
        "id": {"type": "string", "format": "uuid", "description": "事件编号"},
        "source": {"type": "string", "pattern": r"^/\d{6}/[a-z]+$", "description": "来源:/区划代码/服务"},
        "type": {"type": "string", "description": "事件类型,含版本;一经使用不再改变"},
        "subject": {"type": "string", "description": "事件流:种类/编号"},
        "time": {"type": "string", "format": "date-time", "description": "发生时间(UTC,毫秒);补录的为当时,不是录入时"},
        "datacontenttype": {"const": "application/json", "description": "数据格式"},
        "data": {"type": "object", "description": "事件内容"},
        "actorid": {"type": "string", "description": "行为人编号"},
        "actorrole": {"type": "string", "description": "行为人身份"},
        "actorunit": {"type": "string", "description": "行为人单位代码"},
        "correlationid": {"type": "string", "description": "同一件事的编号"},
        "causationid": {"type": "string", "description": "由哪个事件引起"},
        "traceparent": {"type": "string", "description": "W3C Trace Context"},
        "deps": {"type": "string", "description": "作出决定时所依据的其他日志的位置"},
    },
}
_HEADERS: dict[str, Any] = {
    "type": "object",
    "title": "消息头",
    "required": ["Guiren-Pos", "Guiren-Rec", "Guiren-Stream", "Guiren-Version", "Guiren-Type", "Guiren-Rest", "Guiren-Proof"],
    "properties": {
        "Guiren-Pos": {"type": "string", "pattern": r"^[1-9]\d*$", "description": "日志位置,从 1 起连续,等于流中的序号"},
        "Guiren-Rec": {"type": "string", "pattern": r"^\d+$", "description": "记录时刻,Unix 纪元起的微秒数"},
        "Guiren-Stream": {"type": "string", "description": "事件流:种类/编号"},
        "Guiren-Version": {"type": "string", "pattern": r"^[1-9]\d*$", "description": "事件流内的版本"},
        "Guiren-Type": {"type": "string", "description": "事件类型,含版本"},
        "Guiren-Rest": {"type": "string", "pattern": r"^\d+$", "description": "同一次追加中其后还有几个事件"},
        "Guiren-Proof": {"type": "string", "description": "服务对事件叶哈希的 Ed25519 签名(Base64)"},
    },
}


def document(examples: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The document. ``examples`` are whole envelopes by the type of their fact."""
    schemas, places = _schemas()
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for type_, fact in sorted(CATALOGUE.items()):
        service, name, version = type_.split(".")
        channel = f"{service}.{name}"
        messages[type_] = _message(fact, places[fact], examples[type_])
        made = channels.setdefault(
            channel,
            {
                "address": bus.subject(_DISTRICT, service, type_),
                "title": fact.TITLE,
                "description": f"流 {bus.stream_name(_DISTRICT, service)}",
                "parameters": {"district": {"description": "区划代码(GB/T 2260)", "examples": ["520502"]}},
                "messages": {},
            },
        )
        made["messages"][version] = {"$ref": f"#/components/messages/{type_}"}
        operations[f"{service}-{name}"] = {
            "action": "send",
            "title": fact.TITLE,
            "channel": {"$ref": f"#/channels/{channel}"},
            "tags": [{"name": service}],
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "贵人服务事件目录",
            "version": "1.0.0",
            "description": "各服务写入日志并经 NATS JetStream 发布的全部事件。只增字段,不改含义;改含义即为新版本。",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": channels,
        "operations": operations,
        "components": {"schemas": schemas, "messages": messages},
    }


def _message(fact: type[Fact], place: str, example: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": fact.TYPE,
        "title": fact.TITLE,
        "summary": " ".join((fact.__doc__ or "").split()),
        "headers": {"$ref": f"{_SCHEMA}Headers"},
        "payload": {
            "allOf": [
                {"$ref": f"{_SCHEMA}Envelope"},
                {"type": "object", "properties": {"type": {"const": fact.TYPE}, "data": {"$ref": place}}},
            ]
        },
        "examples": [{"payload": example}],
    }


def _schemas() -> tuple[dict[str, Any], dict[type[BaseModel], str]]:
    """Every fact and every part of one as it stands in a log, and where each is."""
    models = list(dict.fromkeys(part for _, fact in sorted(CATALOGUE.items()) for part in _parts(fact)))
    places, made = models_json_schema([(model, "serialization") for model in models], ref_template=_SCHEMA + "{model}")
    schemas: dict[str, Any] = made["$defs"]
    where = {model: places[model, "serialization"]["$ref"] for model in models}
    for model in models:
        for field in freetext.sealed_fields(model):
            schemas[where[model].removeprefix(_SCHEMA)]["properties"][field]["description"] = _SEALED
    return {"Envelope": _ENVELOPE, "Headers": _HEADERS, **dict(sorted(schemas.items()))}, where


def _parts(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from _parts(field.annotation)
    for part in get_args(annotation):
        yield from _parts(part)
