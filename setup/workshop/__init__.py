"""What start.py, test.py and lock.py share: standard library only, since it runs before anything is installed."""
