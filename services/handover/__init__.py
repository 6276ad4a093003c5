"""Handover: cases, pushes, claims and responsibility to the second."""
