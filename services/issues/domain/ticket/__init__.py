"""The ticket: its commands, states and facts, what is decided in each part of its life, and what a fact makes of it."""
