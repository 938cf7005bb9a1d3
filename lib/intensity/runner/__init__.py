"""The engine of ./run_all.sh."""
