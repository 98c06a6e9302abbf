"""The doctor: what is wrong with a set-up, and the one fix. `python -m helpers.doctor` runs it."""
