"""Helpers of the tests: a world of real servers, a district of fresh databases in it, writes, patience."""
