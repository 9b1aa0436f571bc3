"""What can happen to a ticket, by the part of its life it belongs to."""

from __future__ import annotations

from shared.events.issues import (
    AlarmRaised,
    AlarmsSet,
    CallBackRecorded,
    CityReplied,
    CoHandlingAnswered,
    DeadlineRederived,
    DeclineContested,
    EscalationApproved,
    EscalationRejected,
    EscalationRequested,
    ExtensionApproved,
    ExtensionEndorsed,
    ExtensionRejected,
    ExtensionRequested,
    IssueAccepted,
    IssueArchived,
    IssueClosed,
    IssueDeclined,
    IssueDispatched,
    IssueMerged,
    IssueProgressed,
    IssueReassigned,
    IssueReopened,
    IssueReported,
    IssueResolved,
    IssueResumed,
    IssueReturned,
    IssueSigned,
    IssueSupervised,
    IssueSupplemented,
    IssueTracked,
    IssueUrged,
    IssueWithdrawn,
    MeasureProposed,
    MeasureRuled,
    ResolutionApproved,
    ResolutionRejected,
    SiblingAnswered,
    StageAnswered,
    SupervisionAnswered,
    TrackingRenewed,
)

Noted = (
    AlarmsSet
    | AlarmRaised
    | IssueUrged
    | IssueSupervised
    | SupervisionAnswered
    | IssueSupplemented
    | MeasureProposed
    | MeasureRuled
)
"""What lies over every stage: it leaves the ticket where it is."""

Begun = IssueAccepted | IssueDeclined | DeclineContested | IssueMerged | SiblingAnswered | IssueDispatched

Desked = (
    IssueProgressed
    | IssueReassigned
    | ExtensionRequested
    | ExtensionEndorsed
    | ExtensionApproved
    | ExtensionRejected
    | CityReplied
    | StageAnswered
    | CoHandlingAnswered
)
"""What happens on the handler's desk."""

Handled = (
    IssueSigned
    | IssueReturned
    | IssueTracked
    | TrackingRenewed
    | IssueResumed
    | EscalationRequested
    | EscalationApproved
    | EscalationRejected
    | IssueResolved
    | Desked
)

Finished = ResolutionApproved | ResolutionRejected | CallBackRecorded | IssueClosed | IssueReopened | IssueArchived

Moved = Begun | Handled | Finished | DeadlineRederived
TicketFact = IssueReported | IssueWithdrawn | Noted | Moved
