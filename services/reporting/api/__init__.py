"""HTTP of reporting: ledgers, coverage, filing, and the rebuild that proves them."""

from services.reporting.api import coverage, demands, indicators, ledgers, rebuilding

ROUTERS = (coverage.router, demands.router, indicators.router, ledgers.router, rebuilding.router)
