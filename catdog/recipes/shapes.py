"""The shapes and parameters of a recipe, reckoned without Keras, so that a page can show them at once."""

from dataclasses import dataclass
from math import ceil, prod

from catdog.recipes.recipe import Layer, Recipe, named_layers
from catdog.recipes.words import in_words

Shape = tuple[int, ...]

MOBILENET_STRIDE = 32  # pixels of the photo for each place of the base's last maps: 160 becomes 5
MOBILENET_MAPS = 1280
MOBILENET_PARAMETERS = 2_257_984  # as Keras counts MobileNetV2 (width 1.0) without its top

EMBEDDED_STRIDE = 16  # pixels of the photo for each place of the embedded base's maps: 160 becomes 10
EMBEDDED_MAPS = 256
EMBEDDED_PARAMETERS = 1_511_720  # as Keras counts catdog's embedded base


@dataclass(frozen=True)
class LayerRow:
    """One line of a model's table. `output_shape` leaves out the batch: (height, width, maps) or (values,)."""

    name: str  # as in named_layers
    kind: str  # Keras class name
    what: str  # in plain words
    output_shape: Shape
    parameters: int
    trainable: bool  # it has parameters, and training changes them


def layer_table(recipe: Recipe) -> tuple[LayerRow, ...]:
    """One row a layer, in order, from a photo of shape (height, width, 3) to the answer."""
    shape: Shape = (*recipe.image_size, 3)
    rows = []
    for name, layer in named_layers(recipe):
        shape, parameters = _pass_through(layer, shape)
        trainable = parameters > 0 and not layer.frozen
        rows.append(LayerRow(name, layer.kind, in_words(layer), shape, parameters, trainable))
    return tuple(rows)


def total_parameters(recipe: Recipe) -> int:
    return sum(row.parameters for row in layer_table(recipe))


def trainable_parameters(recipe: Recipe) -> int:
    return sum(row.parameters for row in layer_table(recipe) if row.trainable)


def output_shape(recipe: Recipe) -> Shape:
    """The shape of one answer, without the batch."""
    return layer_table(recipe)[-1].output_shape


def _pass_through(layer: Layer, shape: Shape) -> tuple[Shape, int]:
    """The shape that leaves the layer when `shape` enters it, and the layer's number of parameters."""
    given = layer.arguments
    match layer.kind:
        case "Conv2D":
            height, width, maps = shape
            size, filters = given["kernel_size"], given["filters"]
            lost = 0 if given["padding"] == "same" else size - 1
            return (height - lost, width - lost, filters), (size * size * maps + 1) * filters
        case "MaxPooling2D":
            height, width, maps = shape
            return (height // given["pool_size"], width // given["pool_size"], maps), 0
        case "MobileNetV2":
            return (*_places(shape, MOBILENET_STRIDE), MOBILENET_MAPS), MOBILENET_PARAMETERS
        case "EmbeddedBase":
            return (*_places(shape, EMBEDDED_STRIDE), EMBEDDED_MAPS), EMBEDDED_PARAMETERS
        case "GlobalMaxPooling2D" | "GlobalAveragePooling2D":
            return shape[-1:], 0
        case "Flatten":
            return (prod(shape),), 0
        case "Dense":
            return (given["units"],), (prod(shape) + 1) * given["units"]
    return shape, 0


def _places(shape: Shape, stride: int) -> Shape:
    """How many places, down and across, a base's last maps have."""
    height, width, _ = shape
    return ceil(height / stride), ceil(width / stride)
