"""The reader's language: translated messages, remarks as warnings, and tracebacks that stop at the reader's own line."""

from helpers.language.translations import heed, joined, language, lesson, listed, mark, padded, tr, width

__all__ = ["heed", "joined", "language", "lesson", "listed", "mark", "padded", "tr", "width"]
