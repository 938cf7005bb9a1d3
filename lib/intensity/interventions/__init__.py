"""The same scenes rendered again with one factor changed, and what that does to predictions."""
