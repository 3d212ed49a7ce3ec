"""The YAML language.

Owns one pydantic model for each section of a scenario file, but for the events of its story (`scenarios.events`). It
knows no motion.
"""
