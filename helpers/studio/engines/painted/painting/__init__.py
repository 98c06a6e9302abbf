"""The painter of the painted engine: from the words of a prompt to a scene, and from a scene to pixels."""
