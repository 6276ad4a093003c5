"""The Chalice application that every service is: it registers blueprints and rewrites Chalice's own errors."""

from collections.abc import Callable

from chalice.app import Blueprint, Chalice, Request, Response

from shared.http.endpoints import Endpoint, Endpoints
from shared.http.problems import PROBLEM_JSON, problem
from shared.kernel.errors import Refused

# Chalice answers these by itself, as {"Code", "Message"}, before or around our views.
_OWN_ERRORS = {405: "method_not_allowed", 400: "not_acceptable"}


class ServiceApp(Chalice):
    """One service. `app.py` makes it from the service's blueprints and does nothing else."""

    def __init__(self, service: str, *blueprints: Blueprint) -> None:
        super().__init__(app_name=f"shenguan-{service}", configure_logs=False)
        self.service = service
        self.endpoints: list[Endpoint] = []
        # Chalice refuses binary types to a client that names no Accept; ours encode themselves (bytes_response.py).
        self.api.binary_types = []
        self.register_middleware(_rewrite_errors, "http")
        for blueprint in blueprints:
            self.register_blueprint(blueprint)
            if isinstance(blueprint, Endpoints):
                self.endpoints.extend(blueprint.declared)


def _rewrite_errors(request: Request, get_response: Callable[[Request], Response]) -> Response:
    response = get_response(request)
    own = isinstance(response.body, dict) and set(response.body) == {"Code", "Message"}
    if not own:
        return response
    request_id = str(getattr(request, "context", {}).get("requestId", "unknown"))
    code = _OWN_ERRORS.get(response.status_code)
    refused = Refused(code) if code else Refused("internal", request_id=request_id)
    rewritten = problem(refused, request_id=request_id)
    rewritten.headers |= {k: v for k, v in response.headers.items() if k != "Content-Type"}
    rewritten.headers["Content-Type"] = PROBLEM_JSON
    return rewritten
