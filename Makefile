# The few verbs. `make run` needs Python 3.11 or newer with its venv module, make, and the package registries.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# A stamp carries its lock's checksum in its name: an unchanged lock is never installed twice, a changed one always is.
checksum = $(firstword $(shell cksum < $(1)))
RUN_STAMP := $(VENV)/.run-$(call checksum,requirements.lock)
DEV_STAMP := $(VENV)/.dev-$(call checksum,requirements.lock)-$(call checksum,requirements-dev.lock)
PIP_INSTALL := $(BIN)/python -m pip install --require-hashes --no-deps --only-binary=:all: --quiet --retries=1
PIP_FAILED := echo "The locked packages could not be installed ($(VENV)/pip.log says why). Check that pip reaches a package registry and run this again."

# Demo settings, for these commands only; the environment and .env win over them.
DEVELOPMENT := $(BIN)/python setup/development.py
FLASK := $(DEVELOPMENT) $(BIN)/flask
ifdef PORT
export PORT
endif
# Tests start hundreds of processes of the portal. Each would compile every module of ours again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test test-all quick torture check check-js bench bench-accuracy bench-answer-times bench-documents bench-jail bench-pages bench-seeking scan sbom assets tools models \
	translations lock
.SILENT:

run: $(RUN_STAMP) assets models  ## serve the portal with demo data on 127.0.0.1:8000, or PORT=…
	$(FLASK) db upgrade
	$(FLASK) seed
	exec $(DEVELOPMENT) $(BIN)/gunicorn wsgi:app

test: $(DEV_STAMP) tools assets models  ## every test but the long ones, in two processes; ARGS="-k face" chooses among all
	$(BIN)/python -m pytest $(or $(ARGS),$(IN_TWO) -m "not (torture or long)")

test-all: $(DEV_STAMP) tools assets models  ## every test, about half an hour
	$(BIN)/python -m pytest $(IN_TWO)

IN_TWO := -n 2 --dist worksteal --durations=10
NOT_QUICK := torture or browser or webkit or nginx or strace or sound or server or footage or film or slow
quick: $(DEV_STAMP) tools assets models  ## every quick test without browser, server or sound, for while you write
	$(BIN)/python -m pytest -n 3 --dist worksteal -m "not ($(NOT_QUICK))" $(ARGS)

torture: $(DEV_STAMP) tools assets models  ## the long forms of the fault tests, about half an hour; ARGS="-k killed" chooses
	$(BIN)/python -m pytest -m torture -s $(ARGS)

check: $(DEV_STAMP)  ## what a change must pass: format, lint, types, every test, about half an hour
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(MAKE) --no-print-directory tools
	$(BIN)/python setup/javascript.py lint types
	$(MAKE) --no-print-directory test-all

check-js: $(DEV_STAMP) tools  ## ESLint and TypeScript over our scripts, and their unit tests in Node
	$(BIN)/python setup/javascript.py

bench: $(DEV_STAMP) models  ## what engine and portal cost on this machine; ROW=flags measures one row alone
	PYTHONPATH=tests/support $(BIN)/python -m benchmarks.speed $(ROW)

bench-accuracy: $(RUN_STAMP) models  ## how often the engine is right on labelled clips; FOOTAGE=… names their folder
	$(BIN)/python -m benchmarks.accuracy $(FOOTAGE)

bench-documents: $(RUN_STAMP)  ## what becomes of the documents in the folder CORPUS=…, by the program that wrote them
	$(BIN)/python -m benchmarks.documents $(CORPUS)

bench-jail: $(DEV_STAMP) models  ## what it would cost to open recordings in a jail; CLIP=… is the recording
	$(BIN)/python -m benchmarks.jailed $(CLIP) instance/models/face_landmarker.task instance/models/centerface.onnx

bench-seeking: $(DEV_STAMP)  ## what seeking costs where the browser may keep nothing, about ten minutes
	PYTHONPATH=tests/support $(BIN)/python -m benchmarks.seeking

bench-answer-times: $(DEV_STAMP)  ## whether the time of an answer tells who has an account, about 10 minutes
	PYTHONPATH=tests/support $(BIN)/python -m benchmarks.answer_times

bench-pages: $(DEV_STAMP) assets  ## what Lighthouse says of the pages, median of five, about 5 minutes
	cd benchmarks/lighthouse && npm ci --silent
	PYTHONPATH=tests/support $(BIN)/python -m benchmarks.pages

scan: $(DEV_STAMP) models  ## hostile tools against a portal on loopback, about 15 minutes; TOOL=bandit runs one
	PYTHONPATH=tests/support $(BIN)/python -m scan $(TOOL)

sbom: $(RUN_STAMP)  ## what the portal is made of, with versions and hashes: sbom.json (CycloneDX)
	$(BIN)/python setup/sbom.py >sbom.json && echo "sbom.json is written."

translations: $(RUN_STAMP)  ## collect the sentences of the portal and update the catalogs of its languages
	$(BIN)/python -m setup.translations

assets: $(RUN_STAMP)  ## copy htmx and the fonts, build the stylesheet and the catalogs
	$(BIN)/python setup/assets.py

tools: $(RUN_STAMP)  ## obtain what tests and checks of our scripts need
	$(BIN)/python setup/assets.py --tools

models: $(RUN_STAMP)  ## obtain and check the face models
	$(DEVELOPMENT) $(BIN)/python setup/models.py

lock: $(DEV_STAMP)  ## pin what requirements*.in ask for, with the hashes of every platform's wheels
	for name in requirements requirements-dev requirements-node scan/bandit scan/schemathesis scan/sqlmap scan/wapiti; do \
		$(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-header --no-annotate \
			--no-emit-options --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
			--output-file $$name.lock $$name.in && \
		sed -i.bak '/^#/d' $$name.lock && rm $$name.lock.bak || exit 1; \
	done
	npm install --package-lock-only
	cd benchmarks/lighthouse && npm install --package-lock-only
	$(BIN)/python setup/assets.py --tidy-lock

$(BIN)/pip:
	command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) was not found: install Python 3.11 or newer."; exit 1; }
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed, and $(PYTHON) is older: try make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV) >/dev/null || \
		{ echo "Python could not make a virtual environment: install its venv module (Debian: python3-venv)."; exit 1; }

$(RUN_STAMP): | $(BIN)/pip
	echo "Installing the locked packages into $(VENV); this happens once …"
	$(PIP_INSTALL) -r requirements.lock >$(VENV)/pip.log 2>&1 || { $(PIP_FAILED); exit 1; }
	rm -f $(VENV)/.run-* && touch $@

$(DEV_STAMP): | $(RUN_STAMP)
	echo "Installing the tools for tests and checks …"
	$(PIP_INSTALL) -r requirements-dev.lock >$(VENV)/pip.log 2>&1 || { $(PIP_FAILED); exit 1; }
	rm -f $(VENV)/.dev-* && touch $@
