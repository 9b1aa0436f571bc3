"""Persons who fill one seat after another: the contact of an enterprise, its legal person, the holder of an account.

Erasing destroys the key of a person, not of the seat: whoever is entered after that is another person, with a key of his own.
So a seat's data are sealed under the first of its persons who was not erased. Which one that is stands in the sealed datum,
nobody has to compute it again to read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from shared.language.freetext import numbers_in
from shared.language.personal import Personal
from shared.language.phones import same_or_none
from shared.language.terms import derived_id

if TYPE_CHECKING:
    from shared.log.vault import Vault

_PERSONS = 40
"""How many persons of one seat may be erased; the platform is replaced before that."""
_SEATS = ("contact", "legal", "member")


class Seat(UUID):
    """The subject of a seat: its first person's, and where the others are found."""


def seat(kind: str, key: str) -> Seat:
    """The seat of a kind, of an enterprise or an account."""
    if kind not in _SEATS:
        raise ValueError(kind)
    return Seat(int=derived_id(kind, key).int)


def member_seat(account: str) -> Seat:
    """The seat behind an account."""
    return seat("member", account)


def persons(of: UUID) -> list[UUID]:
    """All who may fill a seat, in their order."""
    return [of, *(derived_id("person", str(of), str(number)) for number in range(1, _PERSONS))]


async def settle(vault: Vault, data: Iterable[Personal]) -> None:
    """Say of what is about to be sealed whose it is: the first person of its seat who was not erased."""
    waiting = [(item, item.subject) for item in data if item.token is None and isinstance(item.subject, Seat)]
    if not waiting:
        return
    seats = sorted({of for _, of in waiting})
    left = set(seats) - set(await vault.unerased(seats))
    now = {of: (await persons_of(vault, of))[-1] for of in sorted(left)}
    for item, of in waiting:
        item.subject = now.get(of, UUID(int=of.int))


def also_found(data: Iterable[Personal]) -> list[Personal]:
    """What has to be sealed beside these so that their subjects are found by every number that was typed into a text, and not
    only by those that stand in a field of their own. Empty texts, kept nowhere.
    """
    found: list[Personal] = []
    for item in data:
        if item.token is None and item.text and item.subject is not None:
            numbers = {same_or_none(hit) for hit in numbers_in(item.text)} - {None, item.found_by}
            found += [Personal("", item.subject, found_by=number) for number in sorted(filter(None, numbers))]
    return found


async def persons_of(vault: Vault, of: UUID) -> Sequence[UUID]:
    """Who filled a seat until now: those who were erased, and the one after them."""
    line = persons(of)
    alive = set(await vault.unerased(line))
    return line[: next((n for n, person in enumerate(line) if person in alive), _PERSONS - 1) + 1]
