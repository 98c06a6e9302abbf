"""The brushes that scenes are painted with: each paints one layer, as SVG text, from a few numbers in a data file."""
