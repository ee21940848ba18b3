"""The decoding graph as a lookahead pair: sounds to words, and the words' grammar. Uses OpenFst's command-line tools."""

import collections
import glob
import math
import os
import subprocess
import tempfile
from pathlib import Path

from . import units

POSITIONS = (("B", "begin"), ("E", "end"), ("I", "internal"), ("S", "singleton"))
UNKNOWN = "[unk]"


def phone_table(table):
    """Phone ids by name and position in the word: ids, [(id, pdfs)], [(id, kind)]. `table` says the pdfs of each phone, silence first."""
    ids, states, kinds = {units.SILENCE: 1}, [(1, table[units.SILENCE])], [(1, "nonword")]
    for name, pdfs in table.items():
        if name == units.SILENCE:
            continue
        for position, kind in POSITIONS:
            number = len(kinds) + 1
            ids[f"{name}_{position}"] = number
            states.append((number, pdfs))
            kinds.append((number, kind))
    return ids, states, kinds


class _Arcs:
    """An FST as text for fstcompile."""

    def __init__(self):
        self.lines, self.states = [], 0

    def state(self):
        self.states += 1
        return self.states - 1

    def arc(self, source, target, inside, outside, cost=0.0):
        self.lines.append(f"{source}\t{target}\t{inside}\t{outside}\t{cost:.5f}")

    def final(self, state, cost=0.0):
        self.lines.append(f"{state}\t{cost:.5f}")

    def write(self, path, sort):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as text:
            text.write("\n".join(self.lines) + "\n")
            text.flush()
            compiled = subprocess.run(["fstcompile", text.name], check=True, capture_output=True).stdout
        done = subprocess.run(["fstarcsort", f"--sort_type={sort}"], input=compiled, check=True, capture_output=True).stdout
        Path(path).write_bytes(done)


def sounds(words, pronunciations, transitions, ids, word_cost, unknown_cost):
    """Transitions in, words out: a tree of sounds that begins and ends in state 0, a loop of silence, a loop of any phones but those of digits."""
    fst = _Arcs()
    start = fst.state()
    fst.final(start)
    lengths = collections.Counter(phone for phone, _ in transitions)

    def chain(source, phone, cost=0.0):
        for state in range(lengths[phone]):
            target = fst.state()
            stay, go = transitions[phone, state]
            fst.arc(source, target, go, 0, cost if state == 0 else 0.0)
            fst.arc(target, target, stay, 0)
            source = target
        return source

    fst.arc(chain(start, ids[units.SILENCE]), start, 0, 0)
    tree = {}
    for word, phones in pronunciations:
        marks = ["S"] if len(phones) == 1 else ["B"] + ["I"] * (len(phones) - 2) + ["E"]
        node, path = start, ()
        for phone, mark in zip(phones, marks):
            path += (f"{phone}_{mark}",)
            if path not in tree:
                tree[path] = chain(node, ids[path[-1]])
            node = tree[path]
        fst.arc(node, start, 0, words[word], word_cost)
    hub, leaf = fst.state(), fst.state()
    fst.arc(leaf, start, 0, words[UNKNOWN])
    names = dict.fromkeys(name.rsplit("_", 1)[0] for name in ids if name != units.SILENCE and "@" not in name)
    for name in names:
        for mark, source, target in (("B", start, hub), ("I", hub, hub), ("E", hub, leaf)):
            fst.arc(chain(source, ids[f"{name}_{mark}"], unknown_cost), target, 0, 0)
    return fst


def grammar(sentences, words, floor, discount=0.6, least=2):
    """A trigram with absolute discounting; `floor` is the count each word starts with. Pairs and triples seen less than `least` times are
    left out: they tell little and make decoding slow."""
    counts = [collections.Counter() for _ in range(3)]
    for sentence in sentences:
        padded = ["<s>", *sentence, "</s>"]
        for place, word in enumerate(padded):
            if place:
                counts[0][word] += 1
                counts[1][tuple(padded[place - 1 : place + 1])] += 1
            if place > 1:
                counts[2][tuple(padded[place - 2 : place + 1])] += 1
    counts[1:] = [collections.Counter({gram: count for gram, count in grams.items() if count >= least}) for grams in counts[1:]]
    known = {word: floor.get(word, 0.0) + counts[0][word] for word in [*words, "</s>"] if word not in ("<eps>", UNKNOWN)}
    known[UNKNOWN] = 1.0
    total = sum(known.values())
    fst = _Arcs()
    states = {}

    def state(history):
        if history not in states:
            states[history] = fst.state()
        return states[history]

    start = state(("<s>",))
    followers = [collections.defaultdict(dict), collections.defaultdict(dict)]
    for order, grams in ((0, counts[1]), (1, counts[2])):
        for gram, count in grams.items():
            followers[order][gram[:-1]][gram[-1]] = count
    histories = set(followers[0]) | set(followers[1])

    def next_state(gram):
        return next((state(gram[cut:]) for cut in range(len(gram)) if gram[cut:] in histories), state(()))

    for word, count in known.items():
        cost = -math.log(count / total)
        if word == "</s>":
            fst.final(state(()), cost)
        else:
            fst.arc(state(()), next_state((word,)), words[word], words[word], cost)
    for order, by_history in enumerate(followers):
        for history, following in by_history.items():
            seen = sum((counts[0][history[0]] or sum(following.values()),)) if order == 0 else max(counts[1][history], sum(following.values()))
            seen = max(seen, sum(following.values()))
            left = 1.0
            for word, count in following.items():
                chance = (count - discount) / seen
                left -= chance
                if word == "</s>":
                    fst.final(state(history), -math.log(chance))
                else:
                    fst.arc(state(history), next_state((*history, word)[-2:]), words[word], words[word], -math.log(chance))
            fst.arc(state(history), state(history[1:]), 0, 0, -math.log(max(left, 1e-6)))
    if start != 0:
        raise AssertionError("the start state must be state 0")
    return fst


def write(model, words, pronunciations, transitions, ids, sentences, floor, word_cost, unknown_cost):
    """Writes HCLr.fst, Gr.fst, words.txt and the empty disambig_tid.int; returns the number of sentences used."""
    numbers = {"<eps>": 0} | {word: place for place, word in enumerate([*words, UNKNOWN], 1)}
    renumbered = lookahead(sounds(numbers, pronunciations, transitions, ids, word_cost, unknown_cost), model / "graph/HCLr.fst")
    numbers = {word: renumbered[number] if number else 0 for word, number in numbers.items()}
    known = [sentence for sentence in sentences if all(word in numbers for word in sentence)]
    grammar(known, numbers, floor).write(model / "graph/Gr.fst", "ilabel")
    listed = sorted(numbers.items(), key=lambda item: item[1])
    (model / "graph/words.txt").write_text("".join(f"{word} {number}\n" for word, number in listed), encoding="utf-8")
    (model / "graph/disambig_tid.int").write_text("")
    return len(known)


def _plugin_environment():
    """Where OpenFst's lookahead plugin lies: OPENFST_PLUGINS, or Debian's folder."""
    folders = [os.environ.get("OPENFST_PLUGINS", ""), *sorted(glob.glob("/usr/lib/*/fst/*"))]
    for folder in folders:
        if folder and Path(folder, "olabel_lookahead-fst.so").exists():
            return dict(os.environ, LD_LIBRARY_PATH=f"{folder}:{os.environ.get('LD_LIBRARY_PATH', '')}")
    raise SystemExit("OpenFst's olabel_lookahead plugin is missing: apt-get install libfst22-plugins-base, or name its folder in OPENFST_PLUGINS")


def lookahead(fst, path):
    """Writes the sound graph for lookahead; returns old word id -> new word id."""
    with tempfile.TemporaryDirectory() as folder:
        plain, pairs = Path(folder, "plain.fst"), Path(folder, "pairs.txt")
        fst.write(plain, "olabel")
        subprocess.run(["fstconvert", "--fst_type=olabel_lookahead", f"--save_relabel_opairs={pairs}", plain, path], check=True, env=_plugin_environment())
        return {old: new for old, new in (map(int, line.split()) for line in pairs.read_text().splitlines())}
