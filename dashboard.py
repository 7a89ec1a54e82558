"""Home: "Can a computer tell cats from dogs?" What this is, what is ready, where to go next."""

from catdog.ui.classify_model import models
from catdog.ui.frame import page
from catdog.ui.guards import guard
from catdog.ui.home import five_pages, four_networks, photo_strip, readiness
from catdog.ui.lesson import first_lesson
from catdog.ui.photo_set import choose_photos, photos_now
from catdog.ui.shared import classifier_task
from catdog.ui.training_runs import earlier_runs, others_training

page("Home", "Can a computer tell cats from dogs?")

with guard():
    photo_strip()
    choose_photos("home")
    first_lesson()
    readiness()
    five_pages()
    four_networks()
    others_training()
    earlier_runs(None)
    if not photos_now().running:  # drawing or reading them comes first
        classifier_task(next(iter(models())))  # loads beside the page: the first picture that is dropped does not wait
