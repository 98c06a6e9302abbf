"""What several widgets share: parts and looks of a page, labels, and work in a thread of which only the newest waits."""
