"""`shenguan token ROLE`: a fresh token for one of the demo's desks."""

from typing import Annotated

import typer

from localstack.demo.city import DESKS, open_desk
from localstack.demo.command import bootstrap_secret
from localstack.demo.desk import new_http
from localstack.runner import LocalStack, chosen_port


def token(
    role: Annotated[str, typer.Argument(help=f"One of: {', '.join(DESKS)}.")],
) -> None:
    """Print a token for a desk of the demo; it is good for an hour."""
    if role not in DESKS:
        raise typer.BadParameter(f"there is no desk “{role}”; choose one of: {', '.join(DESKS)}")
    running = LocalStack(port=chosen_port()).running()
    with new_http() as http:
        desk = open_desk(http, running.base_url, bootstrap_secret(running), role)
    typer.echo(desk.token)
