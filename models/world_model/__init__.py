"""The world model.

Owns its sequence, its network, and the sampling of the codes of future frames.
"""
