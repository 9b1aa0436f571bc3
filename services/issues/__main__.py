"""``python -m services.issues``."""

from services.issues.app import application
from shared.http.service import serve
from shared.log.loglines import logging_to
from shared.settings import Settings

settings = Settings()
settings.confine()
logging_to(settings.log_format)
serve(application(settings), settings)
