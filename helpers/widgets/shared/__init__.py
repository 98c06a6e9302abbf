"""What several widgets share: parts of a page, and work that the newest wish replaces."""
