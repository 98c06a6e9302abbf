"""The one way a call is made, and what comes back of it before anybody has looked into it."""
