"""Measured numbers and their intervals."""
