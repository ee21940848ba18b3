"""python -m recipe STEP --out DIR [--real DIR]...: see README.md."""

import argparse
import json
from pathlib import Path

STEPS = ("synthesise", "features", "train", "export", "evaluate")


def _cache(out):
    path = Path(out) / "english.json"
    return path, json.loads(path.read_text()) if path.exists() else {}


def _listed(name):
    """A list of speakers: one of the recipe's texts, or any file."""
    from .sentences import TEXTS

    found = next((path for path in (TEXTS / name, Path(name).resolve()) if path.is_file()), None)
    if not found:
        raise argparse.ArgumentTypeError(f"there is no list {name}")
    return found


def synthesise(options):
    from concurrent.futures import ThreadPoolExecutor

    from . import evaluate as judging, recordings, synthesise as step

    real_words = recordings.words(options.real)
    with ThreadPoolExecutor(options.processes) as pool:
        jobs = [pool.submit(step.apart, options.out, real_words, 500, n, options.seed) for n in range(2 * options.thousands)]
        jobs += [pool.submit(step.judges, options.out, kind, texts, options.seed) for kind, texts in judging.texts(options.seed).items()]
        for job in jobs:
            job.result()


def features(options):
    from . import features as step, recordings

    path, cache = _cache(options.out)
    recordings.run(options.out, options.real, cache, options.held_out)
    path.write_text(json.dumps(cache, indent=0, sort_keys=True))
    step.run(options.out, options.processes, options.seed)


def train(options):
    from . import train as step

    step.run(options.out, options.hours, options.minutes, options.threads, options.seed, options.alignments)


def export(options):
    from . import export as step, recordings

    path, cache = _cache(options.out)
    step.run(options.out, options.model or Path(options.out) / "model", recordings.words(options.real), cache, options.seed, not options.no_characters, options.blend)
    path.write_text(json.dumps(cache, indent=0, sort_keys=True))


def widen(options):
    from . import recordings, widen as step

    path, cache = _cache(options.out)
    step.run(options.model, recordings.words(options.real), cache, options.seed, not options.no_characters)
    path.write_text(json.dumps(cache, indent=0, sort_keys=True))


def evaluate(options):
    from . import evaluate as step

    step.run(options.out, options.model or Path(options.out) / "model", options.seed, options.clips, options.ears)


def main():
    parser = argparse.ArgumentParser(prog="python -m recipe", description="Makes Bellhop's embedded speech model.")
    parser.add_argument("step", choices=(*STEPS, "all", "widen"))
    parser.add_argument("--out", required=True, help="folder for clips, features, checkpoints and the model")
    parser.add_argument("--real", action="append", default=[], help="folder of real speech with an index.tsv; may be given more than once")
    parser.add_argument("--held-out", default="held-out.txt", type=_listed,
                        help="list of speakers that no training clip comes from: held-out.txt (default), held-out-2.txt (a second fold), or any file")
    parser.add_argument("--model", help="model folder to write or to judge (default: OUT/model)")
    parser.add_argument("--hours", type=float, default=240, help="hours of speech the network hears in all, repetitions counted (default 240)")
    parser.add_argument("--minutes", type=float, default=1e6, help="training stops after this time; run again, it goes on")
    parser.add_argument("--thousands", type=int, default=20, help="thousands of synthetic clips (default 20)")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--alignments", type=int, choices=(1, 2, 3), default=3, help="how often the recordings are aligned during training (default 3)")
    parser.add_argument("--blend", help="an earlier checkpoint of the same run: the mean of its weights and the last one's is exported")
    parser.add_argument("--no-characters", action="store_true", help="export without characters that are no words, to compare")
    parser.add_argument("--ears", help="a bellhop program that hears the clips of `evaluate`, cut by its voice detector, instead of libvosk alone")
    parser.add_argument("--clips", type=int, default=600, help="clips a row of the report at most (default 600)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for step in STEPS if options.step == "all" else (options.step,):
        print(f"== {step}", flush=True)
        globals()[step](options)


if __name__ == "__main__":
    main()
