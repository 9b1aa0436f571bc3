"""The decider of tickets: commands, states, refusals, permissions, deadlines, numbers."""
