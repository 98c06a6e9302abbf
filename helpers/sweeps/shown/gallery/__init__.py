"""The gallery of a sweep: one HTML file to look through and compare its pictures, with no server and no network."""
