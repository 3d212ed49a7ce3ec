"""Export of a scenario to OpenSCENARIO.

Owns the written elements and bodies.
"""
