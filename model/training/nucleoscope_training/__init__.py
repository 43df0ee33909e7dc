"""Training of the network that is shipped with Nucleoscope."""

__version__ = "0.1.0"
