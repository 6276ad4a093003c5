"""A function's settings, typed, read from the environment at first use (never at import)."""

from functools import cache
from os import environ
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError


class ConfigurationError(RuntimeError):
    """The function was deployed without settings it needs; the text names each of them."""


class Settings(BaseModel):
    """What every function of every service is given by its stack."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    service: str = Field(alias="SHENGUAN_SERVICE")
    stage: str = Field(alias="SHENGUAN_STAGE")
    table: str = Field(alias="TABLE_NAME")
    topic: str = Field(alias="TOPIC_ARN")
    log_queue: str = Field(alias="LOG_QUEUE_URL")
    secret: str = Field(alias="SECRET_ARN")


S = TypeVar("S", bound=Settings)


def read_settings(model: type[S]) -> S:
    """The settings as `model`. Raises ConfigurationError naming every missing or unusable variable."""
    try:
        return model.model_validate(dict(environ))
    except ValidationError as error:
        names = ", ".join(str(fault["loc"][0]) for fault in error.errors())
        raise ConfigurationError(
            f"environment variables missing or unusable: {names}; deploy the stack again"
        ) from None


@cache
def settings() -> Settings:
    """The common settings, read once per process."""
    return read_settings(Settings)
