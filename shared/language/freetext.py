"""Free text: what people type about people. It stands in a fact sealed, under a key of the record it was typed into.

A field of a fact that says ``FreeText`` holds clear text until the desk takes it in, and a token from then on: the same
string, wherever it is carried to. So a view, a ledger's row, a stream and a backup hold tokens, and what is shown is opened
at the door (``shared/http/door``). Facts of before hold clear text in the same field and are read as they are. A string of a
fact that is no free text says why it may stay clear: ``Clear`` (decision 0038).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import cache, partial
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, Union, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel

from shared.language import traces
from shared.language.numbers import Kind, numbers, replaced
from shared.language.openings import Asker, Opening
from shared.language.personal import ERASED, Personal, mask, personals
from shared.language.terms import derived_id

if TYPE_CHECKING:
    from shared.language.facts import Fact
    from shared.log.vault import Vault

PartT = TypeVar("PartT")
ModelT = TypeVar("ModelT", bound=BaseModel)
FactT = TypeVar("FactT", bound="Fact")


class _Sealed:
    """The mark of a field that is free text."""


class Clear(Enum):
    """Why a string of a fact stands there in clear. The member is the kind, its value the reason."""

    CODE = "代码、编号、账号、摘要、规则名:由系统或主管机关编定,不是填写人写的话"
    NAME = "公开的名称:企业、单位、文书、方案、材料的名称和标题"
    REGISTER = "登记机关公开的登记事项"
    PUBLISHED = "为公开或下发而写的文字:政策、宣传、问卷题目、职责、通知"
    GROUNDS = "企业归属、存续、代管变动的事由:登记导入和归口调整时由系统成批填写,写的是企业的事"
    ERASURE = "删除个人信息的事由:密钥库不在时也须先记下,删除后仍须可查;写依据,不写人"
    REFERENCE = "文号、外部编号、文件名、链接:填写人照抄的编号"
    PLATFORM = "系统自己写的话:推导过程、缺项、判断依据,不引用填写内容"


FreeText = Annotated[str, _Sealed()]
"""Typed by people, perhaps about people: sealed."""
Code = Annotated[str, Clear.CODE]
Name = Annotated[str, Clear.NAME]
Registered = Annotated[str, Clear.REGISTER]
Published = Annotated[str, Clear.PUBLISHED]
Grounds = Annotated[str, Clear.GROUNDS]
Basis = Annotated[str, Clear.ERASURE]
Reference = Annotated[str, Clear.REFERENCE]
Said = Annotated[str, Clear.PLATFORM]

_TYPED = frozenset({Clear.NAME, Clear.REGISTER, Clear.GROUNDS, Clear.ERASURE, Clear.REFERENCE})
"""Clear text that a person types or a file brings: nobody's number stays in it."""
_PUBLISHED = frozenset({Clear.PUBLISHED})
_Sought = type[_Sealed] | frozenset[Clear]

TOKEN = re.compile(r"\$\{a1\.([0-9a-f]{32})\.([A-Za-z0-9_-]*)\.([A-Za-z0-9_-]*)\}")
"""``${a1.subject.nonce.sealed}``: nothing that JSON, HTML or a table would have to write otherwise."""
_TO_URL, _FROM_URL = str.maketrans("+/", "-_", "="), str.maketrans("-_", "+/")


def subject_of(key: str | UUID) -> UUID:
    """The subject of what is typed into the record with this key. A visit and what is suspected in it share theirs."""
    return derived_id("words", str(key))


def token_of(datum: Personal) -> str:
    """A sealed datum as the string that stands in a fact."""
    if datum.token is None or datum.subject is None:
        message = "not sealed"
        raise ValueError(message)
    return f"${{a1.{datum.subject.hex}.{datum.token['n'].translate(_TO_URL)}.{datum.token['ct'].translate(_TO_URL)}}}"


def datum_of(found: re.Match[str]) -> Personal:
    """The sealed datum behind a token."""
    subject, nonce, sealed = UUID(found[1]), *(_padded(found[n].translate(_FROM_URL)) for n in (2, 3))
    return Personal(subject=subject, token={"$enc": "a1", "sub": str(subject), "n": nonce, "ct": sealed})


def _padded(text: str) -> str:
    return text + "=" * (-len(text) % 4)


def holds_token(text: str) -> bool:
    """Whether a sealed text stands in it: nobody types one."""
    return "${a1." in text and TOKEN.search(text) is not None


# Where the free text of a fact is.


def texts(part: object) -> Iterator[str]:
    """Every free text inside a fact, however deep."""
    found: list[str] = []

    def kept(text: str) -> str:
        found.append(text)
        return text

    if isinstance(part, BaseModel):
        mapped(part, kept)
    yield from found


def mapped(part: ModelT, change: Callable[[str], str], sought: _Sought = _Sealed) -> ModelT:
    """The fact with every free text changed, or every clear one of some kinds; the same one if none is."""
    changed = {
        name: after
        for name, shape in _shapes(type(part), sought)
        if (after := _mapped(before := getattr(part, name), shape, change, sought)) is not before
    }
    return part.model_copy(update=changed) if changed else part


def without_numbers(fact: FactT) -> FactT:
    """The fact with 〔号码〕 for every number of a person's in its clear texts: they are for ever. What is published may name the
    landline of an office.
    """
    return mapped(mapped(fact, traces.without_numbers, _TYPED), traces.without_mobiles, _PUBLISHED)


def _mapped(value: Any, shape: Any, change: Callable[[str], str], sought: _Sought) -> Any:
    """``shape`` is ``str`` for a free text, a model for a part that holds some, and in a tuple for as many as there are."""
    if value is None:
        return None
    if isinstance(shape, tuple):
        after = tuple(_mapped(item, shape[0], change, sought) for item in value)
        return after if any(new is not old for new, old in zip(after, value, strict=True)) else value
    if shape is str:
        after = change(value)
        return value if after == value else after
    return mapped(value, change, sought)


@cache
def _shapes(model: type[BaseModel], sought: _Sought = _Sealed) -> tuple[tuple[str, Any], ...]:
    """The fields of a model that are or hold such text, each with its shape: most facts have few."""
    found = ((name, _shape(field.annotation, field.metadata, sought)) for name, field in model.model_fields.items())
    return tuple((name, shape) for name, shape in found if shape is not None)


def _shape(annotation: Any, marks: Sequence[Any], sought: _Sought) -> Any:
    origin, parts = get_origin(annotation), get_args(annotation)
    if any(
        mark in sought if isinstance(sought, frozenset) and isinstance(mark, Clear) else _is_seal(mark, sought) for mark in marks
    ):
        return str
    if origin is Annotated:
        return _shape(parts[0], parts[1:], sought)
    if origin in (Union, UnionType):
        return next((shape for part in parts if (shape := _shape(part, (), sought)) is not None), None)
    if origin is tuple:
        inner = _shape(parts[0], (), sought)
        return None if inner is None else (inner,)
    inside = isinstance(annotation, type) and issubclass(annotation, BaseModel) and _shapes(annotation, sought)
    return annotation if inside else None


def sealed_fields(model: type[BaseModel]) -> list[str]:
    """The fields of a model that are free text themselves, one or several."""
    return [name for name, shape in _shapes(model) if shape is str or shape == (str,)]


def _is_seal(mark: Any, sought: _Sought) -> bool:
    return sought is _Sealed and isinstance(mark, _Sealed)


# Sealing and opening.


def to_seal(facts: Iterable[Fact], key: str) -> dict[tuple[UUID, str], Personal]:
    """What of these facts is to be sealed, by its subject and its clear text. Blanks say nothing of anybody, nor does what
    was erased; what is a token already belongs to the record it came from.
    """
    return {
        (subject, text): Personal(text, subject)
        for fact in facts
        for subject in (subject_of(fact.told_of or key),)
        for text in texts(fact)
        if text.strip() and text != ERASED and not TOKEN.fullmatch(text)
    }


def sealed(fact: FactT, key: str, by: Mapping[tuple[UUID, str], Personal]) -> FactT:
    """The fact with tokens where clear text was. ``by`` are the data of ``to_seal``, sealed meanwhile."""
    subject = subject_of(fact.told_of or key)
    return mapped(fact, lambda text: token_of(by[subject, text]) if (subject, text) in by else text)


async def opened(vault: Vault, whole: PartT, why: Opening = Opening.READ, *, who: Asker | None = None) -> PartT:
    """The same thing with every sealed text opened, in one question to the vault: a fact, a state, a row, a list of them.

    To be read, unless another purpose is named: then numbers inside a text leave the vault masked, as wherever people read it
    without having given a reason.
    """
    while found := _tokens(whole):
        texts = await vault.open(list(found.values()), why, who=who)
        clear = dict(zip(found, texts, strict=True))
        whole = _walk(whole, partial(TOKEN.sub, partial(_shown, clear)))
    return whole  # A text that quotes another one was opened layer by layer.


def _shown(clear: Mapping[str, str], hit: re.Match[str]) -> str:
    return clear[hit[0]]


def _tokens(whole: object) -> dict[str, Personal]:
    found: dict[str, Personal] = {}
    _walk(whole, partial(_noted, found))
    return found


def _noted(found: dict[str, Personal], text: str) -> str:
    if "${a1." in text:
        found.update((hit[0], datum_of(hit)) for hit in TOKEN.finditer(text))
    return text


def _walk(part: Any, change: Callable[[str], str]) -> Any:
    """The same thing with every string in it changed; parts that don't change are the same objects."""
    if isinstance(part, str):
        return change(part) if type(part) is str else part  # A term of a closed list is a string too.
    if isinstance(part, BaseModel):
        return _with(part, {name: getattr(part, name) for name in type(part).model_fields}, change)
    if is_dataclass(part):
        kept: Any = part
        return _with(kept, {field.name: getattr(kept, field.name) for field in fields(kept) if field.init}, change)
    if isinstance(part, Mapping):
        after = {key: _walk(value, change) for key, value in part.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        return after if any(after[key] is not value for key, value in part.items()) else part  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if type(part) in (list, tuple):
        items = [_walk(item, change) for item in part]
        return type(part)(items) if any(new is not old for new, old in zip(items, part, strict=True)) else part
    return part


def _with(part: Any, values: Mapping[str, Any], change: Callable[[str], str]) -> Any:
    changed = {name: after for name, value in values.items() if (after := _walk(value, change)) is not value}
    if not changed:
        return part
    return part.model_copy(update=changed) if isinstance(part, BaseModel) else replace(part, **changed)


def data_in(fact: Fact) -> list[Personal]:
    """Every sealed datum of a fact, once: those with fields of their own and those that stand for a text."""
    own = {(item.token["n"], item.token["ct"]): item for item in personals(fact) if item.token is not None}
    return [*own.values(), *_tokens(fact).values()]


_SUBJECTS = re.compile(rb'\$\{a1\.([0-9a-f]{32})|"sub":"([0-9a-f-]{36})"')


def subjects_in(bodies: Iterable[bytes]) -> set[UUID]:
    """Whose data stand in these facts, by subject: what has to be erased so that nothing of a record can be read any more."""
    return {UUID((hit[1] or hit[2]).decode()) for body in bodies for hit in _SUBJECTS.finditer(body)}


# Numbers inside free text.


def numbers_in(text: str) -> list[str]:
    """The telephone numbers in a text, in their normal form."""
    return [number.written for number in numbers(text) if number.kind is Kind.PHONE]


def mask_numbers(text: str) -> str:
    """The text with telephone, identity and card numbers in it masked; credit codes and ticket numbers stay."""
    return replaced(text, lambda number: mask(number.bare))


def hints(found: Iterable[str]) -> tuple[str, ...]:
    """What to tell whoever typed these texts: a number has a field of its own, where it is masked and found."""
    kinds = {number.kind for text in found for number in numbers(text)}
    said = {Kind.PHONE: "文中有电话号码,请填入电话栏", Kind.IDENTITY: "文中有证件号码或银行卡号,请不要写入文字"}
    return tuple(sentence for kind, sentence in said.items() if kind in kinds)


__all__ = [
    "ERASED",
    "Basis",
    "Clear",
    "Code",
    "FreeText",
    "Grounds",
    "Name",
    "Published",
    "Reference",
    "Registered",
    "Said",
    "data_in",
    "datum_of",
    "hints",
    "holds_token",
    "mapped",
    "mask_numbers",
    "numbers_in",
    "opened",
    "sealed",
    "subject_of",
    "subjects_in",
    "texts",
    "to_seal",
    "token_of",
    "without_numbers",
]
