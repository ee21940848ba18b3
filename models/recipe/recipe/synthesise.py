"""Synthetic speech with exact alignments: espeak-ng in Mandarin and English, flite in English."""

import multiprocessing
import random
import re
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

from . import espeak, lexicon, sentences, store, units
from .espeak import PHONEME, WORD

# Robots, whispers and effects teach nothing about callers.
_NO_PERSON = re.compile(r"(?i)whisper|robo|croak|demonic|zac|unirob|fast|iven|aunty|grandpa|announcer|diogo|storm|kaukovalta|anxious")
# Seconds for one shard.
PATIENCE = 240
# Kept for judging: no training clip has them.
# (Nor has any flite's voice rms.)
JUDGES = ["Andrea", "Mario", "f3", "m5", "klatt3", "david", "Linda", "pedro"]
_FLITE = ["kal16", "awb", "slt", "awb", "slt"]

# espeak-ng's English sounds as the phones of the lexicon.
_ENGLISH = {
    "a": "ae", "aa": "ae", "a#": "ax", "A:": "aa", "A@": "aa r", "A#": "aa", "0": "aa", "0#": "aa", "O": "ao", "O:": "ao", "O@": "ao r", "O2": "ao",
    "o@": "ao r", "o:": "ow", "E": "eh", "E2": "eh", "E#": "eh", "e": "eh", "3": "er", "3:": "er", "@": "ax", "@2": "ax", "@5": "ax", "@-": "ax", "@L": "ax l",
    "I": "ih", "I2": "ih", "I#": "ih", "i": "iy", "i:": "iy", "i@": "iy ax", "i@3": "ih r", "U": "uh", "u": "uw", "u:": "uw", "V": "ah",
    "eI": "ey", "e:": "ey", "aI": "ay", "aI@": "ay ax", "aI3": "ay er", "OI": "oy", "oU": "ow", "oU#": "ow", "aU": "aw", "aU@": "aw ax",
    "e@": "eh r", "U@": "uh r", "p": "p", "b": "b", "t": "t", "t#": "t", "t2": "t", "*": "t", "d": "d", "d#": "d", "k": "k", "g": "g",
    "tS": "ch", "dZ": "jh", "f": "f", "v": "v", "T": "th", "D": "dh", "s": "s", "z": "z", "z#": "z", "S": "sh", "Z": "zh", "h": "hh",
    "m": "m", "n": "n", "n-": "ax n", "N": "ng", "l": "l", "l-": "ax l", "L": "l", "r": "r", "r-": "r", "w": "w", "j": "y", "x": "k",
}


def variants():
    """Voice variants of espeak-ng that sound like people."""
    done = subprocess.run(["espeak-ng", "--voices=variant"], capture_output=True, text=True, check=True)
    names = re.findall(r"!v/(\S+)", done.stdout)
    return [""] + ["+" + name for name in names if not _NO_PERSON.search(name) and name not in JUDGES]


def spread(phones, start, end):
    """Phones of one stretch of time, each an equal part, as pdf segments."""
    pdfs = [pdf for phone in phones for pdf in units.PDFS[phone]]
    step = (end - start) / len(pdfs)
    return [(pdf, round(start + step * n, 4), round(start + step * (n + 1), 4)) for n, pdf in enumerate(pdfs)]


def _resample(samples, rate):
    low = resample_poly(samples.astype(np.float32), store.RATE // 50, rate // 50)
    return np.clip(np.round(low), -32768, 32767).astype(np.int16)


def mandarin(engine, syllables, voice, rnd):
    """One clip of pinyin syllables, or None where the engine cut them up otherwise."""
    samples, events = engine.say(
        " ".join(syllable.partition("@")[0] for syllable in syllables), "cmn-latn-pinyin" + voice, rnd.randint(115 if len(syllables) > 1 else 80, 290), rnd.randint(10, 90), rnd.randint(20, 90), rnd.choice((0, 0, 0, 0, 1, 3)))
    groups = []
    for kind, sample, name in events:
        if kind == WORD:
            groups.append([])
        elif kind == PHONEME and groups:
            groups[-1].append((sample / engine.rate, name))
    groups = [group for group in groups if any(name and name[0] not in "_(" for _, name in group)]
    if len(groups) != len(syllables):
        return None
    segments = []
    for group, syllable in zip(groups, syllables):
        phones = units.phones(syllable)
        sounds = [at for at, name in group if name and name[0] not in "_("]
        end = next((at for at, name in group if name.startswith("_") and at > sounds[-1]), len(samples) / engine.rate)
        if len(phones) == 2:
            if len(sounds) < 2:
                return None
            segments += spread(phones[:1], sounds[0], sounds[1]) + spread(phones[1:], sounds[1], end)
        else:
            segments += spread(phones, sounds[0], end)
    return store.Clip(_resample(samples, engine.rate), "zh", "espeak" + voice, " ".join(syllables), segments=segments)


def english_espeak(engine, text, voice, rnd, unknown):
    """One English clip of espeak-ng, labelled with what it really said."""
    samples, events = engine.say(text, voice, rnd.randint(115, 230), rnd.randint(10, 90), rnd.randint(20, 90), rnd.choice((0, 0, 0, 1, 3)))
    sounds, last = [], None
    for kind, sample, name in [*events, (PHONEME, len(samples), "_")]:
        if kind != PHONEME or name.startswith("("):
            continue
        at = sample / engine.rate
        if last and at > last[1]:
            sounds.append((_ENGLISH[last[0]].split(), last[1], at))
        last = None
        if name and name[0] not in "_;?'" and name not in ("", "||"):
            if name not in _ENGLISH:
                unknown[name] = unknown.get(name, 0) + 1
                return None
            last = (name, at)
    segments = _english_segments(text, sounds)
    return segments and store.Clip(_resample(samples, engine.rate), "en", "espeak" + voice, text, segments=segments)


def _english_segments(text, sounds):
    """Segments of [(phones, from, to)]; None where the text's digits are not found among them."""
    marked = units.mark_digits(text.split(), [name for names, _, _ in sounds for name in names])
    if marked is None:
        return None
    segments = []
    for names, start, end in sounds:
        segments += spread(marked[: len(names)], start, end)
        del marked[: len(names)]
    return segments


def english_flite(text, voice, rnd):
    """One English clip of flite."""
    with tempfile.NamedTemporaryFile(suffix=".wav") as wav:
        done = subprocess.run(
            ["flite", "-voice", voice, "--setf", f"duration_stretch={rnd.uniform(0.75, 1.35):.2f}", "--setf",
             f"int_f0_target_mean={rnd.uniform(85, 240):.0f}", "-psdur", "-t", text, "-o", wav.name],
            capture_output=True, text=True, check=False)
        if done.returncode:
            return None
        samples, rate = soundfile.read(wav.name, dtype="int16")
    sounds, last = [], 0.0
    for phone, end in (part.rsplit(":", 1) for part in done.stdout.split()):
        end = float(end)
        if phone != "pau":
            if "E_" + phone not in units.PDFS:
                return None
            sounds.append(([phone], last, end))
        last = end
    segments = _english_segments(text, sounds)
    return segments and store.Clip(_resample(samples, rate), "en", "flite-" + voice, text, segments=segments)


def mandarin_text(rnd, templates, words, segmenter, syllables):
    """Syllables of a digit alone, of a sentence, of words in a row, or of syllables at random."""
    kind = rnd.random()
    if kind < 0.05:
        return list(lexicon.readings(rnd.choice(list(units.DIGITS)))[0])
    if kind < 0.45:
        return lexicon.spoken_syllables(sentences.fill(rnd.choice(templates), rnd, "zh"), segmenter, rnd)
    if kind < 0.60:
        return lexicon.spoken_syllables(sentences.fill(rnd.choice(("{digits}", "{phone}", "{digits8}", "{money}", "{number}")), rnd, "zh"), segmenter, rnd)
    if kind < 0.85:
        spoken = [rnd.choice(lexicon.readings(rnd.choice(words))) for _ in range(rnd.randint(1, 4))]
        return [syllable for reading in spoken for syllable in reading]
    return [rnd.choice(syllables) for _ in range(rnd.randint(1, 6))]


def english_text(rnd, templates, words):
    """Digits, a sentence, or words in a row."""
    kind = rnd.random()
    if kind < 0.05:
        return rnd.choice(list(units.ENGLISH_DIGITS))
    if kind < 0.75:
        return sentences.fill("{digits}" if kind < 0.2 else rnd.choice(templates), rnd, "en")
    return " ".join(rnd.choice(words) for _ in range(rnd.randint(1, 3)))


def _apart(path, target, *arguments):
    """Runs `target` in a process of its own: espeak-ng's library now and then crashes or hangs; then it is tried with other texts."""
    for attempt in range(5):
        if path.with_suffix(".json").exists():
            return
        process = multiprocessing.get_context("spawn").Process(target=target, args=(path, *arguments, attempt))
        process.start()
        process.join(PATIENCE)
        if process.is_alive():
            process.kill()
            process.join()
    if not path.with_suffix(".json").exists():
        raise RuntimeError(f"no speech could be made for {path}")


def apart(out, real_words, count, shard, seed):
    """One shard of training clips."""
    _apart(Path(out) / "synthetic" / f"part{shard:02d}", run, real_words, count, seed * 1000 + shard)


def judges(out, kind, texts, seed):
    """Texts by the voices kept for judging."""
    _apart(Path(out) / "judge" / kind, judge, texts, seed)


def judge(path, texts, seed, attempt=0):
    """Writes clips of the texts, whose `text` is the Mandarin text itself."""
    rnd = random.Random(seed + attempt * 10007)
    segmenter = lexicon.Segmenter(lexicon.mandarin_words([]))
    clips = []
    for text in texts:
        syllables = lexicon.spoken_syllables(text, segmenter, rnd)
        clip = mandarin(espeak.engine(), syllables, "+" + rnd.choice(JUDGES), rnd) if syllables else None
        if clip is not None:
            clip.text = text
            clips.append(clip)
    store.save(path, clips)
    print(f"{path}: {len(clips)} clips", flush=True)


def run(path, real_words, count, seed, attempt=0):
    """Writes one shard of `count` clips, three fifths of them Mandarin."""
    rnd = random.Random(seed + attempt * 10007)
    engine, unknown, clips = espeak.engine(), {}, []
    words = lexicon.mandarin_words(real_words)
    segmenter = lexicon.Segmenter(words)
    # The characters are a third of the draw, so that words weigh more.
    drawn = [word for word in words if len(word) > 1] * 2 + [word for word in words if len(word) == 1]
    # What sounds like a digit and stands for no other word is the digit.
    syllables = sorted({s for word in words for reading in lexicon.readings(word) for s in reading} - set(units.DIGITS.values()))
    chinese, english = sentences.templates("zh"), sentences.templates("en")
    english_words = lexicon.english_words()
    voices = variants()
    while len(clips) < count:
        place = len(clips) % 10
        if place < 6:
            spoken = mandarin_text(rnd, chinese, drawn, segmenter, syllables)
            clip = mandarin(engine, spoken, rnd.choice(voices), rnd) if spoken else None
        else:
            text = english_text(rnd, english, english_words)
            if place < 8:
                clip = english_espeak(engine, text, rnd.choice(("en-us", "en-us", "en")) + rnd.choice(voices), rnd, unknown)
            else:
                clip = english_flite(text, rnd.choice(_FLITE), rnd)
        if clip is not None and 0.2 < len(clip.samples) / store.RATE < 12:
            clips.append(clip)
    store.save(path, clips)
    hours = sum(len(clip.samples) for clip in clips) / store.RATE / 3600
    print(f"{path}: {len(clips)} clips, {hours:.2f} h" + (f", unknown sounds {unknown}" if unknown else ""), flush=True)
