"""What happens inside a network: the patterns that its first layer looks for, and what each layer makes of a photo."""

import keras
import numpy as np

from catdog.embedded.network import STAGE_NAMES
from catdog.insight.explain import only_in_training

# Of MobileNetV2's 150 layers the last one of each size: 80, 40, 20, 10 and 5 places wide. Of the embedded base it is
# the last one of each stage, 80 to 10 places wide.
BASE_LAYERS = ("Conv1_relu", "block_2_add", "block_5_add", "block_12_add", "out_relu")
SEEING = (keras.layers.Conv2D, keras.layers.MaxPooling2D)


def first_filters(model: keras.Model) -> np.ndarray:
    """The filters of the first convolution as pictures: uint8 (filters, height, width, 3).

    Grey is a weight of 0, brighter is above, darker below; each filter is stretched to its own strongest weight.
    """
    filters = np.moveaxis(_numbers(_first_convolution(model).get_weights()[0]), -1, 0)
    strongest = np.abs(filters).max(axis=(1, 2, 3), keepdims=True)
    return (127.5 + 127.5 * filters / np.where(strongest > 0, strongest, 1)).round().astype(np.uint8)


def activation_maps(model: keras.Model, photo: np.ndarray) -> dict[str, np.ndarray]:
    """What each convolution and pooling makes of a photo, (160, 160, 3), 0-255: float32 (height, width, maps) by name.

    Of a frozen base some layers are shown, one of each size.
    """
    x, maps = keras.ops.convert_to_tensor(photo[None], dtype="float32"), {}
    for layer in model.layers[1:]:
        if isinstance(layer, keras.Model):
            shown = [one for one in layer.layers if one.name in (*BASE_LAYERS, *STAGE_NAMES)]
            answers = keras.Model(layer.input, [one.output for one in shown])(x, training=False)
            maps |= {one.name: keras.ops.convert_to_numpy(map_)[0] for one, map_ in zip(shown, answers, strict=True)}
            break  # behind it there are no places any more
        if only_in_training(layer):
            continue
        x = layer(x)
        if isinstance(layer, SEEING):
            maps[layer.name] = keras.ops.convert_to_numpy(x)[0]
        elif len(x.shape) < 4:
            break
    return maps


def strongest_maps(maps: np.ndarray, count: int) -> tuple[np.ndarray, list[int]]:
    """The maps of one layer, (height, width, maps), that answer most: as 0 to 1, (count, height, width), and their
    numbers, the strongest first. 1 is the strongest place of the whole layer.
    """
    positive = np.maximum(_numbers(maps), 0)
    numbers = np.argsort(-positive.mean(axis=(0, 1), dtype=np.float64), kind="stable")[:count].tolist()
    strongest = float(positive.max())
    chosen = np.moveaxis(positive[..., numbers], -1, 0)
    return chosen / strongest if strongest > 0 else chosen, numbers


def _numbers(values: np.ndarray) -> np.ndarray:
    """The same with 0 for what is no number: a run whose loss ran away leaves such weights behind."""
    return np.where(np.isfinite(values), values, 0)


def _first_convolution(model: keras.Model) -> keras.Layer:
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            return _first_convolution(layer)
        if isinstance(layer, keras.layers.Conv2D):
            return layer
    raise ValueError(f"{model.name} has no convolution.")
