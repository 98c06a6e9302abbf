"""The painter: from the words of a prompt to a scene, and from a scene to pixels.

A prompt goes through these modules in this order:

1. tokens       its words and phrases, each with its entry in the vocabulary or its part in the grammar
2. prompt       a Reading: which entries it names, how many, in which colour and where; and the words that are unknown
3. conditions   the light, the air and the grade of colours that the reading asks for
4. layout       a Scene: one layout of the reading, with the horizon, the sun and the place of every object
5. painter      the scene as SVG, layer by layer from far to near, with brushes/ (land, water, sky) and art (objects)
6. raster       the SVG as pixels
7. light        the grade on the pixels (and, while painting, the light on every colour)
8. styles/      the prompt's media and the style preset on the pixels, with filters

All that it knows is data: vocabulary/ (TOML; read by vocabulary.py, checked by rules.py) and art/ (SVG; read by art.py).
Adding a sheep needs no Python: see vocabulary/README.md.
"""
