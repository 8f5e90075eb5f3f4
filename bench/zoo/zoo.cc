// SPDX-License-Identifier: Apache-2.0
// The one table of networks.
#include "zoo/zoo.h"

#include <string>

#include <dnntune/error.h>

#include "zoo/networks.h"

namespace dnntune::zoo {
namespace {

constexpr Quantity P = Quantity::parameters;
constexpr Quantity M = Quantity::macs;

// "DNNTune" is Xia et al., "DNNTune: Automatic Benchmarking DNN Models for Mobile-Cloud Computing", ACM TACO
// 16(4), 2019. Its FLOPs column counts a multiply-accumulate once for most networks and twice for some.
constexpr std::string_view kDnnTune = "DNNTune, table 1";
constexpr std::string_view kDnnTuneTwice = "DNNTune, table 1 (FLOPs there are 2 x multiply-accumulates)";
constexpr std::string_view kTorchvision = "torchvision documentation, num_params";
constexpr std::string_view kNcnn = "ncnn benchmark/*.param, counted";
constexpr std::string_view kDjinn = "DjiNN *.prototxt, counted";

constexpr Published kPtbSmall[] = {{P, 2.65e6, 0.005, kDnnTune}};
constexpr Published kPtbMedium[] = {{P, 13.275e6, 0.001, "ptb_word_lm.py, medium: 19.775 M less the 6.5 M of the embedding"}};
constexpr Published kDeepSpeech[] = {{P, 29e6, 0.005, kDnnTune}, {M, 464e6, 0.005, kDnnTune}};
constexpr Published kDeepSpeech2048[] = {{P, 47.2e6, 0.005, "Mozilla DeepSpeech with n_hidden = 2048, counted"}};
constexpr Published kMnistMlp[] = {{P, 13.9e6, 0.025, kDnnTune}, {M, 13.9e6, 0.025, kDnnTune}};
constexpr Published kTransformer[] = {{P, 49e6, 0.01, kDnnTune}};
constexpr Published kInceptionV1[] = {{P, 6.79e6, 0.035, kDnnTune},
                                      {P, 7.00e6, 0.001, kNcnn},
                                      {M, 1.595e9, 0.01, kDnnTuneTwice},
                                      {M, 1.583e9, 0.001, kNcnn}};
constexpr Published kInceptionV3[] = {{P, 22.75e6, 0.05, kDnnTune},
                                      {P, 23834568, 0.0, "torchvision without the auxiliary classifier"},
                                      {M, 6e9, 0.05, kDnnTune},
                                      {M, 5.71e9, 0.005, "torchvision documentation, GFLOPS"}};
constexpr Published kResnet50[] = {{P, 25.6e6, 0.002, kDnnTune},
                                   {P, 25557032, 0.0, kTorchvision},
                                   {M, 3.8e9, 0.02, kDnnTune},
                                   {M, 3.858e9, 0.001, kNcnn}};
constexpr Published kVgg16[] = {{P, 138e6, 0.003, kDnnTune},
                                {P, 138357544, 0.0, kTorchvision},
                                {M, 16e9, 0.035, kDnnTune},
                                {M, 15.47e9, 0.001, kNcnn}};
constexpr Published kMobileNetV1[] = {{P, 4.2e6, 0.01, kDnnTune},
                                      {P, 4231976, 0.0, "Keras, trainable parameters"},
                                      {M, 576e6, 0.015, kDnnTune},
                                      {M, 569e6, 0.001, "Howard et al. 2017, table 4"}};
constexpr Published kMobileNetV2[] = {{P, 3.4e6, 0.035, kDnnTune},
                                      {P, 3504872, 0.0, kTorchvision},
                                      {M, 300e6, 0.005, kDnnTune}};
constexpr Published kSqueezeNet[] = {{P, 1.2e6, 0.03, kDnnTune},
                                     {P, 1235496, 0.0, kTorchvision},
                                     {M, 360e6, 0.08, kDnnTune},
                                     {M, 392.5e6, 0.015, "OpenVINO model zoo, 0.785 GFLOPs at 227x227, halved"}};
constexpr Published kShuffleNetV2[] = {{P, 1.4e6, 0.025, kDnnTune},
                                       {P, 1366792, 0.0, kTorchvision},
                                       {M, 41e6, 0.015, kDnnTune}};
constexpr Published kDeepLabV3[] = {{P, 2.1e6, 0.01, kDnnTune},
                                    {P, 2.11e6, 0.002, "Sandler et al. 2018, table 7"},
                                    {M, 8.9e9, 0.01, kDnnTuneTwice}};
constexpr Published kAlexNet[] = {{P, 60.97e6, 0.001, kNcnn}, {M, 724.4e6, 0.001, kNcnn}};
constexpr Published kLeNet[] = {{P, 431080, 0.0, kDjinn}, {M, 2.293e6, 0.0001, kDjinn}};
constexpr Published kAsr[] = {{P, 25.38e6, 0.001, kDjinn}, {M, 25.37e6, 0.001, kDjinn}};
constexpr Published kPos[] = {{P, 103845, 0.0, kDjinn}};
constexpr Published kNer[] = {{P, 117917, 0.0, kDjinn}};
constexpr Published kChk[] = {{P, 102942, 0.0, kDjinn}};

constexpr std::string_view kImage224 = "image [1,3,224,224]";

constexpr Model kModels[] = {
    {"rnn_ptb_small", "PTB language model, small", "lstm", "embedded_words [20,200]", "logits [20,10000]", 2653200, 52800000, kPtbSmall,
     "2 LSTM layers of 200 and the output layer over 10,000 words. DNNTune's 2.65 M parameters are those; the 2 M of the embedding are "
     "outside, as its input [20,200] says. ONNX has two bias vectors in an LSTM, hence 1,600 more. DNNTune's 14.8 M FLOPs are 20 steps "
     "of the LSTMs and the output layer once (12.8 M + 2.0 M); with its output shape [20,10000] the layer runs 20 times, as here.",
     build_rnn_ptb_small},
    {"rnn_ptb_medium", "PTB language model, medium", "lstm", "embedded_words [35,650]", "logits [35,10000]", 13280400, 464100000, kPtbMedium,
     "2 LSTM layers of 650 and the output layer, as in the TensorFlow tutorial; the embedding is outside. ONNX has two bias vectors in "
     "an LSTM.",
     build_rnn_ptb_medium},
    {"deepspeech", "DeepSpeech (DNNTune's size)", "lstm", "frames [16,494]", "probabilities [16,29]", 29016029, 463948800, kDeepSpeech,
     "Mozilla's network at width 1600, which matches DNNTune's 29 M parameters and its 464 M FLOPs (16 frames of 29 M) to 0.1 %. "
     "The \"4096 hidden\" of its text is not reached by any width that does.",
     build_deepspeech},
    {"deepspeech_2048", "DeepSpeech (Mozilla's size)", "lstm", "frames [16,494]", "probabilities [16,29]", 47233053, 755335168, kDeepSpeech2048,
     "Mozilla's released width 2048; its LSTM joins 2048 inputs and 2048 states, 4096 in all.", build_deepspeech_2048},
    {"mnist_mlp", "MNIST perceptron", "mlp", "image [1,784]", "logits [1,10]", 14205962, 14198784, kMnistMlp,
     "784-2048-4096-1024-10: the hidden widths are in the name of DNNTune's model file. They give 14.2 M, 2 % more than it prints; "
     "with a K of 1024 and an M of 1000 K it would be 13.9 M.",
     build_mnist_mlp},
    {"transformer", "Transformer base", "transformer", "source [1,7], target [1,14]", "next_words [1,14]", 49232384, 536209408,
     kTransformer,
     "DNNTune gives input [1,7], output [1,14], 12 layers, 49 M parameters and no more. 6 + 6 layers of width 512 with a vocabulary of "
     "10,000 fit. Its graph decodes word after word in a loop; here one pass scores 14 target words, which are a second input; words are int64 numbers below 10,000.",
     build_transformer},
    {"inception_v1", "Inception-V1 (GoogLeNet)", "cnn", kImage224, "probabilities [1,1000]", 6998552, 1582671872, kInceptionV1,
     "Caffe's bvlc_googlenet without auxiliary classifiers. DNNTune's 6.79 M is the sum of the table in the paper by Szegedy et al., "
     "whose K is 1024 and which gives the first 7x7 convolution 2.7 K weights instead of 9.2 K.",
     build_inception_v1},
    {"inception_v3", "Inception-V3", "cnn", "image [1,3,299,299]", "probabilities [1,1000]", 23834568, 5713216096, kInceptionV3,
     "torchvision's dimensions. DNNTune's 22.75 M is 23.85 M divided by 2^20 instead of 10^6; its 6 G is rounded up.", build_inception_v3},
    {"resnet50", "ResNet-50 v1", "cnn", kImage224, "probabilities [1,1000]", 25557032, 3857973248, kResnet50,
     "Stride in the first 1x1 convolution of a block, as in the paper.", build_resnet50},
    {"vgg16", "VGG16", "cnn", kImage224, "fc8 [1,1000]", 138357544, 15470264320, kVgg16, "Configuration D; scores without Softmax.", build_vgg16},
    {"mobilenet_v1", "MobileNet-V1 1.0", "cnn", kImage224, "probabilities [1,1000]", 4231976, 568740352, kMobileNetV1,
     "Depthwise and pointwise convolutions, ReLU6.", build_mobilenet_v1},
    {"mobilenet_v2", "MobileNet-V2 1.0", "cnn", kImage224, "probabilities [1,1000]", 3504872, 300774272, kMobileNetV2,
     "The 3.4 M of the paper and of DNNTune is 3.5 M in every implementation.", build_mobilenet_v2},
    {"squeezenet_1_1", "SqueezeNet 1.1", "cnn", "image [1,3,227,227]", "probabilities [1,1000]", 1235496, 387747520, kSqueezeNet,
     "Pooling sizes are rounded up as in Caffe. DNNTune's 360 M lies nearer to sizes rounded down (352.5 M).",
     build_squeezenet_1_1},
    {"shufflenet_v2_x0_5", "ShuffleNet-V2 0.5x", "cnn", kImage224, "logits [1,1000]", 1366792, 40476448, kShuffleNetV2,
     "torchvision's dimensions; scores without Softmax.", build_shufflenet_v2_x0_5},
    {"deeplab_v3", "DeepLab-V3 on MobileNet-V2", "cnn", "image [1,3,513,513]", "logits [1,21,65,65]", 2113557, 8825853632, kDeepLabV3,
     "Output stride 8 by dilation, no atrous pyramid, scores at 65x65 without the final enlargement.", build_deeplab_v3},
    {"alexnet", "AlexNet", "cnn", "image [1,3,227,227]", "probabilities [1,1000]", 60965224, 724406816, kAlexNet,
     "Two groups and local response normalisation, as in Caffe and DjiNN's \"imc\"; torchvision's AlexNet is a different one.", build_alexnet},
    {"lenet", "LeNet for MNIST", "cnn", "image [1,1,28,28]", "probabilities [1,10]", 431080, 2293000, kLeNet, "DjiNN's \"dig\", without its ArgMax.",
     build_lenet},
    {"asr_kaldi", "Kaldi acoustic model", "mlp", "frame [1,440]", "scores [1,1706]", 25380522, 25366528, kAsr,
     "DjiNN's \"asr\", 440-6x2048-1706 with sigmoids, for one frame; DjiNN sends 548 at a time.", build_asr_kaldi},
    {"senna_pos", "SENNA part-of-speech tagger", "mlp", "window [1,300]", "scores [1,45]", 103845, 103500, kPos, "DjiNN's \"pos\".", build_senna_pos},
    {"senna_ner", "SENNA named-entity recogniser", "mlp", "window [1,375]", "scores [1,17]", 117917, 117600, kNer, "DjiNN's \"ner\".",
     build_senna_ner},
    {"senna_chk", "SENNA chunker", "mlp", "window [1,300]", "scores [1,42]", 102942, 102600, kChk, "DjiNN's \"chk\".", build_senna_chk},
};

}  // namespace

std::span<const Model> models() noexcept { return kModels; }

const Model& find(std::string_view name) {
  std::string names;
  for (const Model& model : kModels) {
    if (model.name == name) return model;
    names.append(names.empty() ? "" : ", ").append(model.name);
  }
  throw Error(ErrorCode::not_found, "the zoo has no network '" + std::string(name) + "'; it has " + names);
}

Graph build(std::string_view name, std::uint64_t seed) { return find(name).build(seed); }

}  // namespace dnntune::zoo
