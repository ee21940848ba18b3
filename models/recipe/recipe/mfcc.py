"""Kaldi's MFCC in numpy, with the options that conf/mfcc.conf tells libvosk, and a vocal-tract factor."""

import functools

import numpy as np
import scipy.fft

RATE, WINDOW, SHIFT, FFT = 8000, 200, 80, 256
BINS, CEPSTRA, LOW, HIGH, LIFTER = 40, 40, 40.0, 3800.0, 22.0

CONF = f"""--sample-frequency={RATE}
--use-energy=false
--num-mel-bins={BINS}
--num-ceps={CEPSTRA}
--low-freq={LOW:.0f}
--high-freq={HIGH:.0f}
--dither=0
"""

_POVEY = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / (WINDOW - 1))) ** 0.85
_POVEY = _POVEY.astype(np.float32)


def _mel(hertz):
    return 1127.0 * np.log(1.0 + hertz / 700.0)


def _warp(hertz, factor):
    """A longer or shorter vocal tract: frequencies scale, bending near the top so that they stay inside."""
    knee = 2800.0 / max(factor, 1.0)
    high = HIGH - (HIGH - knee * factor) * (HIGH - hertz) / (HIGH - knee)
    return np.where(hertz <= knee, hertz * factor, high)


@functools.lru_cache(maxsize=64)
def _bank(factor):
    edges = np.linspace(_mel(LOW), _mel(HIGH), BINS + 2)
    if factor != 1.0:
        edges = _mel(_warp(700.0 * (np.exp(edges / 1127.0) - 1.0), factor))
    at = _mel(np.arange(FFT // 2) * RATE / FFT)[:, None]
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    bank = np.where(at <= centre, (at - left) / (centre - left), (right - at) / (right - centre))
    return np.where((at > left) & (at < right), bank, 0.0).astype(np.float32)


@functools.lru_cache(maxsize=1)
def cosines():
    """Bins x cosines: the orthonormal transform from log mel energies, before liftering."""
    table = np.sqrt(2.0 / BINS) * np.cos(np.pi / BINS * (np.arange(BINS)[:, None] + 0.5) * np.arange(CEPSTRA)[None])
    table[:, 0] = np.sqrt(1.0 / BINS)
    return table.astype(np.float32)


@functools.lru_cache(maxsize=1)
def lifter():
    """What each cosine is multiplied with to make a cepstrum; never zero."""
    return (1.0 + 0.5 * LIFTER * np.sin(np.pi * np.arange(CEPSTRA) / LIFTER)).astype(np.float32)


def mfcc(samples, factor=1.0):
    """Frames x cepstra of samples in the 16-bit range."""
    count = 1 + (len(samples) - WINDOW) // SHIFT if len(samples) >= WINDOW else 0
    if count == 0:
        return np.zeros((0, CEPSTRA), np.float32)
    samples = np.ascontiguousarray(samples, np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::SHIFT][:count]
    frames = frames - frames.mean(1, keepdims=True)
    before = np.concatenate([frames[:, :1], frames[:, :-1]], 1)
    frames = (frames - np.float32(0.97) * before) * _POVEY
    spectrum = scipy.fft.rfft(frames, FFT)[:, : FFT // 2]
    power = spectrum.real**2 + spectrum.imag**2
    energies = np.log(np.maximum(power @ _bank(round(factor, 2)), np.float32(1.1920929e-07)))
    return energies @ (cosines() * lifter())
