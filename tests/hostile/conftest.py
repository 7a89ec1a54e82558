"""The app without a browser and without Keras, as in tests/pages."""

from tests.pages.conftest import app, workers

__all__ = ["app", "workers"]
