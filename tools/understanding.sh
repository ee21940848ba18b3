#!/usr/bin/env bash
# understanding.sh [DIR]: the rows of docs/understanding.md, measured. DIR holds the public sets; without it only our own set is asked.
# What is drawn by chance (ten examples an intent, 2,000 examples, mistakes of a recogniser) is drawn from numbers that stand here.
set -eu
bellhop=${BELLHOP:-target/debug/bellhop}
own=tests/understanding/zh_service
drawn=$(mktemp -d)
trap 'rm -r "$drawn"' EXIT

# draw FILE MOST_AN_INTENT MOST SEED: some of the examples, in a shuffled order.
draw() {
    python3 -c '
import collections, random, sys
lines = [line for line in open(sys.argv[1], encoding="utf-8") if "\t" in line and not line.rstrip("\n").endswith("\t-")]
random.Random(int(sys.argv[4])).shuffle(lines)
taken = collections.Counter()
for line in lines:
    intent = line.rstrip("\n").rsplit("\t", 1)[1]
    if taken[intent] < int(sys.argv[2]) and sum(taken.values()) < int(sys.argv[3]):
        taken[intent] += 1
        sys.stdout.write(line)' "$@"
}

# row NAME LEARNT ASKED [FLAGS…]
row() {
    name=$1 learnt=$2 asked=$3
    shift 3
    "$bellhop" intents eval "$learnt" "$asked" --json "$@" | python3 -c '
import json, sys
r = json.load(sys.stdin); at = r["at_threshold"]
p = lambda v: "" if v is None else f"{100 * v:.1f}"
print("|", " | ".join([sys.argv[1], "now", p(r["accuracy_forced"]), p(r["accuracy_in_scope"]), p(r["oos_recall"]), "%.3f" % r["ece"],
    p(at["kept"]), p(at["precision"]), "%.2f" % r["fit_seconds"], str(round(r["us_per_utterance"]))]), "|", flush=True)' "$name"
}

row "Chinese, our own" "$own.yaml" "$own.tsv"
for seed in 1 2 3; do
    row "… 20 % misheard, seed $seed" "$own.yaml" "$own.tsv" --noise 20 --seed "$seed"
done
for seed in 1 2 3; do
    row "… 20 % random, seed $seed" "$own.yaml" "$own.tsv" --noise 20 --random --seed "$seed"
done
[ -n "${1:-}" ] || exit 0
draw "$1/clinc150.train.tsv" 1000000 2000 1 >"$drawn/clinc-2000.tsv"
draw "$1/clinc150.train.tsv" 10 1000000 1 >"$drawn/clinc-ten.tsv"
draw "$1/banking77.train.tsv" 10 1000000 1 >"$drawn/banking-ten.tsv"
row CLINC150 "$1/clinc150.train.tsv" "$1/clinc150.test.tsv"
row "CLINC150, 2,000 examples" "$drawn/clinc-2000.tsv" "$1/clinc150.test.tsv"
row "CLINC150, ten examples" "$drawn/clinc-ten.tsv" "$1/clinc150.test.tsv"
row Banking77 "$1/banking77.train.tsv" "$1/banking77.test.tsv"
row "Banking77, ten examples" "$drawn/banking-ten.tsv" "$1/banking77.test.tsv"
