"""What start.py, test.py and lock.py do; standard library only, since it runs before anything is installed."""
