"""The claims, and what decides them."""
