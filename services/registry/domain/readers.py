"""Who may see an item that is not public (R-REG-2, sharing scope)."""

from services.registry.domain.items import ItemFile
from shared.contracts.items import Item
from shared.contracts.vocabulary import SharingScope
from shared.kernel.errors import Refused
from shared.kernel.permissions import Principal, Role

READS_ALL = frozenset({Role.OVERSIGHT, Role.AUDIT_ADMIN})
"""Who sees every item, whatever its scope."""


def may_see(principal: Principal, item: Item) -> bool:
    """Whether somebody with a token may see a version: only those it names, where it is shared with the parties."""
    if item.sharing.scope is not SharingScope.PARTIES:
        return True
    named = {item.approval_department, *(each.department for each in item.supervisors)}
    return principal.department in {None, *named} or not principal.roles.isdisjoint(READS_ALL)


def check_reader(principal: Principal, file: ItemFile) -> None:
    """Raises Refused("not_your_department") unless everything in an item's file may be seen."""
    drafted = [file.draft] if file.draft else []
    if not all(may_see(principal, each) for each in (*drafted, *(each.item for each in file.current))):
        raise Refused("not_your_department")
