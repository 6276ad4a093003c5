"""HTTP for every service: one endpoint table drives routing, validation, permission, problems and OpenAPI."""
