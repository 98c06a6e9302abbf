"""Two languages from one source: texts out of code and lessons, catalogues of translations, notebooks in Chinese."""
