"""``python -m services.vault``."""

import asyncio

from services.vault.app import run
from services.vault.settings import VaultSettings
from shared.log.loglines import logging_to

settings = VaultSettings()
logging_to(settings.log_format)
asyncio.run(run(settings))
