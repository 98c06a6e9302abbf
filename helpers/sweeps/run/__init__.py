"""Running a sweep: paced, counted, bounded by a budget, and every picture kept for good."""
