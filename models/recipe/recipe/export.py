"""Writes the model as a folder that libvosk reads."""

import random
import re
from pathlib import Path

import numpy as np
import torch

from . import graph, kaldi, lexicon, mfcc, network, sentences, units

# Scale of the network's scores against the grammar, cost of a word, cost of a phone of an unknown word.
SCALE, WORD_COST, UNKNOWN_COST = 0.7, 3.0, 12.0

# How often each service sentence counts in the trigram, where a saying counts once.
TEMPLATES = 6

_CONF = f"""--min-active=200
--max-active=3000
--beam=13.0
--lattice-beam=4.0
--acoustic-scale={SCALE}
--frame-subsampling-factor=3
--endpoint.silence-phones=1
--endpoint.rule2.min-trailing-silence=3.0
--endpoint.rule3.min-trailing-silence=3.0
--endpoint.rule4.min-trailing-silence=3.0
"""


def service_sentences(segmenter, count, seed):
    """Sentences of callers, cut into words."""
    rnd = random.Random(seed)
    found = []
    for language, share in (("zh", 4), ("en", 1)):
        for template in sentences.templates(language):
            choices = np.prod([len(part.split("|")) for part in re.findall(r"\[([^\]]*)\]", template)] or [1])
            for _ in range(int(count * share * min(40.0, 4 + choices**0.6) / 1000)):
                text = sentences.fill(template, rnd, language)
                found.append(segmenter.cut(text) if language == "zh" else text.split())
    return found


def with_sayings(sampled, segmenter, vocabulary):
    """What the trigram learns from: service sentences, and once each what callers say otherwise, where the vocabulary has all its words."""
    said = [segmenter.words(saying) for saying in sentences.sayings()]
    # Numbers, names and dates stand in the templates only.
    return sampled * TEMPLATES + [words for words in said if vocabulary.issuperset(words)]


def pronunciations(real_words, cache):
    """[(word, phones)] of the whole vocabulary. Digits can be heard by everyone's sounds too: one said slowly and alone may be taken for
    a syllable of some other word, and would be lost to the unknown."""
    found = []
    for word in lexicon.mandarin_words(real_words):
        for reading in lexicon.readings(word):
            found.append((word, [phone for syllable in reading for phone in units.phones(syllable)]))
    for word, spoken in lexicon.english(lexicon.english_words() + lexicon.more_english_words(), cache).items():
        found += [(word, phones) for phones in spoken]
    found += [(word, [units.of_all(phone) for phone in phones]) for word, phones in found if word in units.ENGLISH_DIGITS]
    found += [(word, units.phones(reading[0].partition("@")[0])) for word in units.DIGITS for reading in lexicon.readings(word)]
    unique = list(dict.fromkeys((word, tuple(phones)) for word, phones in found))
    return [(word, list(phones)) for word, phones in unique]


def floors(vocabulary):
    """The count a word starts with: 1 where callers use it, next to nothing for a character that only fills gaps."""
    own = {word for line in sentences.lines("words-zh.txt") for word in line.split()} | set(lexicon.english_words())
    return {word: 1.0 if word in own else 0.02 if len(word) == 1 and not word.isascii() else 0.3 for word in vocabulary}


def words_only(spoken, sampled):
    """Without the characters that nobody listed or used as a word: to see what they cost."""
    used = {word for sentence in sampled for word in sentence} | {word for line in sentences.lines("words-zh.txt") for word in line.split()}
    return [(word, phones) for word, phones in spoken if len(word) > 1 or word in used]


def told(model, vocabulary, spoken, used):
    """One line on the folder."""
    size = sum(path.stat().st_size for path in model.rglob("*") if path.is_file())
    characters = sum(1 for word in vocabulary if len(word) == 1 and not word.isascii())
    print(f"{model}: {len(vocabulary)} words, of them {characters} single characters, {len(spoken)} pronunciations, "
          f"{used} sentences, {size / 1e6:.1f} MB", flush=True)


def weights(path, blended=None):
    """The averaged weights and the priors of a checkpoint; with another one of the same run, the mean of both."""
    kept = torch.load(path, map_location="cpu", weights_only=False)
    average, priors = kept["average"], kept["priors"]
    if blended:
        other, its_priors = weights(blended)
        average = {name: (value + other[name]) / 2 if value.dtype.is_floating_point else value for name, value in average.items()}
        priors = (priors + its_priors) / 2
    return average, priors


def run(out, model, real_words, cache, seed, with_characters=True, blended=None):
    """Exports OUT/checkpoint.pt, or its mean with the checkpoint `blended`, to the folder `model`."""
    model = Path(model)
    for folder in ("am", "conf", "graph/phones"):
        (model / folder).mkdir(parents=True, exist_ok=True)
    average, priors = weights(Path(out) / "checkpoint.pt", blended)
    net = network.Network()
    net.load_state_dict(average)
    net.eval()
    ids, states, kinds = graph.phone_table(units.PDFS)
    writer = kaldi.Writer()
    transitions = kaldi.transition_model(writer, states)
    priors = np.maximum(priors, 2e-5)
    kaldi.network(writer, net.nnet3(), mfcc.CEPSTRA, priors / priors.sum())
    (model / "am/final.mdl").write_bytes(writer.bytes)

    spoken = pronunciations(real_words, cache)
    segmenter = lexicon.Segmenter(lexicon.mandarin_words(real_words))
    sampled = service_sentences(segmenter, 500, seed)
    if not with_characters:
        spoken = words_only(spoken, sampled)
    vocabulary = sorted({word for word, _ in spoken})
    sampled = with_sayings(sampled, segmenter, set(vocabulary))
    used = graph.write(model, vocabulary, spoken, transitions, ids, sampled, floors(vocabulary), WORD_COST, UNKNOWN_COST)
    (model / "graph/phones/word_boundary.int").write_text("".join(f"{number} {kind}\n" for number, kind in kinds))
    (model / "conf/mfcc.conf").write_text(mfcc.CONF)
    (model / "conf/model.conf").write_text(_CONF)
    told(model, vocabulary, spoken, used)
