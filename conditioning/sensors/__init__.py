"""Sensor data.

Owns LiDAR sweeps, and the visibility and truncation of every box.
"""
