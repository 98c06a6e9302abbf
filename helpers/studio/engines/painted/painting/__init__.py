"""The painter: from the words of a prompt to a scene, and from a scene to pixels.

A prompt goes through these modules in this order:

1. tokens       its words and phrases, each with its entry in the vocabulary or its part in the grammar
2. reader       one text: the things and places that it names, the links between them, and its content words
3. prompt       a Reading of all texts: what they name, how many, in which colour and where; and the words that are unknown
4. asked        all prompts of a task: the things in groups, the words of the setting, and what is unwanted
5. conditions   the light, the air and the grade of colours that the reading asks for
6. layout       a Scene: one layout of the reading, with the horizon, the sun and the place of every object
7. painter      the scene as SVG, layer by layer from far to near, with brushes/ (land, water, sky) and art (objects)
8. raster       the SVG as pixels
9. light        the grade on the pixels (and, while painting, the light on every colour)
10. styles/      the prompt's media and the style preset on the pixels, with filters

What the diffusion asks for (../interface.py) is made of them in three more:

11. places      a place without the things that the prompt names, and without what negative prompts name
12. things      each thing drawn once, the spots where it may stand, and a place with things in it
13. relighting  any picture in the light, weather and season that the prompt names

All that it knows is data: vocabulary/ (TOML; read by vocabulary.py, checked by rules.py) and art/ (SVG; read by art.py).
Adding a sheep needs no Python: see vocabulary/README.md.
"""
