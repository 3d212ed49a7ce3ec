"""The nuScenes export.

Owns tables, boxes, class names, splits and dataset card, and the validation of a dataset.
"""
