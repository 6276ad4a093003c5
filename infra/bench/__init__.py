"""Figures with units: import times, requests and capacity units of the main job, sizes (`make bench`)."""
