"""``python -m shared.foreign READER OPTIONS``: the child, reading standard input."""

import sys

from shared.foreign.child import main

main(*sys.argv[1:])
