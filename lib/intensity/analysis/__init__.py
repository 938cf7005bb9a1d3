"""Analyses of a network's responses to object intensity."""
