"""Which stored files a fact names."""

from __future__ import annotations

from shared.http.service import Service

_NAMED = """
select distinct (regexp_matches(convert_from(body, 'UTF8'), '"sha256":"([0-9a-f]{64})"', 'g'))[1] as digest from log.entry
where type = any($1::text[])
"""


def naming() -> list[str]:
    """The types of the facts that name a file: found in the catalogue, so that a new one is never forgotten."""
    from shared.events import visits

    kinds = [kind for kind in vars(visits).values() if isinstance(kind, type) and "sha256" in getattr(kind, "model_fields", {})]
    return sorted({kind.TYPE for kind in kinds if hasattr(kind, "TYPE")})


async def named(service: Service) -> set[str]:
    """The digests of all files that a fact names."""
    return {row["digest"] for row in await service.pool.fetch(_NAMED, naming())}
