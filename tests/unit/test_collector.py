"""The garbage collector looks seldom, in every process that stays or works long."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import deploy.cli
import deploy.embedded.__main__
import services.vault.app
import shared.http.service

LOOK = (
    "import gc; from shared.log.collector import seldom; seldom(); "
    "before = gc.get_stats()[2]['collections']; kept = [[n] for n in range(400_000)]; "
    "print(gc.get_threshold(), gc.get_freeze_count() > 1_000, gc.get_stats()[2]['collections'] - before)"
)


def test_what_is_there_at_the_start_is_kept_and_many_objects_are_not_walked_again() -> None:
    told = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True).stdout
    assert told.strip() == "(100000, 50, 100) True 0"


@pytest.mark.parametrize(
    "entry", [shared.http.service.serve, services.vault.app.run, deploy.cli.main, deploy.embedded.__main__.run]
)
def test_every_process_begins_with_it(entry: object) -> None:
    assert "seldom()" in inspect.getsource(entry)  # type: ignore[arg-type]
