"""The log's health, as it is answered."""

from services.audit.domain.health import Health

__all__ = ["Health"]
