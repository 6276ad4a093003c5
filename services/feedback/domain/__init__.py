"""Feedback's rules, pure: what a report must say, and what may happen to a thread (R-FBK-1, R-FBK-2, R-FBK-10)."""

SOURCE = "/shenguan/feedback"
