"""The mask painter: paint on an image, in a notebook cell, where a model may change it."""
