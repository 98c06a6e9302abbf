"""The playground: Bedrock's own image playground in a notebook cell, on the studio or on AWS."""
