"""The embedded network's convolutions as a frozen base, for transfer learning where ImageNet's weights cannot be had.

It is no fair stand-in for a base that learned from ImageNet: it has learned the very task, cats and dogs, from the
photos of "Dogs vs. Cats". 1,000 of the 2,000 public training photos were among them; the other 1,000 chose its
settings, and the validation folder had no part.
"""

import keras

from catdog.embedded.network import convolutions
from catdog.embedded.stored import load_weights

ANSWER = 2  # arrays, the last ones stored: kernel and bias of the layer that says "dog"


def embedded_base(name: str, image_size: tuple[int, int], pretrained: bool = True) -> keras.Model:
    """Photos scaled to -1..1, (batch, *image_size, 3), to a map of 256 features for every 16×16 pixels; frozen.

    It looks at photos as large as they come: at 112×112, which the network learned from, heads on its features were
    0.2 to 0.6 points worse. `pretrained=False` leaves it with random numbers, for weights that are loaded afterwards.
    """
    photo = keras.Input((*image_size, 3))
    base = keras.Model(photo, convolutions(photo), name=name)
    if pretrained:
        base.set_weights(load_weights()[:-ANSWER])
    base.trainable = False
    return base
