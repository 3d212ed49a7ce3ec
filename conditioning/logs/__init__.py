"""Real drives.

Owns reading logs in nuScenes format as rollouts with frames.
"""
