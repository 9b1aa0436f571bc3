"""What the office may switch about visits, as data (``ledgers.md`` §5: config, versioned).

    Switches --require photos--> photos since a day --waive--> ... --cap contacts--> (any time)

A photo may be required of visits on site, but only with a recorded statement why nothing less will do (国办函〔2026〕12号).
How many contacts a month an enterprise is asked to bear, from all units together, is a number, four by default (kpi §8); the
plan needs two, one for each line (方案 三(一)), and a joint visit serves both with one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from pydantic import Field

from services.visits.domain.visit.commands import Day, Words
from shared.events.visits import ContactsCapped, PhotosRequired, PhotosWaived
from shared.language.decider import Actor, Context, Decider
from shared.language.facts import Command
from shared.language.problems import Forbidden, Refused
from shared.language.terms import Role

MOST_CONTACTS = 4
KEY = "visits"


class RequirePhotos(Command):
    """From this day on a visit on site needs a photo, and why."""

    necessity: Words
    since: Day


class WaivePhotos(Command):
    """A photo is one of several proofs again."""

    reason: Words


class CapContacts(Command):
    """How many contacts a month are borne."""

    most: int = Field(ge=1, le=31)


class NotYourSwitch(Forbidden):
    """The head of the office sets the rules of counting (``roles.md``: 配置, KPI/scoring versions)."""

    title = "只有区优化办负责人可以调整走访规则"


class PhotosNotRequired(Refused):
    """What is not required can't be waived."""

    title = "目前没有要求现场图片"


class RequiredLate(Refused):
    """A rule holds from today on: what was done before was done by the rule of its day."""

    title = "规则不能追溯到今天以前"


@dataclass(frozen=True)
class Switches:
    """How they stand."""

    photos_since: date | None = None
    necessity: str = ""
    most_contacts: int = MOST_CONTACTS


SwitchesCommand = RequirePhotos | WaivePhotos | CapContacts


SwitchesFact = PhotosRequired | PhotosWaived | ContactsCapped


def decide(state: Switches, command: SwitchesCommand, context: Context[None]) -> list[SwitchesFact]:
    """Facts, or a refusal."""
    _may_switch(context.actor)
    match command:
        case RequirePhotos():
            if (state.photos_since, state.necessity) == (command.since, command.necessity):
                return []
            if command.since < context.today:
                raise RequiredLate(today=context.today.isoformat())
            return [PhotosRequired(necessity=command.necessity, since=command.since)]
        case WaivePhotos():
            if state.photos_since is None:
                raise PhotosNotRequired
            return [PhotosWaived(reason=command.reason)]
        case CapContacts():
            return [] if state.most_contacts == command.most else [ContactsCapped(most=command.most)]


def evolve(state: Switches, fact: SwitchesFact) -> Switches:
    """The state after a fact."""
    match fact:
        case PhotosRequired():
            return replace(state, photos_since=fact.since, necessity=fact.necessity)
        case PhotosWaived():
            return replace(state, photos_since=None, necessity="")
        case ContactsCapped():
            return replace(state, most_contacts=fact.most)


def _may_switch(actor: Actor) -> None:
    if not actor.holds(Role.OFFICE_HEAD):
        raise NotYourSwitch


SWITCHES: Decider[Switches, SwitchesCommand, SwitchesFact, None] = Decider("switches", Switches(), decide, evolve)
