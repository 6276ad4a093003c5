"""The registry's rules: departments, linkage items and their versions, documents, notices, imports, transfers. Pure."""

SOURCE = "/shenguan/registry"
