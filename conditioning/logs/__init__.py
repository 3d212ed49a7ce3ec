"""Recorded drives.

Owns the conversion of logs in nuScenes format to rollouts with camera frames.
"""
