"""Home: "Can a computer tell cats from dogs?" What this is, the way on, what is ready, and what to read."""

from catdog.ui.classify_model import models
from catdog.ui.frame import page
from catdog.ui.guards import guard
from catdog.ui.home import five_pages, four_networks, photo_strip, readiness
from catdog.ui.home_reading import to_read
from catdog.ui.lesson import first_lesson
from catdog.ui.photo_set import photos_now
from catdog.ui.shared import classifier_task
from catdog.ui.training_runs import earlier_runs, others_training
from catdog.ui.view import aside

page("Home", "Can a computer tell cats from dogs?")

with guard():
    photo_strip()
    first_lesson()
    others_training()
    five_pages()
    four_networks()
    with aside("home.ready"):
        readiness()
    to_read()
    with aside("home.runs"):
        earlier_runs(None)
    if not photos_now().running:  # drawing or reading them comes first
        classifier_task(next(iter(models())))  # loads beside the page: the first picture that is dropped does not wait
