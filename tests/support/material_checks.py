"""What handover's store of materials promises, as checks that any DynamoDB engine must pass.

They are part of tests.support.store_checks, which says what is run where.
"""

import pytest

from services.handover.domain import SOURCE
from services.handover.domain.materials import FiledMaterial
from services.handover.logic import materials as logic
from services.handover.ports.materials import Materials
from services.handover.schemas.materials import DeclaredMaterial, MaterialRequest
from shared.aws.journal import Journal
from shared.aws.table import Row
from shared.aws.uploads import UploadStore
from shared.contracts.cases import Material
from shared.contracts.chain import verify
from shared.contracts.change import Context, Once
from shared.contracts.uploads import UploadState
from shared.kernel.errors import Refused
from shared.kernel.ids import new_id
from shared.kernel.permissions import Principal, Role
from tests.support.acts import NOW, once
from tests.support.file_builders import SCAN, material_body, sha256_of
from tests.support.file_fakes import FilesInMemory
from tests.support.handover_builders import BUREAU, MARKET
from tests.support.table_checks import Check, at_once

MOST_NAMED = 100
"""As many as a stage may name; DynamoDB answers for a hundred keys at once."""


def materials(table: type[Row]) -> None:
    """R-HND-1: a material is stored once its upload agrees, and by then alone its own bureau may name it."""
    journal, files = Journal(table, SOURCE), FilesInMemory()
    store = UploadStore(journal, FiledMaterial)
    material = _declared(store, files)
    assert _faults(store, BUREAU, material.material_id) == ["material_not_stored"]
    with pytest.raises(Refused, match="Nothing has been uploaded"):
        logic.complete_material(store, files, _by(BUREAU), material.material_id)
    files.put(material.content_key, SCAN, material.media_type)
    done = logic.complete_material(store, files, _by(BUREAU), material.material_id)
    assert logic.complete_material(store, files, _by(BUREAU), material.material_id) == done
    assert _faults(store, BUREAU, material.material_id) == []
    assert _faults(store, MARKET, material.material_id) == ["material_unknown"]
    found = store.upload(material.material_id)
    assert found
    assert verify(journal.events(material.material_id), found.head) == []

    nobodys = [new_id("mat") for _ in range(MOST_NAMED - 1)]
    assert _faults(store, BUREAU, material.material_id, *nobodys) == ["material_unknown"] * len(nobodys)


def one_completion_of_many_is_told(table: type[Row]) -> None:
    """R-HND-1: however many complete an upload at once, it was stored once."""
    journal, files = Journal(table, SOURCE), FilesInMemory()
    store = UploadStore(journal, FiledMaterial)
    material = _declared(store, files)
    files.put(material.content_key, SCAN, material.media_type)
    results = at_once(8, lambda _: logic.complete_material(store, files, _by(BUREAU, once()), material.material_id))
    assert set(results) <= {"won", "Outdated"}
    found = store.upload(material.material_id)
    assert found
    assert found.state.state is UploadState.STORED
    told = [event.type for event in journal.events(material.material_id)]
    assert told == ["material.declared.v1", "material.stored.v1"]


CHECKS: tuple[Check, ...] = (materials,)
RACES: tuple[Check, ...] = (one_completion_of_many_is_told,)


def _declared(store: Materials, files: FilesInMemory) -> DeclaredMaterial:
    return logic.declare_material(store, files, _by(BUREAU), MaterialRequest.model_validate(material_body()))


def _faults(store: Materials, department: str, *material_ids: str) -> list[str]:
    given = [Material(name="一", sha256=sha256_of(SCAN), material_id=each) for each in material_ids]
    return [each.code for each in logic.check_materials(store, {department}, given, "/materials")]


def _by(department: str, once: Once | None = None) -> Context:
    return Context(Principal("cli_checks_0001", department, frozenset({Role.APPROVER})), NOW, "correlation-1", once)
