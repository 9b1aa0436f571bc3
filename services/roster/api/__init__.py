"""HTTP of the roster: a request becomes a command; an answer comes from a projection."""

from services.roster.api import enterprises, imports, members, units

ROUTERS = (units.router, members.router, enterprises.router, imports.router)
