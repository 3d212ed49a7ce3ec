"""XML of OpenSCENARIO.

Owns nodes, expressions, parameters, catalogs and positions, and the YAML text of values.
"""
