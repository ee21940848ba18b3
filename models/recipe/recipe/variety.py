"""Makes each pass over the features another one: tracts, microphones, pitch and gaps at random, by linear maps on the cepstra, and tempo.

The recordings come from few people in few rooms; without this the network learns those by heart and hears strangers worse.
"""

import torch

from . import mfcc, network

# Longest and shortest tract against the speaker's own, and how many mel bins all may shift.
STRETCH, SHIFT = 0.06, 0.8
# What is finer than so many cosines, the voice's harmonics, may be left out.
COARSEST = 16
# How far a microphone may bend the spectrum: deviation of each of the first cosines, in log energy.
BENDS = (0.0, 3.0, 2.0, 1.5, 1.0)
# The widest band of mel bins that may be wiped out.
BAND = 6
# Slowest and fastest against the speaker's own tempo; half of the batches keep it.
TEMPO = 0.8, 1.6

_COSINES = torch.from_numpy(mfcc.cosines())
_TO_CEPSTRA = _COSINES * torch.from_numpy(mfcc.lifter())
_TO_BINS = (_COSINES / torch.from_numpy(mfcc.lifter())).T.contiguous()


def _random(count, generator):
    return torch.rand(count, 1, generator=generator)


def _tracts(count, generator):
    """Per utterance a map of bins to bins that moves them as a longer or shorter tract would."""
    stretch = 1 + STRETCH * (2 * _random(count, generator) - 1)
    shift = SHIFT * (2 * _random(count, generator) - 1)
    at = (torch.arange(mfcc.BINS) * stretch + shift).clamp(0, mfcc.BINS - 1.001)
    left = at.long()
    share = at - left
    maps = torch.zeros(count, mfcc.BINS, mfcc.BINS)
    maps.scatter_(1, left[:, None], (1 - share)[:, None])
    maps.scatter_add_(1, left[:, None] + 1, share[:, None])
    return maps


def _smoothing(count, generator):
    """Per utterance a map of bins to bins that leaves out their fine structure, for half of them."""
    kept = torch.randint(COARSEST, mfcc.CEPSTRA + 1, (count, 1), generator=generator)
    kept[_random(count, generator) < 0.5] = mfcc.CEPSTRA
    keep = (torch.arange(mfcc.CEPSTRA) < kept).float()
    return torch.einsum("bk,nk,mk->nbm", _COSINES, keep, _COSINES)


def _microphones(count, generator):
    """Per utterance a smooth curve over the bins."""
    return torch.randn(count, len(BENDS), generator=generator) * torch.tensor(BENDS) @ _COSINES[:, : len(BENDS)].T


def _bands(count, generator):
    """Per utterance the bins that are wiped out."""
    width = torch.randint(0, BAND + 1, (count, 1), generator=generator)
    first = (_random(count, generator) * (mfcc.BINS - width)).long()
    number = torch.arange(mfcc.BINS)
    return (number >= first) & (number < first + width)


def vary(inputs, generator):
    """Cepstra (utterances x frames x cepstra) as another speaker on another line would have them."""
    count = len(inputs)
    bins = inputs @ _TO_BINS
    bins = torch.bmm(bins, torch.bmm(_tracts(count, generator), _smoothing(count, generator)))
    bins = bins + _microphones(count, generator)[:, None]
    bins = torch.where(_bands(count, generator)[:, None], bins.mean(1, keepdim=True), bins)
    return bins @ _TO_CEPSTRA


def pace(inputs, labels, factor):
    """Padded cepstra and their labels (utterances x rows) as if spoken `factor` times as fast, the voice unchanged."""
    rows = max(1, int(labels.shape[1] / factor))
    kept = (torch.arange(rows) * factor).round().long().clamp(max=labels.shape[1] - 1)
    frames = 3 * (rows - 1) + 1 + 2 * network.CONTEXT
    at = (network.CONTEXT + (torch.arange(frames) - network.CONTEXT) * factor).clamp(0, inputs.shape[1] - 1.001)
    left = at.long()
    share = (at - left)[None, :, None]
    return inputs[:, left] * (1 - share) + inputs[:, left + 1] * share, labels[:, kept]


def tempo(inputs, labels, generator):
    """A batch at another tempo, or as it was."""
    if float(torch.rand(1, generator=generator)) < 0.5:
        return inputs, labels
    slowest, fastest = TEMPO
    return pace(inputs, labels, slowest * (fastest / slowest) ** float(torch.rand(1, generator=generator)))
