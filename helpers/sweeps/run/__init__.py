"""A sweep on its way: the runner, its pace, budget, transports and store."""
