"""Classifiers that need no network."""
