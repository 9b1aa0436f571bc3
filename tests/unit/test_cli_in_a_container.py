"""In a container the command line has no instance of its own, and perhaps no gateway: every command ends with a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.testing import CliRunner

from deploy.access import FILE
from deploy.cli import app
from deploy.keys import make_secrets


def commands(group: TyperGroup, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], TyperCommand]]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, (*path, name))
        else:
            assert isinstance(command, TyperCommand)
            yield (*path, name), command


ROOT = typer.main.get_command(app)
assert isinstance(ROOT, TyperGroup)
COMMANDS = dict(commands(ROOT))
SAID = {"month": "2026-10", "period": "2026-10", "day": "2026-10-01"}


def words(command: TyperCommand, folder: Path) -> list[str]:
    """What a command can't do without, each with something of its type."""
    found: list[str] = []
    (folder / "file.csv").write_text("a,b\n", encoding="utf-8")
    for item in command.params:
        assert isinstance(item, (TyperArgument, TyperOption))
        if not item.required and not (isinstance(item, TyperOption) and item.prompt):
            continue
        kind = str(item.type_descriptor.annotation)
        value = str(folder / "file.csv") if "Path" in kind else "7" if "int" in kind else SAID.get(str(item.name), "某某")
        found += [value] if isinstance(item, TyperArgument) else [item.opts[0], value]
    return found


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("secrets")
    make_secrets(folder)
    return folder


@pytest.mark.parametrize("writable", [True, False], ids=["with its volume", "without"])
@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_ends_with_a_sentence(
    path: tuple[str, ...], writable: bool, secrets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    if writable:
        home.mkdir()
    monkeypatch.setenv("GUIREN_ADDRESS", "http://127.0.0.1:1")
    monkeypatch.setenv("GUIREN_HOME", str(home))
    monkeypatch.setenv("GUIREN_SECRETS_DIR", str(secrets))
    done = CliRunner().invoke(app, [*path, *words(COMMANDS[path], tmp_path)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert any("\u4e00" <= letter <= "\u9fff" for letter in done.output) or path == ("token",), done.output
    assert done.exit_code in (1, 2, 3) or (path == ("token",) and writable), done.output
    assert writable or not home.exists()


def test_who_may_not_write_the_file_of_another_has_his_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from deploy import access

    opened = access.os.open

    def of_another(path: Path, how: int, mode: int = 0o777) -> int:
        if Path(path).name == FILE:
            raise PermissionError
        return opened(path, how, mode)

    monkeypatch.setattr(access.os, "open", of_another)
    access.note(tmp_path, account="甲", token="t", command="issues")
    assert [item.name for item in tmp_path.iterdir()] == [f"access-{access.os.getuid()}.jsonl"]
