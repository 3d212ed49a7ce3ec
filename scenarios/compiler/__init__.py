"""From a checked file to a concrete `Scenario`.

Owns placement, consistency checks, the story, roads from OpenDRIVE, the JSON schema.
"""
