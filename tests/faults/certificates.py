"""Valid and invalid certificates."""

from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
import ssl
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_USAGES: Final = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


class CertificateAuthority:
    """Signs the certificates of servers."""

    def __init__(self, name: str) -> None:
        """Create the certificate of the authority."""
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        usages = dict.fromkeys(_USAGES, False)
        self._certificate = (
            self._builder(self._name, self._key, 2090)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            # Python verifies that an authority may sign certificates.
            .add_extension(x509.KeyUsage(key_cert_sign=True, **usages), critical=True)
            .sign(self._key, hashes.SHA256())
        )

    @property
    def pem(self) -> str:
        """Return the certificate of the authority."""
        return self._certificate.public_bytes(serialization.Encoding.PEM).decode()

    def _builder(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, until: int
    ) -> x509.CertificateBuilder:
        """Return what all certificates have in common."""
        public_key = key.public_key()
        own_key = self._key.public_key()
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
            .not_valid_after(datetime(until, 1, 1, tzinfo=UTC))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(own_key), critical=False
            )
        )

    def server_context(self, address: str, until: int, path: Path) -> ssl.SSLContext:
        """Return the context of a server with a certificate for an address until a year."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)])
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))])
        certificate = (
            self._builder(name, key, until)
            .add_extension(names, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        path.write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            + certificate.public_bytes(pem)
        )
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(path)
        return context
