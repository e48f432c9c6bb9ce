"""The practice room on the ward's own network, for practice with a real iPad: HTTPS and PINs.

The certificate is made for this one run and vouched for by nobody, so that the iPad warns once; its
fingerprint is told in the terminal. Only the addresses of private networks are served.
"""

import ipaddress
import secrets
import ssl
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web
from aioice.ice import get_host_addresses
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from agent.faults import Fault, PartError

VALID_DAYS = 7
PIN_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Identity:
    """What the room shows itself with."""

    context: ssl.SSLContext
    fingerprint: str
    """SHA-256 of the certificate, as browsers write it."""


def addresses() -> list[str]:
    """This machine's IPv4 addresses in private networks. Raises PartError(NO_NETWORK)."""
    found = [ipaddress.ip_address(one) for one in get_host_addresses(use_ipv4=True, use_ipv6=False)]
    private = [str(one) for one in found if one.is_private and not one.is_link_local]
    if not private:
        raise PartError(Fault.NO_NETWORK)
    return private


def new_pin() -> str:
    """Six digits that nobody can guess in the tries that the door allows."""
    return f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}}"


def new_identity(hosts: list[str]) -> Identity:
    """A key and a certificate for these addresses. They are in memory only."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Hodekamera")])
    now = datetime.now(UTC)
    names = [x509.IPAddress(ipaddress.ip_address(host)) for host in hosts]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName([*names, x509.DNSName("localhost")]), False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        .add_extension(x509.ExtendedKeyUsage([x509.OID_SERVER_AUTH]), False)
        .sign(key, hashes.SHA256())
    )
    encoded = certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # The ssl module reads keys from files only; this one is for us alone, and gone at once.
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "identity.pem"
        file.write_bytes(encoded)
        context.load_cert_chain(file)
    return Identity(context, certificate.fingerprint(hashes.SHA256()).hex(":").upper())


async def listen(runner: web.AppRunner, host: str, port: int, identity: Identity) -> str:
    """Open a port (0: any free one) at an address of ours. Raises PartError(PORT_IN_USE)."""
    site = web.TCPSite(runner, host, port, ssl_context=identity.context)
    try:
        await site.start()
    except OSError as error:
        raise PartError(Fault.PORT_IN_USE, port=port) from error
    return f"https://{host}:{runner.addresses[-1][1]}"
