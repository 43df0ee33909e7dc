"""Training of the nucleus network that Nucleoscope ships."""

__version__ = "0.1.0"
