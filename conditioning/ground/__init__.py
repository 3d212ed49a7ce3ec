"""The road surface and its markings as drawn geometry; owns nothing that stands on the ground."""
