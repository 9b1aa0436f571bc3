"""The machine of the log: writing it, carrying it, following it, and the vault that opens what is sealed in it."""
