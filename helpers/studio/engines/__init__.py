"""The engines that can draw for the studio, a folder each; helpers.studio.protocol says what is asked of one."""
