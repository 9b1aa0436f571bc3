"""A worker's morning, by the client that openapi-python-client makes of our documents: what is to be visited, a visit with its
photo and a demand, the ticket it became. ``python morning.py ADDRESS TOKEN ACCOUNT PHOTO``.
"""

import hashlib
import sys
import time
import uuid
from pathlib import Path

from guiren_issues import AuthenticatedClient as Issues
from guiren_issues.api.问题 import get_issue, list_issues
from guiren_issues.models import PageOfTicketRow, Ticket
from guiren_visits import AuthenticatedClient as Visits
from guiren_visits.api.印证资料 import attach_evidence
from guiren_visits.api.走访 import get_visit, record_visit
from guiren_visits.api.走访计划 import get_plan
from guiren_visits.models import EvidenceKind, EvidenceReceipt, Mode, RecordVisit, Visit, VisitReceipt, Wanted, WorkerPlan
from guiren_visits.types import File

address, token, account, photo = sys.argv[1:]
visits, issues = Visits(base_url=f"{address}/api/visits", token=token), Issues(base_url=f"{address}/api/issues", token=token)

plan = get_plan.sync(client=visits, worker=account)
assert isinstance(plan, WorkerPlan), plan
first = next(item for item in plan.items if not item.done)
told = RecordVisit(
    on=plan.today,
    mode=Mode.ON_SITE,
    enterprise=first.enterprise,
    interviewee="贾演示",
    title="经理",
    phone="19900005678",
    note="生产经营正常,新订单较多",
    demands=[Wanted(no=1, content="希望协助招聘焊工十名")],
)
visit, digest = uuid.uuid4(), hashlib.sha256(Path(photo).read_bytes()).hexdigest()
recorded = record_visit.sync(visit, client=visits, body=told)
assert isinstance(recorded, VisitReceipt), recorded
with Path(photo).open("rb") as opened:
    attached = attach_evidence.sync(visit, digest, client=visits, body=File(opened), kind=EvidenceKind.PHOTO)
assert isinstance(attached, EvidenceReceipt), attached
seen = get_visit.sync(visit, client=visits)
assert isinstance(seen, Visit) and seen.counted, seen

until = time.monotonic() + 20  # The ticket follows from the visit, a moment later.
while not isinstance(page := list_issues.sync(client=issues, visit=visit), PageOfTicketRow) or not page.items:
    assert time.monotonic() < until, page
    time.sleep(0.1)
ticket = get_issue.sync(page.items[0].id, client=issues)
assert isinstance(ticket, Ticket) and ticket.visit == visit, ticket
print(f"{first.name} {ticket.no} {ticket.stage_label} {ticket.content}")
