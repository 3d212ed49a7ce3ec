"""The content from which a scenario's id is derived."""

USUAL = {"usual": True}  # a field that tells an author's value from a usual one: never part of the id
ADDED = {"added": True}  # a field added after scenario ids were in use: not part of the id while it has its default
