"""The content from which a scenario's id is derived."""

ADDED = {"added": True}  # a field added after scenario ids were in use: not part of the id while it has its default
