"""Who read personal data in clear, as a table."""

from __future__ import annotations

from shared.disclosure import disclosures
from shared.events.issues import PersonalUnmasked

DISCLOSURE, DISCLOSURES = disclosures(PersonalUnmasked)
