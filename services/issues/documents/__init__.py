"""What issues prints: the forms of a ticket (交办单, 报请单, 督办单), the register (问题台账), the archive package."""
