"""The YAML language.

Owns one pydantic model for each section of a scenario file. It knows no motion.
"""
