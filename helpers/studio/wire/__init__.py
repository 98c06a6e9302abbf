"""The studio's server: requests over HTTP, their signatures, and answers and errors in the shape that Bedrock gives them."""
