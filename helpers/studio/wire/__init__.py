"""The studio's HTTP: the server, its routes, the check of signatures, and answers and errors in Bedrock's shape."""
