"""Who read personal data in clear, as a table."""

from __future__ import annotations

from shared.events.issues import PersonalUnmasked
from shared.http.disclosure import disclosures

DISCLOSURE, DISCLOSURES = disclosures(PersonalUnmasked)
