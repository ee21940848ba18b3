"""Gives the first model, whose network knows no tones and no sounds of digits, the recipe's whole vocabulary and trigram. Its network stays as it is."""

from pathlib import Path

from . import export, graph, kaldi, lexicon, units

# As that model was made.
_FINALS = (
    "a o e ea ai ei ao ou an en ang eng er i ii iii ia ie iao iu ian in iang ing iong "
    "u ua uo uai ui uan un uang ong ueng v ve van vn io"
).split()
WORD_COST, UNKNOWN_COST = 6.0, 10.0


def table():
    """Its phones and their pdfs: finals without tone."""
    found = {units.SILENCE: [0]}
    for name in [f"{initial}_i" for initial in units.INITIALS] + [f"{final}_f" for final in _FINALS] + [f"E_{name}" for name in units.ENGLISH]:
        number = found[list(found)[-1]][-1] + 1
        found[name] = [number, number + 1] if name[:-2] in _FINALS and name.endswith("_f") else [number]
    return found


def toneless(phone):
    """That model's name of a phone of ours."""
    if phone.startswith("E_"):
        return phone
    return f"{phone[:-1]}_f" if phone[-1].isdigit() else f"{phone}_i"


def run(model, real_words, cache, seed, with_characters=True):
    """Rewrites the graph of the folder `model`."""
    model = Path(model)
    ids, states, kinds = graph.phone_table(table())
    writer = kaldi.Writer()
    transitions = kaldi.transition_model(writer, states)
    if not (model / "am/final.mdl").read_bytes().startswith(bytes(writer.bytes)):
        raise SystemExit(f"{model} is not the first model: its sounds are others")
    before = [line.split()[0] for line in (model / "graph/words.txt").read_text(encoding="utf-8").splitlines()]
    before = [word for word in before if word not in ("<eps>", graph.UNKNOWN)]
    spoken = export.pronunciations([*real_words, *(word for word in before if not word.isascii())], cache)
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
    used = graph.write(model, vocabulary, spoken, transitions, ids, sampled, export.floors(vocabulary), WORD_COST, UNKNOWN_COST)
    (model / "graph/phones/word_boundary.int").write_text("".join(f"{number} {kind}\n" for number, kind in kinds))
    export.told(model, vocabulary, spoken, used)
