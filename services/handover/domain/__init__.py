"""Handover's rules, pure: cases, routing, what may happen to a push, who is answerable (R-HND-1 to R-HND-7)."""

SOURCE = "/shenguan/handover"
