"""Another system's log becomes histories here (补录): its words are mapped, its rows read, sent and counted twice."""
