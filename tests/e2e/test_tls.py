"""What an intranet asks for: the gateway by TLS, with a CA of its own or with a certificate that somebody brings."""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for ``localhost`` that signs itself, and its key; the folder's name has a blank."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    chain, private = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    return chain, private


@pytest.mark.parametrize("given", [False, True], ids=["own-ca", "given"])
def test_the_gateway_speaks_tls_beside_its_plain_listener_on_the_loopback(given: bool, tmp_path: Path) -> None:
    home = tmp_path / "一 处"
    home.mkdir()
    plain, secured = free_port(), free_port()
    chain, key = certificate(home)
    words = ["--port", str(plain), "--tls", "localhost", "--tls-port", str(secured)]
    words += ["--certificate", str(chain), "--key", str(key)] if given else []
    guiren = str(Path(sys.executable).parent / "guiren")
    try:
        done = subprocess.run(
            [guiren, "up", "--no-demo", "--detach", "--home", str(home), *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        trusted = ssl.create_default_context(
            cafile=str(chain if given else home / "gateway/caddy/pki/authorities/local/root.crt")
        )
        with httpx.Client(verify=trusted, trust_env=False) as client:
            answer = client.get(f"https://localhost:{secured}/api/roster/units")
        assert answer.status_code == 401
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
        with httpx.Client(trust_env=False) as client:
            answer = client.get(f"http://127.0.0.1:{plain}/")
            assert answer.status_code == 200
            assert "Strict-Transport-Security" not in answer.headers
            with pytest.raises(httpx.HTTPError):
                client.get(f"https://localhost:{secured}/")
    finally:
        subprocess.run([guiren, "down", "--home", str(home)], capture_output=True, check=False, timeout=60)
