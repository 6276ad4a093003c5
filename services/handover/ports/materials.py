"""What the use cases for materials, and whoever names materials, need of their store."""

from services.handover.domain.materials import FiledMaterial
from shared.contracts.uploads import Uploads

Materials = Uploads[FiledMaterial]
"""Materials, declared and stored."""
