"""What each fact is to a figure: something that happened on a day, or a word about what was so before (kpi §1).

A figure of a month is taken at T. What *happened* after T is in no figure of 报送口径: a dispatch, a signature, a reply, a
报结, a closing, a rating, a move, a deregistration of the 29th changes 全月口径 alone. What *corrects* says what was so at the
time, and applies whenever it was recorded by the cut: a visit corrected, returned, voided, upheld, proved or disproved
later, a row of the register amended, a calendar published.

Every fact of the catalogue stands in exactly one of the two tables; a new one that stands in neither stops the tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from shared.events import issues, reporting, roster, visits
from shared.language.facts import CATALOGUE, Fact
from shared.language.months import local_date

RECORDED = ""
"""The fact names no day of its own: it happened when it was told (``time`` of the envelope)."""


def _by(field: str, facts: Iterable[type[Fact]]) -> dict[str, str]:
    return {fact.TYPE: field for fact in facts}


_ISSUES = _by("on", (fact for type_, fact in CATALOGUE.items() if type_.startswith("issues.") and "on" in fact.model_fields))
"""A ticket's facts are acts of people and of the clock: each stands on its day. So does a deadline derived anew: until that
day the one before was in force. None of them corrects, so none is named here."""
_ROSTER = _by(
    "on",
    (
        roster.UnitEstablished,
        roster.UnitRenamed,
        roster.UnitEnded,
        roster.UnitMoved,
        roster.UnitCharged,
        roster.UnitDocumentWithdrawn,
        roster.MemberAppointed,
        roster.MemberReleased,
        roster.EnterpriseRegistered,
        roster.MainContactChosen,
        roster.StandingChanged,
        roster.CustodyChanged,
        roster.EnterpriseAssigned,
        roster.ContactLossVerified,
        roster.ProjectRegistered,
        roster.PlaqueHung,
        roster.PlaqueTakenDown,
        roster.LoadLimitSet,
        roster.BrandPublished,
        roster.EnterpriseMissed,
        roster.EnterpriseFound,
        roster.EnterpriseSurveyed,
        roster.CensusClosed,
        roster.CorrectionProposed,
        roster.CorrectionApproved,
        roster.CorrectionRejected,
        roster.TaskSet,
        roster.TaskProgressed,
        roster.TaskDone,
        roster.TaskCancelled,
        roster.HandoverOpened,
        roster.HandoverSigned,
        roster.HandoverWithdrawn,
        roster.SubjectErased,
        roster.ErasureAsked,
        roster.ErasureRejected,
        roster.TokenRevoked,
        roster.MemberProposalRejected,
        roster.UnitEndRejected,
        roster.EnterpriseMoveRejected,
    ),
)
_VISITS = _by(
    "on",
    (
        visits.VisitRecorded,
        visits.VisitHeld,
        visits.ConsultationHeld,
        visits.SurveyDrawn,
        visits.CampaignLaunched,
        visits.ChannelUsed,
        visits.LinkChecked,
        visits.MaterialUsed,
        visits.MapsDistributed,
        visits.LinkIssued,
        visits.LinkReissued,
        visits.InspectionAlleged,
        visits.DemandRaised,
        visits.AnswersGiven,
    ),
)
_FILINGS = _by("on", (reporting.LedgerSigned, reporting.LedgerReturned, reporting.LedgerSupplemented, reporting.LedgerExplained))
_OTHERWISE = {
    issues.AlarmRaised.TYPE: "at",
    issues.PersonalUnmasked.TYPE: "at",
    issues.HistoryRecorded.TYPE: "at",
    visits.PersonalUnmasked.TYPE: "at",
    visits.LinkShown.TYPE: "at",
    visits.LinkOpened.TYPE: "at",
    visits.PhotosRequired.TYPE: "since",
    visits.PolicyPublished.TYPE: "since",
    roster.PersonalUnmasked.TYPE: "at",
    roster.CensusOpened.TYPE: "since",
    roster.DeliveryRecorded.TYPE: "received_on",
    reporting.LedgerSubmitted.TYPE: "received",
}
_UNDATED = _by(
    RECORDED,
    (
        issues.AlarmsSet,
        issues.ParkedSkipped,
        visits.ConsultationConfirmed,
        visits.DecisionTaken,
        visits.DecisionFulfilled,
        visits.SurveyAnswered,
        visits.SurveyClosed,
        visits.CampaignPlanned,
        visits.CampaignRevised,
        visits.CampaignApproved,
        visits.CampaignFileAdded,
        visits.MaterialEntered,
        visits.MaterialVersioned,
        visits.MaterialApproved,
        visits.LinkRevoked,
        visits.QuestionnaireDefined,
        visits.QuestionnairePublished,
        visits.QuestionnaireRetired,
        visits.PollOpened,
        visits.PollClosed,
        visits.PolicyRetired,
        visits.PhotosWaived,
        visits.ContactsCapped,
        roster.ContactPreferred,
        roster.UnitDocumented,
        roster.MemberProposed,
        roster.UnitEndProposed,
        roster.EnterpriseMoveProposed,
        roster.RowSetAside,
        roster.RowDismissed,
        roster.RowRepaired,
    ),
)

HAPPENING: Mapping[str, str] = {**_ISSUES, **_ROSTER, **_VISITS, **_FILINGS, **_OTHERWISE, **_UNDATED}
"""By type of the fact: the field that holds its day."""

CORRECTING: frozenset[str] = frozenset(
    fact.TYPE
    for fact in (
        visits.VisitCorrected,
        visits.EvidenceAttached,
        visits.VisitQualified,
        visits.VisitDisqualified,
        visits.VisitAccepted,
        visits.VisitReturned,
        visits.VisitVoided,
        visits.VisitConfirmed,
        visits.VisitDenied,
        visits.VisitUpheld,
        visits.ConfirmationHeard,
        visits.VisitAdmitted,
        visits.VisitDismissed,
        visits.EvidenceRuled,
        visits.DistributionWithdrawn,
        roster.EnterpriseAmended,
        roster.EnterpriseSized,
        roster.EnterpriseTagged,
        roster.YearPublished,
        roster.IndustriesMapped,
        roster.PlacesMapped,
        roster.OfficePhonesMapped,
        roster.UnitEndWithdrawn,
    )
)
"""What was so all along, told later: a visit's review and proof, the register's particulars, calendars and mapping tables."""


def day_of(type_: str, data: Mapping[str, Any], recorded: datetime) -> str:
    """The day on which a happening happened, as an ISO text; the day it was recorded on where it names none."""
    said = data.get(HAPPENING[type_])
    if said is None:
        return local_date(recorded).isoformat()
    text = str(said)
    return local_date(datetime.fromisoformat(text)).isoformat() if "T" in text else text
