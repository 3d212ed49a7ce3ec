"""Compilation of a validated file to a concrete `Scenario`.

Owns placement, consistency checks, compilation of the story, roads from OpenDRIVE, and the JSON schema.
"""
