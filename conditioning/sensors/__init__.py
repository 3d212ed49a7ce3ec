"""What sensors measure.

Owns LiDAR sweeps, and visibility and truncation of every box.
"""
