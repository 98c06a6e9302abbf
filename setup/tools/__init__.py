"""Tools for maintainers: locks, stored outputs of lessons, translations, and a sheet of all that the painter can draw."""
