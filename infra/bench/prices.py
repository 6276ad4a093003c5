"""Prices as data: what each thing that AWS counts costs, and how functions are assumed to run."""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

_MILLI = 1000
_MIB_PER_GIB = 1024

PRICES = Path(__file__).with_name("prices.yaml")


class Meter(StrEnum):
    """What AWS counts and bills once."""

    READ_UNITS = "read_units"
    WRITE_UNITS = "write_units"
    INDEX_UNITS = "index_units"
    API_REQUESTS = "api_requests"
    INVOCATIONS = "invocations"
    GB_SECONDS = "gb_seconds"
    TOPIC_REQUESTS = "topic_requests"
    SMS = "sms"
    QUEUE_REQUESTS = "queue_requests"
    FILE_WRITES = "file_writes"
    FILE_READS = "file_reads"
    SIGNATURES = "signatures"
    LOG_BYTES = "log_bytes"
    BYTES_IN = "bytes_in"
    BYTES_OUT = "bytes_out"


class Kept(StrEnum):
    """What AWS bills every month, for as long as it is there."""

    ROW_BYTES = "row_bytes"
    EXPIRING_BYTES = "expiring_bytes"
    BACKUP_BYTES = "backup_bytes"
    FILE_BYTES = "file_bytes"


class Function(StrEnum):
    """Kinds of Lambda functions."""

    API = "api"
    AUTHORIZER = "authorizer"
    RELAY = "relay"
    CONSUMER = "consumer"
    SEAL = "seal"


Usage = Mapping[Meter | Kept, float]
"""How much of each was used; parts of one too, where a batch is shared."""


def summed(usages: Iterable[Usage]) -> Usage:
    """All of them together."""
    total: dict[Meter | Kept, float] = {}
    for usage in usages:
        for each, amount in usage.items():
            total[each] = total.get(each, 0) + amount
    return total


def times(usage: Usage, factor: float) -> Usage:
    """So many times that."""
    return {each: amount * factor for each, amount in usage.items()}


class _Given(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Price(_Given):
    """What `per` of a unit cost, and where that is published. Without a price it is only counted."""

    service: str
    price: float | None = Field(ge=0)
    per: float = Field(gt=0)
    source: str

    def of(self, used: float) -> float:
        """What so much costs."""
        return (self.price or 0) * used / self.per


class Run(_Given):
    """One warm invocation of a function: billed milliseconds and MiB of memory."""

    milliseconds: float = Field(gt=0)
    memory_mb: float = Field(gt=0)

    @property
    def gb_seconds(self) -> float:
        """What Lambda bills of it beside the invocation."""
        return self.milliseconds / _MILLI * self.memory_mb / _MIB_PER_GIB


class Assumed(_Given):
    """How Lambda is taken to run."""

    functions: dict[Function, Run]
    messages_per_consumer: float = Field(ge=1)
    envelopes_per_seal: int = Field(ge=1)
    log_bytes_per_invocation: float = Field(ge=0)

    def invoked(self, function: Function, often: float = 1) -> Usage:
        """What so many invocations use by themselves."""
        return {
            Meter.INVOCATIONS: often,
            Meter.GB_SECONDS: often * self.functions[function].gb_seconds,
            Meter.LOG_BYTES: often * self.log_bytes_per_invocation,
        }


class Prices(_Given):
    """A price list; see prices.yaml for what each entry means."""

    region: str
    currency: str
    as_of: date
    meters: dict[Meter, Price]
    kept: dict[Kept, Price]
    assumed: Assumed

    def cost(self, usage: Usage) -> float:
        """What was used costs, once."""
        return sum(price.of(usage.get(meter, 0)) for meter, price in self.meters.items())

    def cost_by_service(self, usage: Usage) -> Mapping[str, float]:
        """The same by service, in the order of the list."""
        costs: dict[str, float] = {}
        for meter, price in self.meters.items():
            costs[price.service] = costs.get(price.service, 0) + price.of(usage.get(meter, 0))
        return costs

    def monthly(self, usage: Usage) -> float:
        """What is kept costs, every month."""
        return sum(price.of(usage.get(kept, 0)) for kept, price in self.kept.items())


class UnusablePricesError(ValueError):
    """A file of prices cannot be used; the text says what is wrong with it."""


def read_prices(path: Path = PRICES) -> Prices:
    """A price list. Raises UnusablePricesError."""
    try:
        prices = Prices.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValueError) as error:
        raise UnusablePricesError(f"{path}: {error}") from error
    missing = sorted({*Meter, *Kept, *Function} - {*prices.meters, *prices.kept, *prices.assumed.functions})
    if missing:
        raise UnusablePricesError(f"{path}: give an entry for {', '.join(missing)} too (see infra/bench/prices.yaml)")
    return prices
