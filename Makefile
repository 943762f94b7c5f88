# `make help` lists what can be done; each command prepares .venv by itself.
.DEFAULT_GOAL := help
PYTHON ?= python3
PORT ?= 8000
DATA ?= .local
# Percent of the lines and branches of functions/, staff/ and the hooks that the tests must run, by `make coverage`: measuring
# doubles the time of the tests, so `make test` does without.
FLOOR := 97
READY := .venv/ready
# Finds or installs the programs that tests use, once, before any two of them need one.
PROGRAMS := .venv/bin/python -m tests.support.programs
PYTEST := .venv/bin/pytest --numprocesses 2 --dist worksteal
export NO_MKDOCS_2_WARNING = 1

.PHONY: help serve test screens test-long coverage lint-web bench scan chaos fuzz judges load mutation soak spam times
.PHONY: attack rehearse cost build deploy smoke card golden role screenshots requirements clean first-hour

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

serve: $(READY) ## Run everything on this machine: site, forms, mailbox (PORT=8000 DATA=.local CACHE=)
	@exec .venv/bin/python -m local --port $(PORT) --data $(DATA) $(if $(CACHE),--edge-cache)

test: $(READY) ## Check style, types, template and workflows, and run all tests but those of `make screens`
	@$(PROGRAMS)
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-logo --no-cache
	@.venv/bin/zizmor --offline --quiet --persona pedantic .github/workflows
	@$(MAKE) --no-print-directory lint-web
	@$(PYTEST) --ignore=tests/screens

screens: $(READY) ## Try every page, checklist, the desk and the register in Chromium, the main visits in Firefox and WebKit too
	@$(PROGRAMS)
	@$(PYTEST) tests/screens

# Biome comes from npm, pinned in package-lock.json. Where npm is missing, that is said, and the rest goes on.
BIOME := $(if $(shell command -v npm),node_modules/.package-lock.json)
lint-web: $(BIOME) ## Look for mistakes in JavaScript and CSS, and at the format of JavaScript
	@$(if $(BIOME),node_modules/.bin/biome check --colors=off --error-on-warnings,echo "npm is missing: JavaScript and CSS are not checked")
node_modules/.package-lock.json: package-lock.json
	@npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@

coverage: $(READY) ## Run the tests of `make test`, slower, and say what they run of functions/, staff/ and the hooks
	@$(PROGRAMS)
	@$(PYTEST) --ignore=tests/screens --cov --cov-report=term --cov-fail-under=$(FLOOR)

# The tests whose files have these words in them.
LONGER = EXAMPLES=$(or $(EXAMPLES),5) $(PYTEST) \
	$$(grep -lr "$(1)" tests --include "test_*.py")
test-long: $(READY) ## Run what repeats whole, and the property tests on EXAMPLES=5 times as many inputs, new ones; then `make chaos`
	@$(PROGRAMS)
	@$(call LONGER,tests.support.examples)
	@$(MAKE) --no-print-directory chaos

chaos: $(READY) ## Break everything at every point, in pairs too, and account for each e-mail
	@.venv/bin/python -m tools.chaos

bench: $(READY) ## Measure how long things take and weigh, then `make scan`
	@.venv/bin/python -m tools.bench

scan: $(READY) ## Let cfn-lint, checkov, Trivy and bandit look for weaknesses
	@.venv/bin/python -m tools.scan

mutation: $(READY) ## Make one small mistake at a time for MINUTES=7, and name those that no test notices (AREA=template.yaml)
	@$(PROGRAMS)
	@.venv/bin/python -m tools.mutation --minutes $(or $(MINUTES),7) $(if $(AREA),--area "$(AREA)") --seed $(or $(SEED),1)

spam: $(READY) ## Count what the spam rules hold: people and bots of the tests
	@.venv/bin/pytest -s tests/functions/test_spam_zoo.py | grep posted

cost: $(READY) ## Compute the monthly bill for 100, 10,000 and 1,000,000 submissions
	@.venv/bin/python -m tools.cost

fuzz: $(READY) ## Try hostile input for SECONDS=60 a target, then EXAMPLES=5 times as much on the property tests
	@$(PROGRAMS)
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tools/fuzz/requirements.txt
	@.venv/bin/python -m tools.fuzz --seconds $(or $(SECONDS),60)
	@$(call LONGER,import examples)

judges: $(READY) ## Ask other people's programs what they make of pages, e-mails and files
	@$(PROGRAMS) judges
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tools/judges/requirements.txt
	@.venv/bin/pytest --numprocesses 2 tests/judges/test_*.py tests/judges/judge_*.py tests/site/test_oldest_browsers.py

times: $(READY) ## Run the tests that depend on the clock at eight hours and days, each in another order
	@$(PROGRAMS)
	@.venv/bin/python -m tools.times

load: build ## Flood the local run and the built package with FORMS=5000 each; account for each
	@.venv/bin/python -m tools.load --local $(or $(FORMS),5000) --package $(or $(FORMS),5000)

soak: $(READY) ## Run visitors, staff, clock, bounces and a new version for MINUTES=40; account for each
	@.venv/bin/python -m tools.soak --minutes $(or $(MINUTES),40)

build: $(READY) ## Build the site into site/ and what runs on Lambda into .build/
	@.venv/bin/mkdocs build --strict
	@.venv/bin/python -m tools.package

# What `sam build` asks for, function by function: the same package.
build-%: build
	@cp -R .build/functions/. "$(ARTIFACTS_DIR)"

deploy: $(READY) ## Build afresh, deploy the stack of samconfig.toml, and copy the site (DRY=1 prints only, GUIDED=1 asks, BUILT=1 takes what is built)
	@.venv/bin/python -m tools.deploy $(if $(DRY),--dry) $(if $(GUIDED),--guided) $(if $(BUILT),--built)

rehearse: $(READY) ## Let SAM's own command line deploy to a stand-in, up to the change set, and check what it wrote down
	@.venv/bin/python -m tools.rehearse

attack: build ## Do what an attacker with one laptop would do, to the local run and to what is built
	@$(PROGRAMS)
	@.venv/bin/python -m tools.attack

smoke: $(READY) ## Check a deployed stack, with one marked test submission (URL=https://… API=https://…)
	@.venv/bin/python -m tools.smoke $(URL) $(if $(API),--api $(API))

card: $(READY) ## Draw the picture beside shared links and the icon of phones, from card.svg and favicon.svg
	@.venv/bin/python -m tools.card

golden: $(READY) ## Take template.yaml as it is now for what was reviewed
	@.venv/bin/python -m tools.expanded_template

first-hour: $(READY) ## Ask a real account what only it can answer, and clean up (ADDRESS=verified e-mail, DRY=1 prints only)
	@.venv/bin/python -m tools.first_hour $(if $(DRY),--dry) $(if $(ADDRESS),--address $(ADDRESS))

role: $(READY) ## Write deploy-role.yaml anew: the rights that deploying the resource types of template.yaml takes
	@.venv/bin/python -m tools.deploy_role

screenshots: $(READY) ## Take pictures of every page and state into site-shots/
	@.venv/bin/python -m tools.screenshots

PIN := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--custom-compile-command "make requirements"
requirements: $(READY) ## Pin anew what pyproject.toml asks for, with hashes
	@$(PIN) --upgrade --group dev -o requirements.txt
	@$(PIN) --constraints requirements.txt --group functions -o functions/requirements.txt
	@$(PIN) --constraints requirements.txt --group lighthouse -o tools/bench/lighthouse/requirements.txt
	@$(PIN) --upgrade --group fuzz -o tools/fuzz/requirements.txt
	@$(PIN) --constraints requirements.txt --group judges -o tools/judges/requirements.txt
	@$(PIN) --upgrade --group scan -o tools/scan/requirements.txt
	@$(PIN) --upgrade --group deploy -o tools/sam/requirements.txt

clean: ## Remove what the other commands made, the local data too
	@rm -rf node_modules tools/judges/node_modules .venv .local .build .aws-sam site site-shots

# Installed again when what is pinned changed; says why when it cannot.
$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "Python 3.11 or newer is needed: install it, or run make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "Python's venv module is missing: on Debian or Ubuntu, apt install python3-venv" >&2; exit 1; }
	@echo "Preparing .venv (once, about a minute)"
	@$(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $(READY)
