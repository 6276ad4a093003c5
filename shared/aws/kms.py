"""Ed25519 keys that lie in KMS and never leave it: the log's, and the root of receipts' certificates."""

from typing import TYPE_CHECKING, Final

from shared.kernel.notes import SigningKey, VerifierKey

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

# An Ed25519 public key in DER is this and the key's 32 bytes (RFC 8410).
_SPKI: Final = bytes.fromhex("302a300506032b6570032100")


def kms_signer(client: "KMSClient", key_id: str, name: str) -> SigningKey:
    """The key of that id (ECC_NIST_EDWARDS25519) under the name it signs by; asks KMS for its public half.

    Raises ValueError when it is a key of another kind.
    """
    der = client.get_public_key(KeyId=key_id)["PublicKey"]
    if not der.startswith(_SPKI):
        raise ValueError(f"the key of {name} is no Ed25519 key; the setting that ends in KEY_ID names the wrong one")

    def sign(message: bytes) -> bytes:
        answer = client.sign(KeyId=key_id, Message=message, MessageType="RAW", SigningAlgorithm="ED25519_SHA_512")
        return answer["Signature"]

    return SigningKey(VerifierKey(name, der.removeprefix(_SPKI)), sign)
