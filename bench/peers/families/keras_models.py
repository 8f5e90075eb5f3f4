# SPDX-License-Identifier: Apache-2.0
"""Networks of keras.applications and of Keras layers, with random weights."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

layers = keras.layers


def _application(make, size=96):
    # Scores, not their softmax: with random weights that would be the same for every class.
    return lambda: make(weights=None, input_shape=(size, size, 3), classes=10, classifier_activation=None)


def _sequence(*stack, shape):
    return lambda: keras.Sequential([keras.Input(shape), *[make() for make in stack]])


def _separable():
    x = keras.Input((48, 48, 3))
    y = layers.SeparableConv2D(16, 3, strides=2, padding="same", activation="relu6")(x)
    y = layers.concatenate([y, layers.SpatialDropout2D(0.2)(layers.LeakyReLU()(y))])
    y = layers.UpSampling2D(2, interpolation="bilinear")(y)
    return keras.Model(x, layers.Conv2DTranspose(4, 3, strides=2, padding="same", activation="softmax")(y))


MODELS = {
    "keras_mobilenet": _application(keras.applications.MobileNet),
    "keras_mobilenet_v2": _application(keras.applications.MobileNetV2),
    "keras_mobilenet_v3": _application(keras.applications.MobileNetV3Small),
    "keras_efficientnet_b0": _application(keras.applications.EfficientNetB0),
    "keras_densenet121": _application(keras.applications.DenseNet121),
    "keras_nasnet_mobile": _application(keras.applications.NASNetMobile),
    "keras_xception": _application(keras.applications.Xception),
    "keras_inception_resnet_v2": _application(keras.applications.InceptionResNetV2, 139),
    "keras_resnet50_v2": _application(keras.applications.ResNet50V2),
    "keras_lstm": _sequence(lambda: layers.Bidirectional(layers.LSTM(12, return_sequences=True)), lambda: layers.LSTM(8), lambda: layers.Dense(3, activation="softmax"), shape=(10, 6)),
    "keras_gru": _sequence(lambda: layers.Conv1D(8, 5, padding="causal", activation="relu"), lambda: layers.GRU(8), lambda: layers.Dense(2), shape=(20, 4)),
    "keras_segmenter": _separable,
}


def export(name, path):
    """Writes the network with tf2onnx; its input has batch 1."""
    import tf2onnx
    keras.utils.set_random_seed(7)
    model = MODELS[name]()
    signature = [tf.TensorSpec([1, *i.shape[1:]], i.dtype, name=f"input_{k}") for k, i in enumerate(model.inputs)]
    function = tf.function(lambda *x: model(x[0] if len(x) == 1 else x, training=False), input_signature=signature)
    tf2onnx.convert.from_function(function, input_signature=signature, opset=17, output_path=str(path))
    return [np.random.default_rng(1).uniform(-1, 1, s.shape).astype(np.float32) for s in signature]
