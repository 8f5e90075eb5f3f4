# SPDX-License-Identifier: Apache-2.0
"""Networks for text, speech, series, detection and generation, written out as their papers have them, small."""
import torch
import torch.nn.functional as F
from torch import nn


class UNet(nn.Module):
    """Ronneberger 2015: contracting and expanding paths, joined by concatenation."""

    def __init__(self, width=16):
        super().__init__()

        def block(i, o):
            return nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU(), nn.Conv2d(o, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU())

        self.down1, self.down2, self.bottom = block(3, width), block(width, 2 * width), block(2 * width, 4 * width)
        self.up2, self.join2 = nn.ConvTranspose2d(4 * width, 2 * width, 2, stride=2), block(4 * width, 2 * width)
        self.join1, self.head = block(3 * width, width), nn.Conv2d(width, 2, 1)

    def forward(self, x):
        a = self.down1(x)
        b = self.down2(F.max_pool2d(a, 2))
        y = self.join2(torch.cat([b, self.up2(self.bottom(F.max_pool2d(b, 2)))], 1))
        y = self.join1(torch.cat([a, F.interpolate(y, scale_factor=2, mode="bilinear", align_corners=False)], 1))
        return torch.sigmoid(self.head(y))


class YoloHead(nn.Module):
    """A small backbone with two scales of boxes, decoded in the network as YOLO's exports do."""

    def __init__(self, classes=5):
        super().__init__()

        def conv(i, o, s):
            return nn.Sequential(nn.Conv2d(i, o, 3, s, 1, bias=False), nn.BatchNorm2d(o), nn.SiLU())

        self.stem = nn.Sequential(conv(3, 16, 2), conv(16, 32, 2), conv(32, 64, 2))
        self.deep = nn.Sequential(conv(64, 128, 2), nn.MaxPool2d(5, 1, 2))
        self.heads = nn.ModuleList([nn.Conv2d(64 + 128, 3 * (5 + classes), 1), nn.Conv2d(128, 3 * (5 + classes), 1)])
        self.fields = 5 + classes

    def forward(self, x):
        fine = self.stem(x)
        coarse = self.deep(fine)
        fine = torch.cat([fine, F.interpolate(coarse, scale_factor=2.0, mode="nearest")], 1)
        found = []
        for head, features, stride in zip(self.heads, (fine, coarse), (8, 16)):
            y = head(features)
            n, _, h, w = y.shape
            y = y.view(n, 3, self.fields, h, w).permute(0, 1, 3, 4, 2).sigmoid()
            rows, columns = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
            grid = torch.stack([columns, rows], 2).view(1, 1, h, w, 2).to(y.dtype)
            centre, size, rest = y[..., :2], y[..., 2:4], y[..., 4:]
            y = torch.cat([(centre * 2 - 0.5 + grid) * stride, (size * 2) ** 2 * stride, rest], -1)
            found.append(y.reshape(n, -1, self.fields))
        return torch.cat(found, 1)


class Crnn(nn.Module):
    """Shi 2015: text in images. A convolutional stack read as a sequence by two bidirectional LSTMs."""

    def __init__(self, letters=37):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 16, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(2, 2), nn.Conv2d(16, 32, 3, 1, 1), nn.BatchNorm2d(32), nn.ReLU(),
                                      nn.MaxPool2d((2, 1), (2, 1)), nn.Conv2d(32, 64, (8, 2)), nn.ReLU())
        self.sequence = nn.LSTM(64, 48, num_layers=2, bidirectional=True)
        self.letters = nn.Linear(96, letters)

    def forward(self, image):
        features = self.features(image).squeeze(2).permute(2, 0, 1)
        return self.letters(self.sequence(features)[0]).log_softmax(2)


class Tacotron(nn.Module):
    """Shen 2018 without its loop: text encoder, location-free attention of given queries, post-net."""

    def __init__(self):
        super().__init__()
        self.letters = nn.Embedding(40, 32)
        self.convolutions = nn.Sequential(*[nn.Sequential(nn.Conv1d(32, 32, 5, padding=2), nn.BatchNorm1d(32), nn.ReLU()) for _ in range(3)])
        self.encoder = nn.LSTM(32, 16, batch_first=True, bidirectional=True)
        self.prenet = nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU())
        self.decoder = nn.GRU(32, 32, batch_first=True)
        self.frames = nn.Linear(64, 20)
        self.postnet = nn.Sequential(nn.Conv1d(20, 32, 5, padding=2), nn.Tanh(), nn.Conv1d(32, 20, 5, padding=2))

    def forward(self, text, previous):
        memory = self.encoder(self.convolutions(self.letters(text).transpose(1, 2)).transpose(1, 2))[0]
        state = self.decoder(self.prenet(previous))[0]
        weights = torch.softmax(torch.bmm(state, memory.transpose(1, 2)), -1)
        frames = self.frames(torch.cat([state, torch.bmm(weights, memory)], -1))
        return frames + self.postnet(frames.transpose(1, 2)).transpose(1, 2)


class Wav2Letter(nn.Module):
    """Collobert 2016: one-dimensional convolutions from mel features to letters."""

    def __init__(self):
        super().__init__()
        layers, channels = [nn.Conv1d(40, 64, 11, stride=2, padding=5), nn.Hardtanh(0, 20)], 64
        for kernel, width in ((11, 64), (13, 96), (17, 96)):
            layers += [nn.Conv1d(channels, width, kernel, padding=kernel // 2), nn.BatchNorm1d(width), nn.Hardtanh(0, 20)]
            channels = width
        self.layers = nn.Sequential(*layers, nn.Conv1d(channels, 29, 1))

    def forward(self, mel):
        return self.layers(mel).log_softmax(1)


class Tcn(nn.Module):
    """Bai 2018: causal dilated convolutions with residual sums."""

    def __init__(self, width=24):
        super().__init__()
        self.blocks = nn.ModuleList()
        for level in range(4):
            self.blocks.append(nn.utils.parametrizations.weight_norm(nn.Conv1d(8 if level == 0 else width, width, 3, dilation=2**level)))
        self.match = nn.Conv1d(8, width, 1)
        self.head = nn.Linear(width, 3)

    def forward(self, x):
        for level, block in enumerate(self.blocks):
            y = F.relu(block(F.pad(x, (2 * 2**level, 0))))
            x = y + (self.match(x) if level == 0 else x)
        return self.head(x[:, :, -1])


class Bert(nn.Module):
    """Devlin 2018, two layers of 64: embeddings with positions, masked self-attention, pooled and per token."""

    def __init__(self, width=64):
        super().__init__()
        self.words, self.positions, self.kinds = nn.Embedding(500, width), nn.Embedding(64, width), nn.Embedding(2, width)
        self.normal = nn.LayerNorm(width)
        layer = nn.TransformerEncoderLayer(width, 4, 4 * width, activation="gelu", batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.pool = nn.Linear(width, width)

    def forward(self, tokens, kinds):
        places = torch.arange(tokens.shape[1]).unsqueeze(0)
        x = self.normal(self.words(tokens) + self.positions(places) + self.kinds(kinds))
        x = self.encoder(x)
        return x, torch.tanh(self.pool(x[:, 0]))


class Gpt(nn.Module):
    """One causal block with rotary positions and a gated feed-forward part, as in small language models."""

    def __init__(self, width=64, heads=4):
        super().__init__()
        self.words, self.heads, self.part = nn.Embedding(300, width), heads, width // heads
        self.normals = nn.ModuleList([nn.RMSNorm(width) for _ in range(3)])
        self.qkv, self.out = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width, bias=False)
        self.gate, self.up, self.down = nn.Linear(width, 128, bias=False), nn.Linear(width, 128, bias=False), nn.Linear(128, width, bias=False)
        self.register_buffer("angles", torch.outer(torch.arange(32.0), 10000 ** (-torch.arange(0, self.part, 2) / self.part)))

    def _turn(self, x):
        cosine, sine = self.angles[: x.shape[2]].cos(), self.angles[: x.shape[2]].sin()
        even, odd = x[..., 0::2], x[..., 1::2]
        return torch.stack([even * cosine - odd * sine, even * sine + odd * cosine], -1).flatten(-2)

    def forward(self, tokens):
        x = self.words(tokens)
        q, k, v = self.qkv(self.normals[0](x)).view(*tokens.shape, 3, self.heads, self.part).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(self._turn(q), self._turn(k), v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(x.shape))
        y = self.normals[1](x)
        x = x + self.down(F.silu(self.gate(y)) * self.up(y))
        return self.normals[2](x) @ self.words.weight.T


class LanguageModel(nn.Module):
    """Zaremba 2014: two LSTMs over words, state in and out."""

    def __init__(self):
        super().__init__()
        self.words, self.lstm, self.head = nn.Embedding(200, 48), nn.LSTM(48, 48, 2), nn.Linear(48, 200)

    def forward(self, tokens, hidden, cell):
        y, (hidden, cell) = self.lstm(self.words(tokens), (hidden, cell))
        return self.head(y), hidden, cell


class Keyword(nn.Module):
    """Keyword spotting on 1 s of audio: GRU over a strided convolution, attention over time."""

    def __init__(self):
        super().__init__()
        self.front = nn.Conv1d(1, 24, 400, stride=160)
        self.gru = nn.GRU(24, 32, batch_first=True, bidirectional=True)
        self.score, self.head = nn.Linear(64, 1), nn.Linear(64, 12)

    def forward(self, audio):
        y = self.gru(torch.log1p(self.front(audio).abs()).transpose(1, 2))[0]
        return self.head((torch.softmax(self.score(y), 1) * y).sum(1))


class Generator(nn.Module):
    """DCGAN's generator."""

    def __init__(self):
        super().__init__()
        layers, channels = [nn.ConvTranspose2d(32, 64, 4, 1, 0, bias=False), nn.BatchNorm2d(64), nn.ReLU()], 64
        for width in (32, 16):
            layers += [nn.ConvTranspose2d(channels, width, 4, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
            channels = width
        self.layers = nn.Sequential(*layers, nn.ConvTranspose2d(channels, 3, 4, 2, 1), nn.Tanh())

    def forward(self, z):
        return self.layers(z)


class Style(nn.Module):
    """Johnson 2016: fast style transfer with instance normalisation, reflected borders, pixel shuffle."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.ReflectionPad2d(4), nn.Conv2d(3, 16, 9), nn.InstanceNorm2d(16, affine=True), nn.ReLU(),
                                    nn.Conv2d(16, 32, 3, 2, 1), nn.InstanceNorm2d(32), nn.PReLU(32), nn.Conv2d(32, 64, 3, padding=1), nn.PixelShuffle(2),
                                    nn.GroupNorm(4, 16), nn.Mish(), nn.Conv2d(16, 3, 3, padding=1), nn.Softsign())

    def forward(self, image):
        return self.layers(image)


class Dlrm(nn.Module):
    """Naumov 2019: embeddings and dense features, joined by their dot products."""

    def __init__(self):
        super().__init__()
        self.tables = nn.ModuleList([nn.EmbeddingBag(50, 16, mode="sum") if i == 0 else nn.Embedding(50, 16) for i in range(3)])
        self.bottom = nn.Sequential(nn.Linear(13, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU())
        self.top = nn.Sequential(nn.Linear(16 + 6, 32), nn.ReLU(), nn.Linear(32, 1), nn.Sigmoid())

    def forward(self, dense, ids):
        x = self.bottom(dense)
        parts = [x] + [table(ids[:, i].unsqueeze(1) if i == 0 else ids[:, i]) for i, table in enumerate(self.tables)]
        t = torch.stack(parts, 1)
        dots = torch.einsum("bif,bjf->bij", t, t)
        rows, columns = torch.tril_indices(4, 4, offset=-1)
        return self.top(torch.cat([x, dots[:, rows, columns]], 1))


class Pose(nn.Module):
    """A spatial transformer before a heat map of key points, whose maxima are the answer."""

    def __init__(self):
        super().__init__()
        self.locate = nn.Sequential(nn.Conv2d(3, 8, 7, 4), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(128, 6))
        self.features = nn.Sequential(nn.Conv2d(3, 24, 3, 2, 1), nn.Hardswish(), nn.Conv2d(24, 24, 3, 1, 1, groups=24), nn.ELU(), nn.Conv2d(24, 5, 1))

    def forward(self, image):
        theta = self.locate(image).view(-1, 2, 3)
        image = F.grid_sample(image, F.affine_grid(theta, list(image.shape), align_corners=False), align_corners=False)
        maps = self.features(image).flatten(2)
        return maps.argmax(-1), maps.softmax(-1).amax(-1)


def _floats(*shapes):
    return lambda: tuple(torch.rand(shape) * 2 - 1 for shape in shapes)


def _words(most, *shape):
    return torch.randint(0, most, shape)


MODELS = {
    "unet": (UNet, _floats((1, 3, 64, 64))),
    "yolo_head": (YoloHead, _floats((1, 3, 96, 128))),
    "crnn": (Crnn, _floats((1, 1, 32, 100))),
    "tacotron": (Tacotron, lambda: (_words(40, 1, 25), torch.rand(1, 12, 20))),
    "wav2letter": (Wav2Letter, _floats((1, 40, 120))),
    "tcn": (Tcn, _floats((2, 8, 50))),
    "bert_tiny": (Bert, lambda: (_words(500, 1, 20), _words(2, 1, 20))),
    "gpt_block": (Gpt, lambda: (_words(300, 1, 16),)),
    "lstm_language_model": (LanguageModel, lambda: (_words(200, 9, 2), torch.zeros(2, 2, 48), torch.zeros(2, 2, 48))),
    "keyword_gru": (Keyword, _floats((1, 1, 16000))),
    "dcgan": (Generator, _floats((1, 32, 1, 1))),
    "style_transfer": (Style, _floats((1, 3, 64, 64))),
    "dlrm": (Dlrm, lambda: (torch.rand(3, 13), _words(50, 3, 3))),
    "spatial_transformer": (Pose, _floats((1, 3, 64, 64))),
}
