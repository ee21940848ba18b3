"""What happens to a voice on its way: rooms, line, noise, codec."""

import numpy as np
from scipy.signal import butter, fftconvolve, lfilter

from . import store


def mu_law(samples):
    """Through G.711 mu-law and back."""
    sign, size = np.sign(samples), np.minimum(np.abs(samples), 32635) + 132.0
    exponent = np.clip(np.floor(np.log2(size)) - 7, 0, 7)
    mantissa = np.floor(size / 2 ** (exponent + 3)) - 16
    return sign * ((2 * (mantissa + 16) + 1) * 2 ** (exponent + 2) - 132)


def a_law(samples):
    """Through G.711 A-law and back."""
    sign, size = np.where(samples >= 0, 1, -1), np.minimum(np.abs(samples) / 8.0, 4095)
    exponent = np.where(size < 64, 0, np.floor(np.log2(np.maximum(size, 1))) - 5)
    step = np.where(exponent <= 1, 2.0, 2.0**exponent)
    return sign * (np.floor(size / step) * step + step / 2) * 8


def _noise(rng, length, babble):
    """White to brown noise that swells, hum, or other voices."""
    kind = rng.random()
    if kind < 0.25 and babble:
        total = np.zeros(length, np.float32)
        for _ in range(rng.integers(2, 7)):
            voice = np.resize(babble[rng.integers(len(babble))].astype(np.float32), length)
            total += np.roll(voice, rng.integers(length)) * rng.uniform(0.3, 1.0)
        return total
    noise = rng.standard_normal(length).astype(np.float32)
    if kind < 0.8:
        noise = lfilter([1], [1, -rng.uniform(0.3, 0.98)], noise)
    noise *= 1 + 0.5 * np.sin(np.arange(length) * rng.uniform(1e-4, 3e-3) + rng.uniform(0, 6))
    if kind > 0.93:
        hum = sum(np.sin(2 * np.pi * rng.choice((50, 60)) * order * np.arange(length) / 8000) / order for order in (1, 2, 3, 5))
        noise = noise * 0.3 + hum * noise.std()
    return noise


def add_noise(samples, rng, decibels, babble=()):
    """Noise at that many decibels below the speech."""
    noise = _noise(rng, len(samples), babble)
    loud = np.sqrt((samples**2).mean()) + 1e-3
    noise = noise / (np.sqrt((noise**2).mean()) + 1e-9)
    return samples + noise * loud * 10 ** (-decibels / 20)


def burst(rng, loudest):
    """What is heard where nobody speaks: a click, a thump, a breath, a rattle of the handset. Up to a little softer than the voice."""
    kind = rng.random()
    length = int(store.RATE * (rng.uniform(0.1, 0.4) if kind < 0.35 else rng.uniform(0.01, 0.12)))
    at = np.arange(length) / length
    if kind < 0.35:
        sound = lfilter([1], [1, -rng.uniform(-0.3, 0.8)], rng.standard_normal(length)) * np.sin(np.pi * at) ** 2
        peak = rng.uniform(-40, -14)
    elif kind < 0.6:
        sound = np.sin(2 * np.pi * rng.uniform(50, 400) * np.arange(length) / store.RATE) * np.exp(-6 * at)
        peak = rng.uniform(-30, -3)
    else:
        sound = np.zeros(length)
        for place in rng.integers(length, size=rng.integers(1, 5)):
            tail = np.arange(length - place)
            sound[place:] += rng.standard_normal(length - place) * np.exp(-tail / rng.uniform(3, 60)) * rng.uniform(0.3, 1)
        peak = rng.uniform(-30, -3)
    return sound / (np.abs(sound).max() + 1e-9) * loudest * 10 ** (peak / 20)


def bursts(samples, gaps, rng):
    """Adds bursts within the gaps (first and last sample) between, before and after words."""
    samples = samples.copy()
    loudest = np.abs(samples).max()
    for first, last in gaps:
        for _ in range(rng.poisson(0.8 * (last - first) / store.RATE)):
            sound = burst(rng, loudest)[: last - first]
            place = int(rng.integers(first, last - len(sound) + 1))
            samples[place : place + len(sound)] += sound
    return samples


def line(samples, rng, babble=()):
    """One random way from a mouth to our side of the line. `samples` is float32 in the 16-bit range."""
    if rng.random() < 0.35:
        length = int(rng.uniform(300, 2800))
        room = rng.standard_normal(length) * np.exp(-np.arange(length) / (length / 6))
        room *= rng.uniform(0.1, 0.6) / np.sqrt((room**2).sum() + 1e-9)
        room[0] = 1
        samples = fftconvolve(samples, room)[: len(samples)]
    if rng.random() < 0.6:
        samples = lfilter(np.r_[1, rng.normal(0, 0.25, rng.integers(1, 8))], [1], samples)
    if rng.random() < 0.55:
        low, high = butter(2, [rng.uniform(80, 320), rng.uniform(3000, 3800)], "band", fs=8000)
        samples = lfilter(low, high, samples)
    samples = samples / (np.abs(samples).max() + 1e-3) * 10 ** rng.uniform(3.0, 4.5)
    if rng.random() < 0.7:
        samples = add_noise(samples, rng, rng.uniform(5, 35), babble)
    else:
        samples = samples + rng.standard_normal(len(samples)) * 10 ** rng.uniform(-1, 1)
    if rng.random() < 0.75:
        samples = (mu_law if rng.random() < 0.4 else a_law)(np.clip(samples, -32635, 32635))
    return np.clip(np.round(samples), -32768, 32767).astype(np.float32)
