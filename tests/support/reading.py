"""What has not moved into the rooms for reading yet, by service and module of its ``api``. It only gets less."""

from __future__ import annotations

ASKING: dict[str, set[str]] = {
    "roster": {"enterprises", "importing", "privacy", "queues", "rows"},
    "issues": {
        "answering",
        "callbacks",
        "duty",
        "green",
        "held_orders",
        "histories",
        "hotline",
        "live",
        "omissions",
        "papers",
        "parked",
        "public",
        "queues",
        "receiving",
        "rechecks",
        "replies",
        "timers",
    },
}
"""Its routes still ask the tables themselves."""
UNNAMED: dict[str, set[str]] = {
    "roster": {"enterprises", "imports", "privacy", "queues", "rows"},
    "issues": {
        "answering",
        "callbacks",
        "dates",
        "duty",
        "green",
        "held_orders",
        "histories",
        "hotline",
        "omissions",
        "orders",
        "papers",
        "parked",
        "privacy",
        "public",
        "queues",
        "rechecks",
        "replies",
        "timers",
    },
}
"""An operation of it still answers without a model that has a name."""
