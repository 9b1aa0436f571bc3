"""PostgreSQL and NATS on another machine: reached by TLS for which a named authority vouches, or not at all.

The embedded PostgreSQL was built without TLS: something that speaks it as PostgreSQL does stands before it.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import ssl
import tempfile
from collections.abc import AsyncGenerator, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from deploy.embedded.home import Home, tool
from deploy.embedded.nats import Nats
from deploy.embedded.postgres import Postgres
from deploy.install import Place, install
from deploy.streams import administrators_bus, install_streams
from services.roster.app import build
from services.vault.app import Safe
from services.vault.copies import TABLE
from services.vault.settings import VaultSettings
from shared.log.background import ended
from shared.log.bus import Bus, BusUnavailable
from shared.log.signatures import Signatures
from shared.settings import Settings, trusting

_TLS_PLEASE = bytes.fromhex("00000008 04d2162f")


def authority(folder: Path) -> tuple[Path, Path, Path]:
    """An authority, and a certificate with its key for 127.0.0.1."""
    folder.mkdir()
    now, key, own = datetime.now(UTC), ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    name, ours = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each)]) for each in ("ca", "server"))

    def certificate(subject: x509.Name, public: Any, extension: Any) -> bytes:
        made = x509.CertificateBuilder(name, subject, public, x509.random_serial_number(), now, now + timedelta(days=1))
        made = made.add_extension(extension, critical=True)
        return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    paths = folder / "ca.pem", folder / "server.pem", folder / "key.pem"
    paths[0].write_bytes(certificate(name, key.public_key(), x509.BasicConstraints(ca=True, path_length=None)))
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    paths[1].write_bytes(certificate(ours, own.public_key(), here))
    plain = serialization.NoEncryption()
    paths[2].write_bytes(own.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    paths[2].chmod(0o600)
    return paths


class Encrypting(Nats):
    """NATS as deploy/README says for another machine."""

    tls: tuple[Path, Path, Path]

    def command(self) -> list[str]:
        block = f'\ntls {{ cert_file: "{self.tls[1]}", key_file: "{self.tls[2]}", handshake_first: true }}\n'
        self.config.write_text(self.config.read_text(encoding="utf-8") + block, encoding="utf-8")
        return [tool("nats-server"), "-c", str(self.config)]

    def ready(self) -> bool:
        return self.log.exists() and "Server is ready" in self.log.read_text(encoding="utf-8")


@contextlib.asynccontextmanager
async def before(postgres: Postgres, certificate: Path, key: Path) -> AsyncGenerator[int]:
    """A server that answers PostgreSQL's request for TLS, and refuses whoever begins without. Its port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    tasks: set[asyncio.Task[None]] = set()

    async def carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65_536):
                sink.write(data)
                await sink.drain()
        sink.close()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            if await reader.readexactly(8) != _TLS_PLEASE:
                writer.close()
                return
            writer.write(b"S")
            await writer.start_tls(context)
            there, back = await asyncio.open_connection("127.0.0.1", postgres.port)
            for task in (asyncio.create_task(carry(reader, back)), asyncio.create_task(carry(there, writer))):
                tasks.add(task)
                task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await ended(tasks)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, Postgres, Nats, Path, Path]]:
    path = Path(tempfile.mkdtemp(prefix="guiren-tls-"))
    path.chmod(0o755)
    home = Home(path / "home")
    ca, certificate, key = authority(path / "ours")
    stranger, *_ = authority(path / "other")
    postgres = Postgres(home, {"fsync": "off"})
    nats = Encrypting(home)
    nats.tls = (ca, certificate, key)
    try:
        postgres.start()
        nats.start()
        yield home, postgres, nats, ca, stranger
    finally:
        nats.kill()
        postgres.stop()
        shutil.rmtree(path, ignore_errors=True)


async def test_a_service_reaches_postgresql_and_nats_by_tls_of_a_known_authority_only(
    place: tuple[Home, Postgres, Nats, Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, postgres, nats, ca, stranger = place
    monkeypatch.setenv("GUIREN_NATS_CA", str(ca))
    bus = administrators_bus(nats.url, home.secrets, "520502")
    await install_streams(bus)
    await bus.close()
    async with before(postgres, ca.parent / "server.pem", ca.parent / "key.pem") as port:
        await install(Place("127.0.0.1", port, postgres.admin_password, ca=str(ca)), home.passwords())
        service = build(told(home, port, nats, ca))
        await service.open()
        try:
            assert await service.pool.fetchval("select current_user") == "roster"
            safe = Safe(
                VaultSettings(
                    postgres_port=port,
                    postgres_ca=str(ca),
                    vault_socket=home.vault_socket,
                    vault_clients=home.secrets,
                    vault_password_file=home.secrets / "vault",
                    master_key_file=home.secrets / "master-key",
                    nats_url=nats.url,
                    nats_ca=str(ca),
                    nats_password_file=home.secrets / "nats-vault",
                )
            )
            await safe.open()
            assert await safe.keys.pool.fetchval("select current_user") == "vault"
            assert (await safe.bus.extent(TABLE))[0] == 0
            await safe.close()
            assert await service.bus.last_sequence("roster") == 0
            with pytest.raises(OSError, match="certificate verify failed"):
                await build(told(home, port, nats, stranger)).open()
            with pytest.raises((OSError, asyncpg.PostgresError)):
                await build(told(home, postgres.port, nats, ca)).open()  # It speaks no TLS: nobody goes on without.
            signatures = Signatures.read("520502", home.secrets / "entry-keys.json")
            for wrong in (trusting(str(stranger)), None):
                other = Bus(nats.url, "roster", home.secret("nats-roster"), "520502", signatures, wrong)
                with pytest.raises(BusUnavailable):
                    await other.connect()
        finally:
            await service.close()


def told(home: Home, port: int, nats: Nats, ca: Path) -> Settings:
    secrets = home.secrets
    return Settings(
        postgres_port=port,
        postgres_ca=str(ca),
        postgres_password_file=secrets / "roster",
        vault_socket=home.vault_socket,
        vault_secret_file=secrets / "vault-roster",
        nats_url=nats.url,
        nats_ca=str(ca),
        nats_password_file=secrets / "nats-roster",
        entry_key_file=secrets / "entry-key-roster",
        entry_keys_file=secrets / "entry-keys.json",
        jwks=str(secrets / "jwks.json"),
        checkpoints=home.checkpoints,
    )
