"""PostgreSQL and NATS on another machine: reached by TLS for which a named authority vouches, or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

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
from shared.bus import Bus, BusUnavailable
from shared.settings import Settings, trusting
from shared.signatures import Signatures


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
    if os.geteuid() == 0:
        os.chown(paths[2], 65534, 65534)  # As root PostgreSQL runs as nobody.
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


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, Postgres, Nats, Path, Path]]:
    path = tmp_path_factory.mktemp("tls")
    for each in (path, *path.parents[:2]):
        each.chmod(0o755)
    home = Home(path / "home")
    ca, certificate, key = authority(path / "ours")
    stranger, *_ = authority(path / "other")
    postgres = Postgres(home, {"fsync": "off", "ssl": "on", "ssl_cert_file": str(certificate), "ssl_key_file": str(key)})
    nats = Encrypting(home)
    nats.tls = (ca, certificate, key)
    try:
        postgres.start()
        nats.start()
        yield home, postgres, nats, ca, stranger
    finally:
        nats.kill()
        postgres.stop()


async def test_a_service_reaches_postgresql_and_nats_by_tls_of_a_known_authority_only(
    place: tuple[Home, Postgres, Nats, Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, postgres, nats, ca, stranger = place
    admin = Place("127.0.0.1", postgres.port, postgres.admin_password, ca=str(ca))
    await install(admin, home.passwords())
    monkeypatch.setenv("GUIREN_NATS_CA", str(ca))
    bus = administrators_bus(nats.url, home.secrets, "520502")
    await install_streams(bus)
    await bus.close()
    secrets = home.secrets
    settings = Settings(
        postgres_port=postgres.port, postgres_ca=str(ca), postgres_password_file=secrets / "roster",
        vault_password_file=secrets / "vault", master_key_file=secrets / "master-key", nats_url=nats.url, nats_ca=str(ca),
        nats_password_file=secrets / "nats-roster", entry_key_file=secrets / "entry-key-roster",
        entry_keys_file=secrets / "entry-keys.json", jwks=str(secrets / "jwks.json"), checkpoints=home.checkpoints,
    )  # fmt: skip
    service = build(settings)
    await service.open()
    try:
        for pool in (service.pool, service.vault.pool):
            assert await pool.fetchval("select ssl from pg_stat_ssl where pid = pg_backend_pid()")
        assert await service.bus.last_sequence("roster") == 0
        with pytest.raises(OSError, match="certificate verify failed"):
            await build(settings.model_copy(update={"postgres_ca": str(stranger)})).open()
        signatures = Signatures.read("520502", secrets / "entry-keys.json")
        for wrong in (trusting(str(stranger)), None):
            other = Bus(nats.url, "roster", home.secret("nats-roster"), "520502", signatures, wrong)
            with pytest.raises(BusUnavailable):
                await other.connect()
    finally:
        await service.close()
