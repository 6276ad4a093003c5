"""Handover's rules, pure: cases, routing, what may happen to a push, what is owed, who is answerable (R-HND)."""

SOURCE = "/shenguan/handover"
