"""A real TURN server (coturn) on loopback, for the tests."""

import asyncio
import contextlib
import ipaddress
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HERE = "127.0.0.1"
USER, SECRET = "hodekamera", "not-a-secret"
START_LIMIT_S = 20.0


class Relay(NamedTuple):
    """Where it listens."""

    port: int
    """UDP and TCP."""
    tls_port: int
    certificate: Path
    """The one that vouches for itself; `SSL_CERT_FILE` makes Python trust it."""

    def servers(self, *transports: str) -> list[dict[str, object]]:
        """The `turn` list of a token that offers these ways: udp, tcp or tls."""
        urls = {
            "udp": f"turn:{HERE}:{self.port}?transport=udp",
            "tcp": f"turn:{HERE}:{self.port}?transport=tcp",
            "tls": f"turns:{HERE}:{self.tls_port}?transport=tcp",
        }
        wanted = [urls[transport] for transport in transports]
        return [{"urls": wanted, "username": USER, "credential": SECRET}]


def program() -> str:
    """The path of coturn. Without it the test is skipped, or fails in continuous integration."""
    path = shutil.which("turnserver")
    if path is not None:
        return path
    reason = "no coturn: ./test installs it where that starts no service"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@asynccontextmanager
async def relay(folder: Path) -> AsyncIterator[Relay]:
    """A running server that relays to this machine only; `folder` is for what it writes."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    _make_certificate(certificate, key)
    where = Relay(_free_port(), _free_port(), certificate)
    settings = {
        "listening-ip": HERE,
        "relay-ip": HERE,
        "listening-port": where.port,
        "tls-listening-port": where.tls_port,
        "user": f"{USER}:{SECRET}",
        "realm": "test",
        "cert": certificate,
        "pkey": key,
        "pidfile": folder / "pid",
        "userdb": folder / "users",
    }
    switches = ["no-cli", "allow-loopback-peers", "lt-cred-mech", "no-dtls", "log-file=stdout"]
    process = await asyncio.create_subprocess_exec(
        *(program(), "-n"),
        *(f"--{name}={value}" for name, value in settings.items()),
        *(f"--{switch}" for switch in switches),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await _listening(where.tls_port)
        yield where
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _listening(port: int) -> None:
    async with asyncio.timeout(START_LIMIT_S):
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection(HERE, port)
                writer.close()
                await writer.wait_closed()
                return
            await asyncio.sleep(0.05)


def _free_port() -> int:
    with socket.create_server((HERE, 0)) as server:
        return int(server.getsockname()[1])


def _make_certificate(certificate: Path, key: Path) -> None:
    """One for 127.0.0.1 that may vouch for itself."""
    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relay")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HERE))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(secret, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        secret.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
