"""The pure heart of reporting: the ledger month, and the figures and ledgers computed from histories."""
