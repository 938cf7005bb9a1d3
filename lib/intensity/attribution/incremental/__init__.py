"""Occlusion that computes only what a change reaches."""
