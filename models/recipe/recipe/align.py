"""When each sound of a recording sounds: the best path of the network's scores through what was said."""

import numpy as np

from . import features, mfcc, network, store, units

LEAD = 0.15


def states(phones):
    """The states of an utterance: (pdfs, where each may be entered from). Silence may stand before, between and after words."""
    pdfs, entries = [0], [[-1]]
    ends = [0, -1]  # states a next word may follow; -1 is the start
    for ways in phones:
        word_ends = []
        for way in ways:
            before = list(ends)
            for phone in way:
                for pdf in units.PDFS[phone]:
                    pdfs.append(pdf)
                    entries.append(before)
                    before = [len(pdfs) - 1]
            word_ends += before
        pdfs.append(0)
        entries.append(list(word_ends))
        ends = word_ends + [len(pdfs) - 1]
    return np.array(pdfs), entries, ends


def best_path(scores, phones):
    """State's pdf per row, and the mean score; None where the clip is too short for its text."""
    pdfs, entries, finals = states(phones)
    count = len(pdfs)
    width = max(map(len, entries))
    table = np.full((count, width), count)  # `count` points at a score of minus infinity
    for state, before in enumerate(entries):
        for place, source in enumerate(before):
            table[state, place] = source if source >= 0 else count
    emitted = scores[:, pdfs]
    best = np.full(count + 1, -1e30)
    for state, before in enumerate(entries):
        if -1 in before:
            best[state] = emitted[0, state]
    back = np.zeros((len(scores), count), np.int32)
    rows = np.arange(count)
    for row in range(1, len(scores)):
        sources = best[table]
        pick = sources.argmax(1)
        entering = sources[rows, pick]
        stays = best[:count] >= entering
        back[row] = np.where(stays, rows, table[rows, pick])
        best[:count] = np.where(stays, best[:count], entering) + emitted[row]
    state = max((final for final in finals if final >= 0), key=lambda final: best[final])
    if best[state] < -1e29:
        return None
    total = best[state] / len(scores)
    path = [state]
    for row in range(len(scores) - 1, 0, -1):
        state = back[row][state]
        path.append(state)
    return path[::-1], pdfs, float(total)


def segments(net, priors, clip):
    """[(pdf, from, to)] in seconds and the path's mean score, or None."""
    samples = clip.samples.astype(np.float32)
    loud = np.sqrt((samples**2).mean()) + 1
    pad = np.zeros(int(LEAD * store.RATE), np.float32)
    samples = np.concatenate([pad, np.clip(samples * min(2500.0 / loud, 30.0), -32000, 32000), pad])
    # A little noise: digital silence is nothing the network knows from recordings.
    samples = samples + np.random.default_rng(0).standard_normal(len(samples)) * 3
    found = best_path(network.scores(net, mfcc.mfcc(samples)) - np.log(np.maximum(priors, 1e-4)), clip.phones)
    if found is None:
        return None
    path, pdfs, score = found
    made, before = [], None
    for row, state in enumerate(path):
        at = row * features.FRAME + features.CENTRE - features.FRAME / 2 - LEAD
        if state == before:
            made[-1][2] = at + features.FRAME
        else:
            made.append([int(pdfs[state]), at, at + features.FRAME])
        before = state
    return [(pdf, round(start, 4), round(end, 4)) for pdf, start, end in made if pdf != 0], score


def align(net, priors, clips, worst=0.03):
    """Gives clips their segments; those that fit their text worst are left out."""
    net.eval()
    scored = []
    for clip in clips:
        found = segments(net, priors, clip)
        if found:
            clip.segments = found[0]
            scored.append((found[1], len(scored), clip))
    kept = sorted(scored)[int(len(scored) * worst) :]
    print(f"aligned {len(scored)} of {len(clips)} clips, kept {len(kept)}, mean score {np.mean([s for s, _, _ in kept]):.2f}", flush=True)
    return [clip for _, _, clip in sorted(kept, key=lambda item: item[1])]
