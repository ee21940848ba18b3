"""The acoustic network: a factorised time-delay net that libvosk can run as nnet3."""

import numpy as np
import torch
from torch import nn

from . import mfcc, units

WIDTH, NARROW, LAYERS = 384, 96, 6
BYPASS = 0.66
# Frames of 10 ms that must stand before and after the utterance: each layer looks 30 ms to both sides, the first 30 ms.
CONTEXT = 3 * LAYERS + 3


class Layer(nn.Module):
    """Down to a bottleneck over (now - 30 ms, now), up again over (now, now + 30 ms), plus the input."""

    def __init__(self):
        super().__init__()
        self.down = nn.Linear(2 * WIDTH, NARROW, bias=False)
        self.up = nn.Linear(2 * NARROW, WIDTH, bias=False)
        self.norm = nn.BatchNorm1d(WIDTH)

    def forward(self, x):
        narrow = self.down(torch.cat([x[:, :-1], x[:, 1:]], -1))
        wide = self.up(torch.cat([narrow[:, :-1], narrow[:, 1:]], -1))
        return torch.relu(_norm(self.norm, wide)) + BYPASS * x[:, 1:-1]


def _norm(norm, x):
    return norm(x.reshape(-1, x.shape[-1])).reshape(x.shape)


class Network(nn.Module):
    """Cepstra padded by CONTEXT frames on both sides to one row of scores every 30 ms."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(mfcc.CEPSTRA))
        self.register_buffer("deviation", torch.ones(mfcc.CEPSTRA))
        self.first = nn.Linear(7 * mfcc.CEPSTRA, WIDTH, bias=False)
        self.first_norm = nn.BatchNorm1d(WIDTH)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.dropout = nn.Dropout(0.05)
        self.out = nn.Linear(WIDTH, units.PDF_COUNT)

    def forward(self, x):
        x = (x - self.mean) / self.deviation
        x = x.unfold(1, 7, 3).transpose(2, 3).flatten(2)
        x = torch.relu(_norm(self.first_norm, self.first(x)))
        for layer in self.layers:
            x = self.dropout(layer(x))
        return self.out(x)

    def nnet3(self):
        """The same net as nnet3 components; normalisation is folded into the affine part before it."""

        def folded(linear, norm):
            scale = (norm.weight / torch.sqrt(norm.running_var + norm.eps)).detach()
            shift = (norm.bias - norm.running_mean * scale).detach()
            return (linear.weight.detach() * scale[:, None]).numpy(), shift.numpy()

        mean, deviation = self.mean.numpy(), self.deviation.numpy()
        parts = [{"name": "norm", "kind": "affine", "input": "input", "weights": np.diag(1 / deviation), "bias": -mean / deviation}]
        weights, bias = folded(self.first, self.first_norm)
        parts.append({"name": "first", "kind": "tdnn", "input": "norm", "offsets": list(range(-3, 4)), "weights": weights, "bias": bias})
        parts.append({"name": "relu0", "kind": "relu", "input": "first", "size": WIDTH})
        for number, layer in enumerate(self.layers, 1):
            # The sum of all layers so far, each weighing BYPASS times less than the next.
            terms = [f"relu{number - 1}"] + [f"Scale({BYPASS ** back:.8f}, relu{number - 1 - back})" for back in range(1, number)]
            total = terms[0] if len(terms) == 1 else f"Sum({', '.join(terms)})"
            parts.append({"name": f"down{number}", "kind": "tdnn", "input": total, "offsets": [-3, 0],
                          "weights": layer.down.weight.detach().numpy(), "bias": np.zeros(NARROW)})
            weights, bias = folded(layer.up, layer.norm)
            parts.append({"name": f"up{number}", "kind": "tdnn", "input": f"down{number}", "offsets": [0, 3], "weights": weights, "bias": bias})
            parts.append({"name": f"relu{number}", "kind": "relu", "input": f"up{number}", "size": WIDTH})
        terms = [f"relu{LAYERS}"] + [f"Scale({BYPASS ** back:.8f}, relu{LAYERS - back})" for back in range(1, LAYERS + 1)]
        parts.append({"name": "out", "kind": "tdnn", "input": f"Sum({', '.join(terms)})", "offsets": [0],
                      "weights": self.out.weight.detach().numpy(), "bias": self.out.bias.detach().numpy()})
        parts.append({"name": "scores", "kind": "logsoftmax", "input": "out", "size": units.PDF_COUNT})
        return parts


def pad(frames, rows):
    """Repeats the edge frames, as libvosk does, so that `rows` rows of scores come out."""
    length = 3 * (rows - 1) + 1 + 2 * CONTEXT
    return np.concatenate([np.repeat(frames[:1], CONTEXT, 0), frames, np.repeat(frames[-1:], max(0, length - CONTEXT - len(frames)), 0)])[:length]


def scores(network, frames):
    """Log probabilities of one utterance's cepstra, a row every 30 ms."""
    rows = (len(frames) + 2) // 3
    with torch.no_grad():
        return torch.log_softmax(network(torch.from_numpy(pad(frames, rows).astype(np.float32))[None]), -1)[0].numpy()
