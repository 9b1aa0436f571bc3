"""HTTP of reporting: ledgers, coverage, filing, and the rebuild that proves them."""

from services.reporting.api import coverage, demands, ledgers, rebuilding

ROUTERS = (coverage.router, demands.router, ledgers.router, rebuilding.router)
