"""catdog shows a class how a computer learns to tell cats from dogs."""

__version__ = "0.1.0"
