"""The platform on one machine without Docker: PostgreSQL, NATS, the services and the gateway under one supervisor.

``Postgres`` and ``Nats`` are also what the tests start: ``start()``, ``stop()``, ``kill()``, ready when ``start`` returns.
"""

from deploy.embedded.home import Home
from deploy.embedded.nats import Nats
from deploy.embedded.postgres import Postgres
from deploy.embedded.process import NotStartedError

__all__ = ["Home", "Nats", "NotStartedError", "Postgres"]
