"""The world model.

Owns its sequence, its network and the samplers that predict the codes of frames to come.
"""
