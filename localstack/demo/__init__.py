"""The demo: an invented city, and the main job played over HTTP against the deployed services."""

from localstack.demo.command import demo

__all__ = ["demo"]
