"""KMS with one Ed25519 key, as its answers are documented: moto knows none."""

from dataclasses import dataclass
from typing import Any

from shared.kernel.notes import SigningKey

ED25519_IN_DER = "302a300506032b6570032100"
P256_IN_DER = "3059301306072a8648ce3d"


@dataclass
class KmsWithOneKey:
    """Answers for the key called `key`; counts what it signed."""

    held: SigningKey
    prefix: str = ED25519_IN_DER
    signed: int = 0

    def get_public_key(self, *, KeyId: str) -> dict[str, Any]:  # noqa: N803
        assert KeyId == "key"
        return {"PublicKey": bytes.fromhex(self.prefix) + self.held.key.public_key}

    def sign(self, *, KeyId: str, Message: bytes, MessageType: str, SigningAlgorithm: str) -> dict[str, Any]:  # noqa: N803
        assert (KeyId, MessageType, SigningAlgorithm) == ("key", "RAW", "ED25519_SHA_512")
        self.signed += 1
        return {"Signature": self.held.sign(Message)}
