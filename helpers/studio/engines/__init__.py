"""The engines that can draw for the studio, a folder each; protocol.py says what is asked of one."""
