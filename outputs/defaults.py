"""The default renderer and dataset format, also for files that name none.

They are defined here, so that the command line can use them without importing either.
"""

FIRST_RENDERER = "gaia"
FIRST_FORMAT = "nuscenes"
