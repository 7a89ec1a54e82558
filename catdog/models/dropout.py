"""Dropout where several devices share a batch: what falls out is drawn for the whole batch, as one device draws it."""

from typing import Any

import keras


class Dropout(keras.layers.Dropout):
    """Keras' own dropout, of which each of TensorFlow's replicas takes the part that its share of the batch has.

    Keras' would draw the same for every share: photos on two devices would lose the same numbers, and nothing would be
    as on one device. The shares must be equally large. It has the name of Keras' own, which is how a file of weights
    calls what it holds.
    """

    def call(self, inputs: Any, training: bool = False) -> Any:
        import tensorflow as tf

        replica = tf.distribute.get_replica_context()
        if not training or replica is None:  # the latter while Keras only looks which shapes there will be
            return super().call(inputs, training=training)
        photos, *shape = keras.ops.shape(inputs)
        whole = keras.ops.ones((photos * replica.num_replicas_in_sync, *shape), inputs.dtype)
        first = photos * replica.replica_id_in_sync_group
        return inputs * super().call(whole, training=training)[first : first + photos]
