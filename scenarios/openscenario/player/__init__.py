"""A player of OpenSCENARIO storyboards by the standard's rules, without collisions.

Owns the motion of every entity under its actions, the states of storyboard elements, and conditions with their edges.
It knows nothing of the scenario language: the import compares its own result with what is played here.
"""
