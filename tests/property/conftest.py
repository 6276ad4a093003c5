"""Property tests judge results, not speed: on a busy machine a slow example is no failure."""

from hypothesis import settings

settings.register_profile("shenguan", deadline=None)
settings.load_profile("shenguan")
