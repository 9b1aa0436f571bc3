"""Papers of reporting: the workbook of a ledger."""
