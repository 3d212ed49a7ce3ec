"""Roads as geometry.

Owns reference line, lanes, junctions, ramps, bus stops, friction and road polygons.
"""
