"""Witnesses of the log: who they are, and what audit tells of them (R-AUD-3, R-AUD-5)."""

from typing import Annotated, ClassVar, Final
from urllib.parse import urlsplit

from pydantic import ConfigDict, StringConstraints

from shared.contracts.event import Body
from shared.contracts.model import Checked, Contract, Disagreement, ShortText
from shared.kernel.addresses import parse_address
from shared.kernel.cosignatures import parse_witness_key
from shared.kernel.notes import NoteError

WITNESS_NAME: Final = r"^[a-z0-9][a-z0-9\-]{1,62}$"
WitnessName = Annotated[str, StringConstraints(pattern=WITNESS_NAME)]
"""What the log calls a witness: letters, figures and hyphens. The name in its key is another, its own."""

_URL = Disagreement(
    "url",
    "应为见证人接口的 https 地址,不含用户名、参数和片段,如 https://witness.example/log;http 只能用于本机",
    "This must be the https address the witness is asked at, without user, query or fragment, like "
    "https://witness.example/log; http is for this machine alone",
)
_VKEY = Disagreement(
    "vkey",
    "应为见证人公钥整行(名称+编号+base64,类型 0x04),见其 GET /key 或启动时的显示",
    "This must be the whole line of the witness's public key (name+id+base64, type 0x04), as its GET /key shows it",
)


class WitnessAddress(Checked):
    """Where a witness is asked (its submission prefix, C2SP tlog-witness), and the key that judges its cosignatures."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "url": "https://witness.justice.example/log",
                    "vkey": "witness.justice.example/w1+edbae420+BIqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c",
                }
            ]
        }
    )

    url: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]
    vkey: ShortText

    def disagreements(self) -> list[Disagreement]:
        """An address that cannot be called so, a line that is no witness's key."""
        faults = ((_URL, _is_prefix(self.url)), (_VKEY, _is_key(self.vkey)))
        return [fault for fault, fine in faults if not fine]


class Witness(Contract):
    """A body outside that watches the log and cosigns its checkpoints (见证人)."""

    name: WitnessName
    url: str
    vkey: str


class WitnessAdded(Body):
    """A witness was registered, or is asked elsewhere or under another key from now on (`log.witness_added`)."""

    TYPE: ClassVar[str] = "log.witness_added.v1"
    witness: Witness


class WitnessRemoved(Body):
    """A witness is not asked any more; what it cosigned stays (`log.witness_removed`)."""

    TYPE: ClassVar[str] = "log.witness_removed.v1"
    witness: Witness


def _is_prefix(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname
    if not host or port == 0 or "@" in parts.netloc or "?" in url or "#" in url:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(host))


def _is_this_machine(host: str) -> bool:
    try:
        return parse_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_key(line: str) -> bool:
    try:
        parse_witness_key(line)
    except NoteError:
        return False
    return True
