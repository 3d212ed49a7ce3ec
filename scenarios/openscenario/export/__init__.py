"""From a scenario to OpenSCENARIO.

Owns the elements and bodies that are written.
"""
