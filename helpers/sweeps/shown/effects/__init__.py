"""What each axis of a sweep does to its pictures, measured against a floor that chance alone would reach."""
