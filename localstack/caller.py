"""Who a command speaks as: a token at any deployment, or a desk of the demo on the running local stack."""

from collections.abc import Iterator
from contextlib import contextmanager

from localstack.demo.city import open_desk
from localstack.demo.command import bootstrap_secret
from localstack.demo.desk import Desk, new_http
from localstack.runner import LocalStack, chosen_port


@contextmanager
def desk_at(url: str | None, token: str | None, name: str) -> Iterator[Desk]:
    """At `url` with `token`, or on the running local stack, where the demo has a desk of that name.

    Raises StackDownError where neither is there.
    """
    with new_http() as http:
        stack = None if url is not None else LocalStack(port=chosen_port()).running()
        base_url = (stack.base_url if stack is not None else url or "").rstrip("/")
        if token is not None:
            yield Desk(base_url, http, token, "")
        elif stack is not None:
            yield open_desk(http, base_url, bootstrap_secret(stack), name)
