"""Home: "Can a computer tell cats from dogs?" What this is, what is ready, where to go next."""

from catdog.ui.frame import page
from catdog.ui.guards import guard
from catdog.ui.home import lesson, next_steps, photo_strip, readiness
from catdog.ui.training_runs import earlier_runs, others_training

page("Home", "Can a computer tell cats from dogs?")

with guard():
    photo_strip()
    lesson()
    next_steps()
    readiness()
    others_training()
    earlier_runs(None)
