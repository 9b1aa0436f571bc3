"""HTTP of the roster: a request becomes a command; an answer comes from a projection."""

from services.roster.api import (
    brand,
    calendar,
    census,
    corrections,
    enterprises,
    grids,
    handovers,
    history,
    identity,
    imports,
    load,
    mapping,
    matrix,
    members,
    papers,
    privacy,
    projects,
    queues,
    responsibility,
    rows,
    tasks,
    team,
    units,
)

ROUTERS = (
    units.router, papers.router, tasks.router, members.router, team.router, grids.router,
    handovers.router, history.router, enterprises.router, imports.router, responsibility.router,
    matrix.router, privacy.router, identity.router,
    load.router, mapping.router, calendar.router, brand.router, projects.router,
    rows.router, queues.router, census.router, corrections.router,
)  # fmt: skip
