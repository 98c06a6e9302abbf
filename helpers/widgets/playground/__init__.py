"""The playground: the Bedrock console's image playground in a notebook cell, on the studio or on AWS."""
