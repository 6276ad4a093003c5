"""Credit: subjects, records, rules and lookups at the counter."""
