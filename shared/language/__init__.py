"""The words: what things are called, how they are written, what a decision is. Pure, but for `ids`, which ask the clock and chance."""
