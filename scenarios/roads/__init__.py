"""Road geometry.

Owns the reference line, lanes, junctions, ramps, bus stops, friction and road polygons.
"""
