"""The deciders of the roster: unit, member, enterprise, calendar, mapping, and the rows an import set aside."""
