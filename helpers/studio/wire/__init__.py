"""The studio's HTTP: the server, its routes, and the check of signatures."""
