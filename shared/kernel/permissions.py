"""Who may do what: one table of actions and the roles that hold them (GB/T 22239 level 3, R-AUD-7).

Roles say what a client may ask for; each service then checks whose record it is (the department).
"""

from dataclasses import dataclass
from enum import StrEnum

from shared.kernel.errors import Refused


class Role(StrEnum):
    """What a client was registered for; one client may hold several."""

    SYSTEM_ADMIN = "system_admin"  # 系统管理员
    AUDIT_ADMIN = "audit_admin"  # 审计管理员
    REGISTRAR = "registrar"  # 清单管理员, the bureau's coordinator
    APPROVER = "approver"  # 审批人员
    LIAISON = "liaison"  # 联络员
    INSPECTOR = "inspector"  # 监管人员
    CREDIT_AUTHORITY = "credit_authority"  # 信用主管
    OVERSIGHT = "oversight"  # 督查


class Action(StrEnum):
    """Everything a client can ask for; each endpoint names exactly one."""

    CLIENT_REGISTER = "client:register"
    CLIENT_READ = "client:read"
    DEPARTMENT_WRITE = "department:write"
    DEPARTMENT_READ = "department:read"
    ITEM_WRITE = "item:write"
    ITEM_READ = "item:read"
    ITEM_CONSULT = "item:consult"
    ITEM_IMPORT = "item:import"
    DOCUMENT_WRITE = "document:write"
    DOCUMENT_READ = "document:read"
    NOTICE_SEND = "notice:send"
    NOTICE_ANSWER = "notice:answer"
    NOTICE_READ = "notice:read"
    TRANSFER_WRITE = "transfer:write"
    CASE_PUSH = "case:push"
    CASE_READ = "case:read"
    CASE_TIME = "case:time"
    REVIEW_REQUEST = "review:request"
    REVIEW_ANSWER = "review:answer"
    REVIEW_READ = "review:read"
    PUBLIC_NOTICE_WRITE = "public_notice:write"
    PUBLIC_NOTICE_OBJECT = "public_notice:object"
    PUBLIC_NOTICE_READ = "public_notice:read"
    MATERIAL_WRITE = "material:write"
    MATERIAL_READ = "material:read"
    INBOX_READ = "inbox:read"
    PUSH_VIEW = "push:view"
    PUSH_CLAIM = "push:claim"
    PUSH_CLAIM_OFFLINE = "push:claim_offline"
    PUSH_RETURN = "push:return"
    PUSH_RELAY = "push:relay"
    PUSH_DECIDE = "push:decide"
    PUSH_WITHDRAW = "push:withdraw"
    UNROUTABLE_READ = "unroutable:read"
    UNROUTABLE_ROUTE = "unroutable:route"
    LEDGER_READ = "ledger:read"
    LEDGER_EXPORT = "ledger:export"
    RECONCILE = "reconciliation:write"
    RECONCILIATION_READ = "reconciliation:read"
    FEEDBACK_OPEN = "feedback:open"
    FEEDBACK_READ = "feedback:read"
    FEEDBACK_ACKNOWLEDGE = "feedback:acknowledge"
    CREDIT_LOOK_UP = "credit:look_up"
    CREDIT_READ = "credit:read"
    EVIDENCE_READ = "evidence:read"
    LOG_SEARCH = "log:search"
    LOG_EXPORT = "log:export"
    LOG_VERIFY = "log:verify"
    WITNESS_WRITE = "witness:write"
    HOLD_WRITE = "hold:write"
    FINDING_READ = "finding:read"
    DELIVERY_READ = "delivery:read"


_EVERYONE = frozenset(Role)
_CASEWORK = frozenset({Role.APPROVER, Role.REGISTRAR, Role.LIAISON, Role.INSPECTOR, Role.OVERSIGHT})
# Who sent a push is its bureau or a department that relayed it; the rule looks which.
_EITHER_SIDE = frozenset({Role.APPROVER, Role.REGISTRAR, Role.LIAISON})

PERMISSIONS: dict[Action, frozenset[Role]] = {
    Action.CLIENT_REGISTER: frozenset({Role.SYSTEM_ADMIN}),
    Action.CLIENT_READ: frozenset({Role.SYSTEM_ADMIN, Role.AUDIT_ADMIN}),
    Action.DEPARTMENT_WRITE: frozenset({Role.REGISTRAR}),
    Action.DEPARTMENT_READ: _EVERYONE,
    Action.ITEM_WRITE: frozenset({Role.REGISTRAR}),
    Action.ITEM_READ: _EVERYONE,
    Action.ITEM_CONSULT: frozenset({Role.LIAISON, Role.REGISTRAR}),
    Action.ITEM_IMPORT: frozenset({Role.REGISTRAR}),
    Action.DOCUMENT_WRITE: frozenset({Role.REGISTRAR}),
    Action.DOCUMENT_READ: _EVERYONE,
    Action.NOTICE_SEND: frozenset({Role.LIAISON, Role.REGISTRAR}),
    Action.NOTICE_ANSWER: frozenset({Role.APPROVER, Role.REGISTRAR}),
    Action.NOTICE_READ: _CASEWORK,
    Action.TRANSFER_WRITE: frozenset({Role.REGISTRAR}),
    Action.CASE_PUSH: frozenset({Role.APPROVER}),
    Action.CASE_READ: _CASEWORK,
    Action.CASE_TIME: frozenset({Role.APPROVER}),
    Action.REVIEW_REQUEST: frozenset({Role.APPROVER}),
    Action.REVIEW_ANSWER: frozenset({Role.LIAISON, Role.INSPECTOR}),
    Action.REVIEW_READ: _CASEWORK,
    Action.PUBLIC_NOTICE_WRITE: frozenset({Role.APPROVER}),
    Action.PUBLIC_NOTICE_OBJECT: frozenset({Role.LIAISON, Role.INSPECTOR}),
    Action.PUBLIC_NOTICE_READ: frozenset({Role.APPROVER, Role.REGISTRAR, Role.OVERSIGHT}),
    Action.MATERIAL_WRITE: frozenset({Role.APPROVER, Role.LIAISON, Role.INSPECTOR}),
    Action.MATERIAL_READ: frozenset({Role.APPROVER, Role.LIAISON, Role.INSPECTOR}),
    Action.INBOX_READ: frozenset({Role.LIAISON, Role.INSPECTOR}),
    Action.PUSH_VIEW: frozenset({Role.LIAISON, Role.INSPECTOR}),
    Action.PUSH_CLAIM: frozenset({Role.LIAISON}),
    Action.PUSH_CLAIM_OFFLINE: _EITHER_SIDE,
    Action.PUSH_RETURN: frozenset({Role.LIAISON}),
    Action.PUSH_RELAY: frozenset({Role.LIAISON}),
    Action.PUSH_DECIDE: _EITHER_SIDE,
    Action.PUSH_WITHDRAW: _EITHER_SIDE,
    Action.UNROUTABLE_READ: frozenset({Role.REGISTRAR, Role.OVERSIGHT}),
    Action.UNROUTABLE_ROUTE: frozenset({Role.REGISTRAR}),
    Action.LEDGER_READ: _CASEWORK,
    Action.LEDGER_EXPORT: _CASEWORK,
    Action.RECONCILE: frozenset({Role.REGISTRAR, Role.APPROVER}),
    Action.RECONCILIATION_READ: frozenset({Role.REGISTRAR, Role.APPROVER, Role.OVERSIGHT}),
    Action.FEEDBACK_OPEN: frozenset({Role.LIAISON, Role.INSPECTOR}),
    Action.FEEDBACK_READ: _CASEWORK,
    Action.FEEDBACK_ACKNOWLEDGE: frozenset({Role.APPROVER}),
    Action.CREDIT_LOOK_UP: frozenset({Role.APPROVER}),
    Action.CREDIT_READ: frozenset({Role.CREDIT_AUTHORITY, Role.APPROVER}),
    Action.EVIDENCE_READ: _CASEWORK | {Role.AUDIT_ADMIN},
    Action.LOG_SEARCH: frozenset({Role.AUDIT_ADMIN, Role.OVERSIGHT}),
    Action.LOG_EXPORT: frozenset({Role.AUDIT_ADMIN}),
    Action.LOG_VERIFY: frozenset({Role.AUDIT_ADMIN, Role.OVERSIGHT}),
    Action.WITNESS_WRITE: frozenset({Role.AUDIT_ADMIN}),
    Action.HOLD_WRITE: frozenset({Role.AUDIT_ADMIN}),
    Action.FINDING_READ: frozenset({Role.OVERSIGHT, Role.LIAISON, Role.REGISTRAR}),
    Action.DELIVERY_READ: frozenset({Role.OVERSIGHT, Role.SYSTEM_ADMIN, Role.LIAISON}),
}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking: the client, the department it acts for (None for the city's own operators), its roles."""

    client_id: str
    department: str | None
    roles: frozenset[Role]
    token_id: str = ""

    def may(self, action: Action) -> bool:
        """Whether one of the principal's roles holds the action."""
        return not self.roles.isdisjoint(PERMISSIONS[action])


ANONYMOUS = Principal("anonymous", None, frozenset())
"""Whoever reads the public pages."""


def department_of(principal: Principal) -> str:
    """The department a principal acts for. Raises Refused("not_your_department") for one that acts for none."""
    if principal.department is None:
        raise Refused("not_your_department")
    return principal.department
