# The whole set-up is part of each job: a fresh Debian machine with Rust needs nothing else.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test bench check setup setup-run setup-test understanding clean
BIN := $(or $(CARGO_TARGET_DIR),target)/debug/bellhop

help:
	@echo "make run          build, start Bellhop, make two demonstration calls, go on serving (ONCE=1: end after the calls)"
	@echo "make test         all tests, with real SIP phones and a real browser"
	@echo "make bench        the measurements of docs/performance.md"
	@echo "make understanding DIR=…   the table of docs/understanding.md; DIR holds the public sets"
	@echo "make check        formatting, lints, documentation, licences"

run: setup-run
	cargo build --bin bellhop
	@exec $(BIN) demo $(if $(filter-out 0,$(ONCE)),--once)

test: setup-test
	@if cargo nextest --version >/dev/null 2>&1; then set -x; cargo nextest run; else set -x; cargo test --no-fail-fast; fi

bench: setup-run
	cargo bench --profile dev

check: setup-run
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --lib
	@if cargo deny --version >/dev/null 2>&1; then set -x; cargo deny check licenses bans sources; \
	else echo "cargo deny is not installed: licences were not checked"; fi

setup: setup-test

setup-run:
	@tools/setup.sh run

setup-test:
	@tools/setup.sh test

understanding: setup-run
	cargo build --bin bellhop
	@BELLHOP=$(BIN) tools/understanding.sh $(DIR)

clean:
	cargo clean
	rm -rf .tools tests/browser/node_modules
