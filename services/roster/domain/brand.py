"""The brand and the names that are printed, and how the office is reached.

    (nothing) --publish--> published --publish--> published, a version on

方案 一: 「四贵四心」 and what it stands for; since the city's ordinance of 2026 the brand may read 贵人服务·毕须办 (choices 13).
方案 五(五): whom to hand the files to and by which channel. All of it is data; no line of code knows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from services.roster.domain.access import the_office
from shared.events.roster import BrandPublished
from shared.language.decider import Context, Decider
from shared.language.facts import Command
from shared.language.months import WrittenDate
from shared.language.personal import Personal
from shared.language.problems import VersionMissing
from shared.language.terms import DeliveryChannel

Short = Annotated[str, StringConstraints(max_length=100)]


class PublishBrand(Command):
    """Publish a new version of what is printed; what is left out stays. ``suffix`` is the switch: with 毕须办 it reads 贵人服务·毕须办."""

    brand: str = Field(min_length=1, max_length=30)
    suffix: str = Field("", max_length=30)
    slogan: str = Field("", max_length=100)
    core: tuple[Short, ...] = Field((), max_length=12)
    logo: str = Field("", max_length=200, description="标志图片在印证资料库或站点中的地址")
    lead_office: str = Field(min_length=1, max_length=100)
    district: str = Field(min_length=1, max_length=50)
    city: str = Field("", max_length=50)
    contact: Personal | None = None
    phone: str = Field("", max_length=40)
    email: str = Field("", max_length=100)
    channels: tuple[DeliveryChannel, ...] = Field((), max_length=4)
    site: str = Field("", max_length=200, pattern=r"^(https?://[^\s/?#]+)?$", description="二维码所用的站点地址")
    on: WrittenDate
    note: str = Field("", max_length=200)


@dataclass(frozen=True)
class Brand:
    """Every version; in force is the one that begins last of those whose day has come, of one day the one published last."""

    versions: tuple[BrandPublished, ...] = ()

    def on(self, day: date) -> BrandPublished | None:
        """The version in force on a day."""
        begun = [fact for fact in self.versions if fact.on <= day]
        return max(reversed(begun), key=lambda fact: fact.on) if begun else None


@dataclass(frozen=True)
class KnownBrand:
    """Whether the one who publishes did not say which version was seen (If-Match)."""

    unseen: bool = False


def decide(state: Brand, command: PublishBrand, context: Context[KnownBrand]) -> list[BrandPublished]:
    """Facts, or a refusal. What a new version leaves out stays as it is on its day; what is to go is said to be empty."""
    the_office(context)
    said: dict[str, Any] = {name: getattr(command, name) for name in PublishBrand.model_fields}
    if before := state.on(command.on):
        kept = PublishBrand.model_fields.keys() - command.model_fields_set - {"on", "note"}
        said |= {name: getattr(before, name) for name in kept}
    contact = said["contact"].about(context.subject) if said["contact"] else None
    fact = BrandPublished.model_validate({**said, "contact": contact})
    if (contact is None or contact.token) and before == fact:
        return []  # A sealed name can't be compared: with one, saying it again is a new version.
    if state.versions and context.known.unseen:
        raise VersionMissing
    return [fact]


def evolve(state: Brand, fact: BrandPublished) -> Brand:
    """The state after a fact."""
    match fact:
        case BrandPublished():
            return Brand((*state.versions, fact))


BRAND: Decider[Brand, PublishBrand, BrandPublished, KnownBrand] = Decider("brand", Brand(), decide, evolve)
