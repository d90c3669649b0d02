"""Faults: the embedded engine fails on purpose, so that pipelines can be tested against it."""
