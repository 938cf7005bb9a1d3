"""Finished runs and measurements on disk, named by what produced them."""
