"""From a recipe to a Keras model: layers, outputs, pretrained weights, device."""
