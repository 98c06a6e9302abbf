"""The doctor: what is wrong with the set-up, and the one fix. `python -m helpers.doctor` runs it."""
