#!/usr/bin/env bash
# understanding.sh [DIR]: the rows of docs/understanding.md, measured. DIR holds the public sets; without it only our own set is asked.
set -eu
bellhop=${BELLHOP:-target/debug/bellhop}
row() {
    "$bellhop" intents eval "$2" "$3" --json | python3 -c '
import json, sys
r = json.load(sys.stdin); at = r["at_threshold"]
p = lambda v: "-" if v is None else f"{100 * v:.1f}"
print("|", " | ".join([sys.argv[1], "now", p(r["accuracy_forced"]), p(r["accuracy_in_scope"]), p(r["oos_recall"]), str(r["ece"]),
    p(at["kept"]), p(at["precision"]), str(r["fit_seconds"]), str(round(r["us_per_utterance"]))]), "|")' "$1"
}
row "Chinese, our own" tests/understanding/zh_service.yaml tests/understanding/zh_service.tsv
[ -n "${1:-}" ] || exit 0
row CLINC150 "$1/clinc150.train.tsv" "$1/clinc150.test.tsv"
row Banking77 "$1/banking77.train.tsv" "$1/banking77.test.tsv"
