"""Configurations, the training loop, checkpoints, and sweeps of many trainings."""
