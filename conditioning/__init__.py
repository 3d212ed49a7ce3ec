"""What a network or a checker can see of a rollout.

Owns: cameras, the one rasteriser, the layers that steer the models, visibility and truncation of every box, LiDAR,
ego actions, captions and their words, scenery, the procedural camera, previews, and real logs in nuScenes format
as rollouts with pictures.
Does not own: what happens in the world (scenarios), tensors and weights (models), what lies on disk (outputs).
"""
