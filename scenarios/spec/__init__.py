"""The YAML language.

Owns one pydantic model for each section of a scenario file, except the events of its story (`scenarios.events`).
Contains no motion.
"""
