"""Owns OpenDRIVE: a file of it as a frozen map of lanes and links, a map's stretch as a road of ours, a road as a file.

Does not know what drives there.
"""
