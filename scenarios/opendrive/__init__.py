"""Owns OpenDRIVE: reads a file as a map of lanes and links, converts a part of a map to a road, and writes a road.

Contains no vehicles.
"""
