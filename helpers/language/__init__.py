"""The reader's language: translated messages, warnings, and tracebacks that stop at the reader's own lines."""

from helpers.language.translations import (
    display_width,
    joined,
    language,
    listed,
    ljust,
    mark,
    shortened,
    tr,
    tr_lesson,
    use_english_where_needed,
)

__all__ = [
    "display_width",
    "joined",
    "language",
    "listed",
    "ljust",
    "mark",
    "shortened",
    "tr",
    "tr_lesson",
    "use_english_where_needed",
]
