"""What a scenario's id is derived from."""

ADDED = {"added": True}  # a field younger than the files that exist: left out of a scenario's id while it says nothing
