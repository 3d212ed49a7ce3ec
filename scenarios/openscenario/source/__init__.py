"""OpenSCENARIO as XML.

Owns reading nodes, expressions, parameters, catalogues and positions, and values as YAML text.
"""
