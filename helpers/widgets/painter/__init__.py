"""The mask painter: paint over a picture what a model may change."""
