# The commands of this project. The work is in scripts/bootstrap.py; this file only finds a Python to run it with.
# Works with GNU make 3.81 (macOS) and newer, and with dash as /bin/sh.

# The first of these that is new enough. To choose another: make run PYTHON=/path/to/python3
PYTHON := $(shell for name in python3 python3.13 python3.12 python3.11; do \
  "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo "$$name"; exit; }; \
  done; echo python3)

COMMANDS := setup run demo test lint bench clean

.PHONY: help $(COMMANDS)
.DEFAULT_GOAL := help

help:
	@echo 'make run     set up what is missing, then start Rhomboid on http://127.0.0.1:8000'
	@echo 'make demo    the same with an invented clinic, in a data folder of its own (var-demo)'
	@echo 'make setup   only set up'
	@echo 'make test    linters, types and every test (about half an hour on two cores)'
	@echo 'make lint    linters and types alone'
	@echo 'make bench   benchmarks: ratios measured within one run'
	@echo 'make clean   remove what set-up fetched and built; your data stays'

$(COMMANDS):
	@"$(PYTHON)" scripts/bootstrap.py $@
