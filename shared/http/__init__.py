"""The web side of a service: its life, what a request carries, how it answers and refuses, who somebody is."""
