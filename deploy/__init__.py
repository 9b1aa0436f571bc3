"""How the platform runs: without Docker (embedded), with it (compose), and the command line."""
