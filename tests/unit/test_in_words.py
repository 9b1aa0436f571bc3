"""What an exception says to people: a Chinese sentence, never a library's page of English with an address."""

from __future__ import annotations

import re

import asyncpg
import pytest
from pydantic import BaseModel, ValidationError

from shared.language.problems import Unavailable
from shared.log.health import Health
from shared.log.outages import in_words


class _Small(BaseModel):
    number: int


def _invalid() -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        _Small.model_validate({"number": "王五 13900000001"})
    return caught.value


@pytest.mark.parametrize(
    "error",
    [
        _invalid(),
        KeyError("whole_month"),
        TimeoutError(),
        ConnectionRefusedError(111, "Connection refused"),
        RuntimeError("x\ny https://example.org"),
        asyncpg.PostgresSyntaxError("syntax error at or near"),
        OSError(28, "No space left on device"),
        Unavailable(reason="x"),
        Exception(),
    ],
)
def test_an_exception_is_told_in_one_chinese_sentence(error: Exception) -> None:
    health = Health("roster", "task")
    health.failed(error)
    for said in (in_words(error), health.error):
        assert re.match(r"[\u4e00-\u9fff]", said)
        assert "\n" not in said
        assert "http" not in said
        assert "王五" not in said


def test_what_is_said_in_chinese_already_stays() -> None:
    assert in_words(ValueError("第 3 条与副本不同")) == "第 3 条与副本不同"
