"""A layer in plain words, for tables and sentences."""

from catdog.recipes.recipe import Layer

_FLIPS = {
    "horizontal": "flip left-right",
    "vertical": "flip up-down",
    "horizontal_and_vertical": "flip left-right and up-down at once",
}
_FILLS = {
    "reflect": "gaps filled by mirroring",
    "nearest": "gaps filled with the edge colour",
    "wrap": "gaps filled from the other side",
    "constant": "gaps filled with black",
}
_ACTIVATIONS = {"relu": ", ReLU", "linear": "", "softmax": ", softmax"}
_PADDINGS = {"valid": "", "same": ", padded to keep the size"}


def in_words(layer: Layer) -> str:
    """What the layer does: "32 filters of 3×3, ReLU" or "turn up to ±72°, gaps filled by mirroring"."""
    given = layer.arguments
    match layer.kind:
        case "Rescaling":
            return "fixed x / 127.5 − 1"
        case "RandomFlip":
            return _FLIPS[given["mode"]]
        case "RandomRotation":
            return f"turn up to ±{given['factor'] * 360:g}°, {_FILLS[given['fill_mode']]}"
        case "RandomZoom":
            return f"zoom up to ±{given['height_factor'] * 100:g} %, {_FILLS[given['fill_mode']]}"
        case "RandomTranslation":
            return f"shift up to ±{given['height_factor'] * 100:g} %, {_FILLS[given['fill_mode']]}"
        case "RandomBrightness":
            return f"brightness up to ±{given['factor'] * 100:g} %"
        case "RandomContrast":
            return f"contrast up to ±{given['factor'][0] * 100:g} %"
        case "Conv2D":
            size = given["kernel_size"]
            activation, padding = _ACTIVATIONS[given["activation"]], _PADDINGS[given["padding"]]
            return f"{given['filters']} filters of {size}×{size}{activation}{padding}"
        case "MaxPooling2D":
            return "keep the largest of each {0}×{0}".format(given["pool_size"])
        case "Dropout":
            return f"drop {given['rate'] * 100:g} %"
        case "Flatten":
            return "all values in one row"
        case "Dense":
            return f"{given['units']} unit{'s' * (given['units'] != 1)}{_ACTIVATIONS[given['activation']]}"
        case "MobileNetV2":
            return "MobileNetV2, trained on ImageNet, frozen"
        case "EmbeddedBase":
            return "catdog's own embedded base, not the post's: it has learned from cats and dogs, frozen"
        case "GlobalMaxPooling2D":
            return "the largest value of each map"
        case "GlobalAveragePooling2D":
            return "the mean of each map"
    raise ValueError(f"There are no words yet for a layer of kind {layer.kind!r}; add them to in_words.")
