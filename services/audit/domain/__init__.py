"""Audit's rules, pure: what may become a leaf, what a batch makes of the log, what its damage looks like (R-AUD)."""

SOURCE = "/shenguan/audit"
