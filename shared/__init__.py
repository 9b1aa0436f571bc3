"""The language of the platform, and the machine under all four services."""
