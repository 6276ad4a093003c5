"""Credit's rules, pure: subjects, records, the rule table, the assessment, lookups (R-CRD-1 to R-CRD-4)."""

SOURCE = "/shenguan/credit"
