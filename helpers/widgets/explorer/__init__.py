"""The explorer: a control for each field of a body, the picture that follows, kept pictures, and sweeps around one."""
