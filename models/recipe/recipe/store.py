"""Clips and their labels on disk: one .npz of samples and one .json of facts a shard."""

import json
from pathlib import Path

import numpy as np

RATE = 8000


class Clip:
    """Samples (int16, 8 kHz), what was said, and when each phone sounds, once that is known."""

    def __init__(self, samples, language, voice, text, phones=None, segments=None):
        self.samples, self.language, self.voice, self.text = samples, language, voice, text
        self.phones = phones  # list of words, a word a list of ways to say it, a way a list of phones
        self.segments = segments  # [(pdf, from seconds, to seconds)]


def save(path, clips):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    lengths = np.cumsum([0] + [len(clip.samples) for clip in clips])
    samples = np.concatenate([clip.samples for clip in clips]) if clips else np.zeros(0, np.int16)
    np.savez(path.with_suffix(".npz"), samples=samples.astype(np.int16), ends=lengths)
    facts = [{"language": c.language, "voice": c.voice, "text": c.text, "phones": c.phones, "segments": c.segments} for c in clips]
    path.with_suffix(".json").write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")


def load(path):
    path = Path(path)
    with np.load(path.with_suffix(".npz")) as data:
        samples, ends = data["samples"], data["ends"]
    facts = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    return [Clip(samples[ends[n] : ends[n + 1]], **fact) for n, fact in enumerate(facts)]


def load_all(folder, pattern):
    """All clips of all shards of that name, in order of name."""
    clips = []
    for path in sorted(Path(folder).glob(pattern + ".json")):
        clips += load(path)
    return clips
