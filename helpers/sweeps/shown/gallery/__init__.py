"""A gallery: one HTML file to look through and compare the pictures of a sweep in, with no server and no network."""
