"""The renderer and the dataset format where no other is chosen; files that name none mean these.

They stand apart from the renderer and the format, so that the command line knows them without importing either.
"""

FIRST_RENDERER = "gaia"
FIRST_FORMAT = "nuscenes"
