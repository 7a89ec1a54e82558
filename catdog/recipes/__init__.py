"""The 22 recipes of the five posts as plain data: layers, settings, shapes, changes, and what was published.

Standard library only, so that any page can show a recipe without waiting for Keras.
"""

from catdog.recipes.augmentation import Augmentation, augmentation_of, keras_code, with_augmentation
from catdog.recipes.blocks import Block, blocks, blocks_changed_in_words, blocks_in_words
from catdog.recipes.catalogue import ARCHITECTURES, RECIPES, Architecture, lesson_recipe, previous, recipe, recipes_of
from catdog.recipes.changes import LayerChanges, changes, layer_changes
from catdog.recipes.published import Published, published
from catdog.recipes.recipe import Layer, Recipe, derive, named_layers, with_base
from catdog.recipes.shapes import LayerRow, layer_table, output_shape, total_parameters, trainable_parameters
from catdog.recipes.words import in_words

__all__ = [
    "ARCHITECTURES",
    "RECIPES",
    "Architecture",
    "Augmentation",
    "Block",
    "Layer",
    "LayerChanges",
    "LayerRow",
    "Published",
    "Recipe",
    "augmentation_of",
    "blocks",
    "blocks_changed_in_words",
    "blocks_in_words",
    "changes",
    "derive",
    "in_words",
    "keras_code",
    "layer_changes",
    "layer_table",
    "lesson_recipe",
    "named_layers",
    "output_shape",
    "previous",
    "published",
    "recipe",
    "recipes_of",
    "total_parameters",
    "trainable_parameters",
    "with_augmentation",
    "with_base",
]
