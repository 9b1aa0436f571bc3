"""What reviewing answers, beside the visits themselves."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.http.answer import Answer, Receipt


class Refusal(BaseModel):
    """A problem document (RFC 9457): its other members are facts."""

    model_config = ConfigDict(frozen=True, extra="allow")
    type: str = Field(description="问题的种类,末段为代码")
    title: str = Field(description="给人看的中文句子")
    status: int = Field(description="HTTP 状态码")


class ReviewedVisit(Answer):
    """What became of one of the visits."""

    id: UUID = Field(description="走访编号")
    ok: bool = Field(description="是否办理成功")
    version: int | None = Field(description="办理后的版本号;被拒绝的为空")
    replayed: bool | None = Field(description="是否为重复提交;被拒绝的为空")
    problem: Refusal | None = Field(description="拒绝的原因;成功的为空")


class ReviewedVisits(Answer):
    """Each visit answers for itself."""

    results: list[ReviewedVisit] = Field(description="逐条结果,依提交的次序")
    done: int = Field(description="成功,条")
    refused: int = Field(description="被拒绝,条")


class Heard(Receipt):
    """What a call to the enterprise found."""

    id: UUID = Field(description="走访编号")
    stands: bool | None = Field(description="企业的确认是否属实;未核实的为空")
