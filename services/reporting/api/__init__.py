"""HTTP of reporting: ledgers, coverage, filing, and the rebuild that proves them."""

from services.reporting.api import coverage, ledgers, rebuilding

ROUTERS = (coverage.router, ledgers.router, rebuilding.router)
