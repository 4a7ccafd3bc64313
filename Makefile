# Everything here runs from a fresh clone with nothing but Python; `make` alone lists the targets.
PYTHON ?= python3
BIN := .venv/bin
NPM := $(shell command -v npm 2>/dev/null)
# The shipped folders, from the one place that names them.
FOLDERS := $(shell sed -n 's/^"covermock\.[a-z_]*" = "\([a-z_]*\)"$$/\1/p' pyproject.toml)
SPECS := openapi/gateway.yaml openapi/admin.yaml examples/contracts/remix.yaml examples/contracts/transcripts.yaml

.DEFAULT_GOAL := help
.PHONY: help image foreign docs reference habits sdks weigh serve test test-many check lint format types spec-lint redocly no-redocly kill-matrix kill-contracts kill-matrix-subtle kill-drawn kill-curve vendor clients lock bench bench-quick screenshots fuzz soak chaos crowd alarms wheel audit sbom clean

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

# What serving needs, and then what developing needs on top; pip shows what it does.
.venv/.serve: requirements/serve.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "needs Python 3.11+: make PYTHON=...")'
	@echo "Installing what serving needs, $$(grep -c == requirements/serve.txt) packages, into .venv (once)"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements/serve.txt
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/.stamp: .venv/.serve requirements/dev.txt
	@echo "Installing what developing needs, $$(grep -c == requirements/dev.txt) packages, into .venv (once)"
	$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

tools/%/node_modules/.stamp: tools/%/package.json tools/%/package-lock.json
	cd tools/$* && npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=1
	@touch $@

serve: .venv/.serve ## Start the stand-in: make serve ARGS="--port 8080"
	@$(BIN)/covermock serve $(ARGS)

test: .venv/.stamp ## Run the tests on all cores: make test PYTEST_ARGS="-k faults"
	$(if $(NPM),@$(MAKE) -s clients || echo "clients: not installed; the tests that need them are skipped")
	$(BIN)/pytest -n auto -rs $(PYTEST_ARGS)

test-many: .venv/.stamp ## Run the tests that draw gateways, money and names by chance with all their seeds (an hour)
	$(BIN)/pytest -n auto --many -m "seeds or many" $(PYTEST_ARGS)

check: lint types spec-lint test ## Everything that has to hold before a merge

lint: .venv/.stamp ## Find faults in style
	$(BIN)/ruff check
	$(BIN)/ruff format --check

format: .venv/.stamp ## Mend what can be mended in style
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

# Type checkers do not follow the hook of an editable install, so they get links to follow.
types: .venv/.stamp ## Check the types
	@rm -rf build/types && mkdir -p build/types/covermock
	@cp covermock/*.py build/types/covermock
	@for folder in $(FOLDERS); do ln -s ../../../$$folder build/types/covermock/$$folder; done
	MYPYPATH=build/types $(BIN)/mypy -p covermock

spec-lint: .venv/.stamp $(if $(NPM),redocly,no-redocly) ## Check that the API descriptions are sound
	$(BIN)/openapi-spec-validator $(SPECS)

redocly: export REDOCLY_TELEMETRY := off
redocly: export REDOCLY_SUPPRESS_UPDATE_NOTICE := true
redocly: tools/spec-lint/node_modules/.stamp
	tools/spec-lint/node_modules/.bin/redocly lint --config tools/spec-lint/redocly.yaml $(SPECS)

no-redocly:
	@echo "spec-lint: Redocly is skipped, since npm is missing"; test "$(CI)" != true

kill-matrix: .venv/.stamp ## Judge every defect of the mock, and write who finds it into docs/defects.md
	$(BIN)/python tools/kill_matrix.py $(ARGS)

kill-contracts: .venv/.stamp ## The same for both example contracts, into the table of rates
	$(BIN)/python tools/contract_kills.py examples/contracts/remix.yaml examples/contracts/transcripts.yaml --write $(ARGS)

kill-matrix-subtle: .venv/.stamp ## The same for the harder defects, with more credits
	$(BIN)/python tools/kill_matrix.py --subtle $(ARGS)

kill-drawn: .venv/.stamp ## Judge defects under conditions drawn by chance, none of them in the catalogue (ARGS='--seed 2')
	PYTHONPATH=tests $(BIN)/python tools/defect_draw.py $(ARGS)

kill-curve: .venv/.stamp ## What more credits find, on all defects or a sample (ARGS='--sample 60')
	$(BIN)/python tools/kill_matrix.py --curve $(ARGS)

VENDOR := mock_server/dashboard/vendor
RENDERER := tools/pages/node_modules/swagger-ui-dist

vendor: tools/pages/node_modules/.stamp ## Copy the renderer of the contract's page into the package, as its lock file pins it
	cp $(RENDERER)/swagger-ui-bundle.js $(RENDERER)/swagger-ui.css $(VENDOR)/
	cp $(RENDERER)/swagger-ui-bundle.js.LICENSE.txt $(VENDOR)/
	cp $(RENDERER)/LICENSE $(VENDOR)/LICENSE.txt
	cp $(RENDERER)/NOTICE $(VENDOR)/NOTICE.txt

clients: tools/clients/node_modules/.stamp tools/pages/node_modules/.stamp ## Install what the TypeScript client tests need

reference: .venv/.stamp ## Write anew what is made from the API descriptions: types, requests for editors, docs/reference.md
	$(BIN)/python tools/shapes.py
	$(BIN)/python tools/request_files.py
	$(BIN)/python tools/reference.py
	$(BIN)/ruff format --quiet fixtures

docs: export NO_MKDOCS_2_WARNING := 1
docs: .venv/.stamp reference ## Build the site of the docs into build/site; a warning is an error
	$(BIN)/mkdocs build --strict --quiet

habits: .venv/.stamp ## Run the clients of tests/clients/public, in all languages that are installed, through every scenario
	$(BIN)/python tools/habits.py

sdks: .venv/.stamp tools/sdks/node_modules/.stamp ## Make clients with openapi-generator (Java), hey-api and orval, into build/sdks
	$(PYTHON) -m venv build/openapi-generator
	build/openapi-generator/bin/python -m pip install --quiet openapi-generator-cli==7.26.0
	$(BIN)/python tools/sdks $(CURDIR)/build/openapi-generator/bin/openapi-generator-cli

lock: ## Pin the dependencies anew in requirements/
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install --quiet uv
	build/lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
		--no-annotate --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
		--all-extras pyproject.toml requirements/dev.in --output-file requirements/dev.txt
	for part in serve redis; do \
		cp requirements/dev.txt requirements/$$part.txt; \
		build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
			--no-annotate --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
			$$(test $$part = redis || echo pyproject.toml) requirements/$$part.in --output-file requirements/$$part.txt || exit; \
	done
	build/lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
		--no-annotate --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
		tools/supply/requirements.in --output-file tools/supply/requirements.txt

bench: .venv/.stamp ## Measure covermock and its peers into docs/benchmarks.md (needs wrk; a quarter of an hour)
	$(BIN)/python -m benchmarks

bench-quick: .venv/.stamp ## Measure covermock alone, in a minute
	$(BIN)/python -m benchmarks --quick

# The fuzzer's engine has no wheels for every platform, so nothing else needs it.
.venv/.fuzz: .venv/.stamp tools/fuzz/requirements.txt
	$(BIN)/python -m pip install --quiet --require-hashes -r tools/fuzz/requirements.txt
	@touch $@

fuzz: .venv/.fuzz ## Attack covermock with a million inputs: make fuzz ARGS="http --inputs 10000000 --write"
	PYTHONPATH=tools $(BIN)/python -m fuzz $(ARGS)

crowd: .venv/.stamp ## Serve a client beside 12,000 idle and dripping connections: make crowd ARGS=--write
	PYTHONPATH=tools $(BIN)/python -m benchmarks.crowd $(ARGS)

soak: .venv/.stamp ## Load a server for an hour and see that it stays flat: make soak ARGS="--seconds 600 --write"
	PYTHONPATH=tools $(BIN)/python -m soak $(ARGS)

chaos: .venv/.stamp ## Kill, freeze, fill, empty and cut off Redis and workers under load: make chaos ARGS="--runs 20 --write"
	PYTHONPATH=tools $(BIN)/python -m chaos $(ARGS)

alarms: .venv/.stamp ## Judge gateways drawn by chance, and tell false alarms: make alarms ARGS="--seeds 200 --write"
	PYTHONPATH=tests:tools $(BIN)/python -m alarms $(ARGS)

screenshots: .venv/.stamp ## Take the pictures of the docs from a real run (needs Chromium)
	$(BIN)/python tools/screenshots.py
	$(BIN)/python tools/reports.py

foreign: wheel ## Use the wheel in a foreign project: its plugins, its own gateway fixture, two strict type checkers
	$(BIN)/python tools/foreign dist/*.whl

image: build/image/debian/bin/sh ## Take the steps of the Dockerfile in an empty Debian root, and serve from it (as root, with debootstrap)
	$(BIN)/python tools/image_steps.py build/image/debian

build/image/debian/bin/sh: .venv/.stamp
	mkdir -p build/image
	debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates bookworm build/image/debian

weigh: wheel ## Measure what an install weighs, into docs/install.md
	$(BIN)/python tools/weigh.py dist/*.whl

wheel: .venv/.stamp ## Build the wheel and the sdist into dist/, the same bytes each time
	$(BIN)/python tools/dists.py

# Tools with dependencies of their own, which may not decide what the project is tested with.
build/supply/.stamp: tools/supply/requirements.txt
	$(PYTHON) -m venv --clear build/supply
	build/supply/bin/python -m pip install --quiet --require-hashes -r $<
	@touch $@

audit: build/supply/.stamp ## Look for known vulnerabilities in everything that requirements/ pins (asks the index)
	build/supply/bin/pip-audit --strict --disable-pip --require-hashes -r requirements/dev.txt

sbom: build/supply/.stamp ## Write what `covermock serve` is installed with into build/supply/covermock.cdx.json (CycloneDX)
	build/supply/bin/cyclonedx-py requirements requirements/serve.txt --pyproject pyproject.toml --mc-type library \
		--output-reproducible --output-file build/supply/covermock.cdx.json

clean: ## Remove all that was made here, .venv too
	rm -rf .venv build dist *.egg-info tools/*/node_modules .*_cache .hypothesis .schemathesis .coverage*
	find $(FOLDERS) tests -name __pycache__ -prune -exec rm -rf {} +
