"""One folder a service: each owns its facts, its process, its database and its stream."""
