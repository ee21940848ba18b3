"""Real speech: a folder with index.tsv (file, language, speaker, text, pinyin, source, seconds) and its clips."""

import csv
import re
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

from . import lexicon, sentences, store, units

_HAN = re.compile(r"[\u4e00-\u9fff]+")


def index(folder):
    """The rows of a folder's index."""
    with open(Path(folder) / "index.tsv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def held_out(listed):
    """Patterns of speakers that no training clip may come from, from a file of them."""
    return [re.compile(line) for line in sentences.lines(listed)]


def is_held_out(speaker, patterns):
    return any(pattern.fullmatch(speaker) for pattern in patterns)


def words(folders):
    """Mandarin words recorded one by one: they join the vocabulary."""
    found = []
    for folder in folders:
        for row in index(folder):
            text = row["text"].strip()
            if row["lang"] == "zh" and _HAN.fullmatch(text) and len(text) <= 4:
                found.append(text)
    return sorted(set(found))


def _samples(path):
    samples, rate = soundfile.read(path, dtype="int16")
    if samples.ndim > 1:
        samples = samples[:, 0]
    if rate != store.RATE:
        samples = np.clip(np.round(resample_poly(samples.astype(np.float32), store.RATE, rate)), -32768, 32767).astype(np.int16)
    return samples


def _with_digits(text, syllables, segmenter):
    """Marks the syllables of digits that stand as words of their own."""
    if len(text) != len(syllables):
        return syllables
    marked, place = list(syllables), 0
    for word in segmenter.cut(text):
        if units.DIGITS.get(word) == syllables[place]:
            marked[place] += f"@{word}"
        place += len(word)
    return marked


def _sounds(row, english, segmenter):
    """Words of the text, each with its ways to be said; None where it cannot be told."""
    if row["lang"] == "en":
        words = re.findall(r"[a-z']+", row["text"].lower())
        return [english[word] for word in words] if words and all(word in english for word in words) else None
    given = row["pinyin"].split()
    if given:
        given = _with_digits("".join(_HAN.findall(row["text"])), given, segmenter)
        ways = []
        for plain, changed in zip(given, lexicon.sandhi(given)):
            each = [units.phones(syllable) for syllable in dict.fromkeys((changed, plain))]
            if not all(each):
                return None
            ways.append(each)
        return ways
    text = "".join(_HAN.findall(row["text"]))
    ways = [[sum((units.phones(s) for s in reading), []) for reading in lexicon.readings(word)] for word in segmenter.cut(text)]
    return ways if ways and all(ways) else None


def run(out, folders, cache, listed):
    """Decodes all clips into shards: real/train and, of the speakers `listed` names, real/held."""
    patterns = held_out(listed)
    segmenter = lexicon.Segmenter(lexicon.mandarin_words(words(folders)))
    for number, folder in enumerate(folders):
        done = Path(out) / "real" / f"train{number}.json"
        if done.exists():
            continue
        rows = index(folder)
        spoken = sorted({w for row in rows if row["lang"] == "en" for w in re.findall(r"[a-z']+", row["text"].lower())})
        english = lexicon.english(spoken, cache)
        parts, lost = {"train": [], "held": []}, 0
        for row in rows:
            phones = _sounds(row, english, segmenter)
            if phones is None:
                lost += 1
                continue
            clip = store.Clip(_samples(Path(folder) / row["file"]), row["lang"], row["speaker"], row["text"], phones=phones)
            parts["held" if is_held_out(row["speaker"], patterns) else "train"].append(clip)
        store.save(Path(out) / "real" / f"held{number}", parts["held"])
        store.save(done, parts["train"])
        for name, clips in parts.items():
            hours = sum(len(clip.samples) for clip in clips) / store.RATE / 3600
            print(f"real speech, {name}: {len(clips)} clips, {len({clip.voice for clip in clips})} speakers, {hours:.2f} h", flush=True)
        print(f"without a known pronunciation: {lost}", flush=True)
