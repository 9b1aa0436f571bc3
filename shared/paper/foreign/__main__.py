"""``python -m shared.paper.foreign READER OPTIONS``: the child, reading standard input."""

import sys

from shared.paper.foreign.child import main

main(*sys.argv[1:])
