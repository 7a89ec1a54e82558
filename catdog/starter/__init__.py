"""The starter: a small network of the project's own that knows cats from dogs before anything was trained here."""
