"""How fast it is: each figure beside the bare limit or a peer, measured in the same run. ``make bench``."""
