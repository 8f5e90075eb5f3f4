# SPDX-License-Identifier: Apache-2.0
"""Image networks of torchvision and timm, with random weights, at small sizes."""
import timm
import torch
import torchvision.models as tv
from torch import nn

IMAGE = (1, 3, 96, 96)


def _image(shape=IMAGE):
    return lambda: (torch.rand(shape) * 2 - 1,)


def _timm(name, shape=IMAGE, **options):
    return lambda: timm.create_model(name, pretrained=False, **options), _image(shape)


def _tv(function, shape=IMAGE, **options):
    return lambda: function(weights=None, **options), _image(shape)


class Segmentation(nn.Module):
    """torchvision's segmentation models return a dictionary; apps want the map."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, image):
        return self.model(image)["out"]


MODELS = {
    "alexnet": _tv(tv.alexnet, (1, 3, 224, 224)),
    "vgg11_bn": _tv(tv.vgg11_bn, (1, 3, 224, 224)),
    "squeezenet1_0": _tv(tv.squeezenet1_0),
    "googlenet": _tv(tv.googlenet, aux_logits=False, init_weights=False),
    "inception_v3": _tv(tv.inception_v3, (1, 3, 139, 139), aux_logits=False, init_weights=False),
    "resnet18": _tv(tv.resnet18),
    "resnext50_32x4d": _tv(tv.resnext50_32x4d),
    "densenet121": _tv(tv.densenet121),
    "mobilenet_v2": _tv(tv.mobilenet_v2),
    "mobilenet_v3_small": _tv(tv.mobilenet_v3_small),
    "mobilenet_v3_large": _tv(tv.mobilenet_v3_large),
    "mnasnet0_5": _tv(tv.mnasnet0_5),
    "shufflenet_v2_x1_0": _tv(tv.shufflenet_v2_x1_0),
    "efficientnet_b0": _tv(tv.efficientnet_b0),
    "efficientnet_v2_s": _tv(tv.efficientnet_v2_s),
    "regnet_x_400mf": _tv(tv.regnet_x_400mf),
    "regnet_y_400mf": _tv(tv.regnet_y_400mf),
    "convnext_tiny": _tv(tv.convnext_tiny),
    "vit_b_32": _tv(tv.vit_b_32, image_size=96),
    "swin_t": _tv(tv.swin_t),
    "maxvit_t": _tv(tv.maxvit_t, (1, 3, 224, 224)),
    "fcn_resnet50": (lambda: Segmentation(tv.segmentation.fcn_resnet50(weights=None, weights_backbone=None)), _image()),
    "deeplabv3_mobilenet": (lambda: Segmentation(tv.segmentation.deeplabv3_mobilenet_v3_large(weights=None, weights_backbone=None)), _image()),
    "lraspp_mobilenet": (lambda: Segmentation(tv.segmentation.lraspp_mobilenet_v3_large(weights=None, weights_backbone=None)), _image()),
    "ghostnet_100": _timm("ghostnet_100"),
    "mobilevit_xs": _timm("mobilevit_xs", (1, 3, 128, 128)),
    "mobilevitv2_050": _timm("mobilevitv2_050", (1, 3, 128, 128)),
    "mobilenetv4_conv_small": _timm("mobilenetv4_conv_small"),
    "mobileone_s0": _timm("mobileone_s0"),
    "fastvit_t8": _timm("fastvit_t8", (1, 3, 128, 128)),
    "repvgg_a0": _timm("repvgg_a0"),
    "hardcorenas_a": _timm("hardcorenas_a"),
    "tinynet_e": _timm("tinynet_e"),
    "hrnet_w18_small": _timm("hrnet_w18_small"),
    "dla34": _timm("dla34"),
    "xception41": _timm("xception41"),
    "res2net50_14w_8s": _timm("res2net50_14w_8s"),
    "seresnet18": _timm("legacy_seresnet18"),
    "skresnet18": _timm("skresnet18"),
    "efficientformer_l1": _timm("efficientformer_l1", (1, 3, 224, 224)),
    "deit_tiny": _timm("deit_tiny_patch16_224", (1, 3, 224, 224)),
    "levit_128s": _timm("levit_128s", (1, 3, 224, 224)),
    "poolformer_s12": _timm("poolformer_s12"),
    "edgenext_xx_small": _timm("edgenext_xx_small", (1, 3, 128, 128)),
    "mixer_s32": _timm("mixer_s32_224", (1, 3, 224, 224)),
    "resmlp_12": _timm("resmlp_12_224", (1, 3, 224, 224)),
}
