"""Gives a model made before the recipe's whole vocabulary and trigram: one of this recipe, or the first, whose network knows no tones and
no sounds of digits. Its network stays as it is."""

from pathlib import Path

from . import export, graph, kaldi, lexicon, units

# As the first model was made.
_FINALS = (
    "a o e ea ai ei ao ou an en ang eng er i ii iii ia ie iao iu ian in iang ing iong "
    "u ua uo uai ui uan un uang ong ueng v ve van vn io"
).split()
_FIRST_COSTS = 6.0, 10.0


def table():
    """The first model's phones and their pdfs: finals without tone."""
    found = {units.SILENCE: [0]}
    for name in [f"{initial}_i" for initial in units.INITIALS] + [f"{final}_f" for final in _FINALS] + [f"E_{name}" for name in units.ENGLISH]:
        number = found[list(found)[-1]][-1] + 1
        found[name] = [number, number + 1] if name[:-2] in _FINALS and name.endswith("_f") else [number]
    return found


def toneless(phone):
    """The first model's name of a phone of ours."""
    if phone.startswith("E_"):
        return phone
    return f"{phone[:-1]}_f" if phone[-1].isdigit() else f"{phone}_i"


def sounds_of(model):
    """Phone ids, transitions and word boundaries of a model, and whether it is the first."""
    network = (model / "am/final.mdl").read_bytes()
    for is_first, phones in ((False, units.PDFS), (True, table())):
        ids, states, kinds = graph.phone_table(phones)
        writer = kaldi.Writer()
        transitions = kaldi.transition_model(writer, states)
        if network.startswith(bytes(writer.bytes)):
            return ids, transitions, kinds, is_first
    raise SystemExit(f"{model}: its sounds are neither this recipe's nor the first model's")


def run(model, real_words, cache, seed, with_characters=True):
    """Rewrites the graph of the folder `model`."""
    model = Path(model)
    ids, transitions, kinds, is_first = sounds_of(model)
    before = [line.split()[0] for line in (model / "graph/words.txt").read_text(encoding="utf-8").splitlines()]
    before = [word for word in before if word not in ("<eps>", graph.UNKNOWN)]
    spoken = export.pronunciations(real_words, cache)
    known = {word for word, _ in spoken}
    own = [word for word in before if not word.isascii() and word not in known]
    if own:
        spoken = export.pronunciations([*real_words, *own], cache)
    if is_first:
        spoken = [(word, tuple(toneless(phone) for phone in phones)) for word, phones in spoken if not any("@" in phone for phone in phones)]
        spoken = [(word, list(phones)) for word, phones in dict.fromkeys(spoken)]
    segmenter = lexicon.Segmenter({word for word, _ in spoken})
    sampled = export.service_sentences(segmenter, 500, seed)
    if not with_characters:
        spoken = export.words_only(spoken, [*sampled, before])
    vocabulary = sorted({word for word, _ in spoken})
    lost = sorted(set(before) - set(vocabulary))
    if lost:
        raise SystemExit(f"words would be lost: {' '.join(lost)}")
    sampled = export.with_sayings(sampled, segmenter, set(vocabulary))
    costs = _FIRST_COSTS if is_first else (export.WORD_COST, export.UNKNOWN_COST)
    used = graph.write(model, vocabulary, spoken, transitions, ids, sampled, export.floors(vocabulary), *costs)
    (model / "graph/phones/word_boundary.int").write_text("".join(f"{number} {kind}\n" for number, kind in kinds))
    export.told(model, vocabulary, spoken, used)
