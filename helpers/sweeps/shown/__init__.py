"""A sweep shown: in grids, in a gallery, in tables, and by how much each axis changes the pictures."""
