"""Clips with labels to network input: speed, vocal tract and line at random, then MFCC, one label every 30 ms."""

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from . import channel, mfcc, store

STRIDE = 3
FRAME = 0.03
# The middle of the first window, in seconds.
CENTRE = 0.0125


def _gaps(clip, before, length):
    """Where nobody speaks for a tenth of a second or more: first and last sample."""
    edges = [0]
    for _, start, end in clip.segments:
        edges += [before + int(start * store.RATE), before + int(end * store.RATE)]
    edges.append(length)
    return [(first, last) for first, last in zip(edges[::2], edges[1::2]) if last - first >= store.RATE // 10]


def example(clip, rng, babble=()):
    """Cepstra (float16) and labels (int16) of one clip on one random way."""
    before, after = (int(store.RATE * rng.uniform(0.05, 0.8)) for _ in range(2))
    samples = np.concatenate([np.zeros(before, np.float32), clip.samples.astype(np.float32), np.zeros(after, np.float32)])
    samples = channel.bursts(samples, _gaps(clip, before, len(samples)), rng)
    speed = rng.uniform(0.87, 1.15)
    places = np.arange(int(len(samples) / speed)) * speed
    samples = np.interp(places, np.arange(len(samples)), samples).astype(np.float32)
    frames = mfcc.mfcc(channel.line(samples, rng, babble), round(float(rng.uniform(0.86, 1.16)) / 0.02) * 0.02)
    at = (np.arange((len(frames) + STRIDE - 1) // STRIDE) * FRAME + CENTRE) * speed - before / store.RATE
    labels = np.zeros(len(at), np.int16)
    last = None
    for pdf, start, end in clip.segments:
        # A gap of less than 60 ms between sounds belongs to the sound before.
        if last is not None and 0 < start - last[1] < 0.06:
            labels[(at >= last[1]) & (at < start)] = last[0]
        labels[(at >= start) & (at < end)] = pdf
        last = (pdf, end)
    return frames.astype(np.float16), labels


def write(path, examples):
    """One shard: frames and labels end to end, and where each example ends."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        path, frames=np.concatenate([frames for frames, _ in examples]), labels=np.concatenate([labels for _, labels in examples]),
        frame_ends=np.cumsum([0] + [len(frames) for frames, _ in examples]), label_ends=np.cumsum([0] + [len(labels) for _, labels in examples]))


def read(path):
    """The examples of a shard."""
    with np.load(path) as data:
        frames, labels, frame_ends, label_ends = (data[name] for name in ("frames", "labels", "frame_ends", "label_ends"))
    return [(frames[frame_ends[n] : frame_ends[n + 1]], labels[label_ends[n] : label_ends[n + 1]]) for n in range(len(frame_ends) - 1)]


def _shard(source, target, copies, seed):
    clips = [clip for clip in store.load(source) if clip.segments]
    rng = np.random.default_rng(seed)
    babble = [clip.samples for clip in clips if len(clip.samples) > 8000][:200]
    made = [example(clip, rng, babble) for _ in range(copies) for clip in clips]
    made = [pair for pair in made if len(pair[1]) > 5]
    write(target, made)
    return f"{target}: {len(made)} examples, {sum(len(labels) for _, labels in made) * FRAME / 3600:.2f} h"


def make(out, name, copies, processes, seed):
    """Features of every shard of clips of that kind that has none yet."""
    jobs = []
    for number, source in enumerate(sorted((Path(out) / name).glob("*.json"))):
        target = Path(out) / "features" / f"{name}-{source.stem}.npz"
        if not target.exists():
            jobs.append((source.with_suffix(""), target, copies, seed * 7919 + number))
    with ProcessPoolExecutor(processes) as pool:
        for future in [pool.submit(_shard, *job) for job in jobs]:
            print(future.result(), flush=True)


def run(out, processes, seed):
    """Features of the synthetic clips; those of real ones are made when they are aligned."""
    make(out, "synthetic", 1, processes, seed)
