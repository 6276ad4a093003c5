"""Keys that lie in KMS (R-AUD-3, R-HND-8)."""

from typing import Any, cast

import pytest

from shared.aws.kms import kms_signer
from shared.kernel.notes import Checkpoint, open_checkpoint, sign_checkpoint
from tests.support.audit_builders import ORIGIN, SIGNER
from tests.support.kms_fakes import P256_IN_DER, KmsWithOneKey


def test_the_key_in_kms_signs_checkpoints_that_its_public_half_opens() -> None:
    signer = kms_signer(cast(Any, KmsWithOneKey(SIGNER)), "key", ORIGIN)
    assert signer.key == SIGNER.key
    checkpoint = Checkpoint(ORIGIN, 3, bytes(32))
    assert open_checkpoint(sign_checkpoint(checkpoint, signer.key, signer.sign).encode(), SIGNER.key) == checkpoint


def test_a_key_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="KEY_ID"):
        kms_signer(cast(Any, KmsWithOneKey(SIGNER, P256_IN_DER)), "key", ORIGIN)
