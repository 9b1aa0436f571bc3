"""Who may ask the vault for what. Pure."""
