"""Prefect around the pipeline: retries, fan-out, artifacts. No domain logic."""
