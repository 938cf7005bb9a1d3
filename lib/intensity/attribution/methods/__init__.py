"""One attribution method a module, all with one signature."""
