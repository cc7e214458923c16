# Rollcall's commands. `make` alone lists them; each installs what it needs, once, into .venv*/.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
PY := .venv/bin/python
SAM := .venv-sam/bin
# A lock is complete, so nothing is left to resolve; that also spares older releases of pip their trouble with extras.
INSTALL := -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r
# Asked to run, not only to exist: a version manager's stand-in may be on PATH for a Python that is not switched on.
PYTHON313 = $(shell PYENV_VERSION=3.13 python3.13 -c 'import sys; print(sys.executable)' 2>/dev/null)

# What runs on a laptop can reach no account: invented credentials, no profile, no instance metadata.
LOCALLY := env -u AWS_PROFILE -u AWS_SESSION_TOKEN AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local \
  AWS_DEFAULT_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true SAM_CLI_TELEMETRY=0 PYTHONPATH=shared:.
MINISTACK_BIN := $(CURDIR)/.venv-ministack/bin/ministack

.PHONY: help
help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---------------------------------------------------------------- run it
.PHONY: dev dev-reset create-team recount verify-audit check-token
dev: .venv/.local-installed $(if $(filter ministack,$(BACKEND)),.venv-ministack/.installed) ## Run the whole service here (PORT, BACKEND=moto|ministack, SEED_MEMBERS)
	@exec $(LOCALLY) MINISTACK_BIN=$(MINISTACK_BIN) $(PY) -m infra.local

.PHONY: ministack
ministack: .venv-ministack/.installed ## Install the MiniStack emulator, for BACKEND=ministack

dev-reset: ## Forget what the local service has stored
	rm -rf .dev

create-team: .venv/.local-installed ## Create a team (SLUG, NAME, OWNER_EMAIL, OWNER_NAME, PRODUCTS="key=Name …"; STACK, or LOCAL=1)
	@PYTHONPATH=shared:. $(PY) -m infra.create_team --slug "$$SLUG" --name "$$NAME" \
	  --owner-email "$$OWNER_EMAIL" --owner-name "$$OWNER_NAME" $(PRODUCTS:%=--product %) \
	  $(if $(LOCAL),--local,--stack $(or $(STACK),rollcall))

recount: .venv/.local-installed ## Recount a team's roster (SLUG or TEAM; REPAIR=1 puts it right; STACK)
	@PYTHONPATH=shared:. $(PY) -m infra.recount $(if $(TEAM),--team "$$TEAM",--slug "$$SLUG") \
	  --stack $(or $(STACK),rollcall) $(if $(REPAIR),--repair)

verify-audit: ## Check an export of the audit (FILE, several parts in order; HEAD=sequence:hash; PART=1)
	@$(PYTHON) infra/verify_audit.py $(FILE) $(if $(HEAD),--head $(HEAD)) $(if $(PART),--part)

check-token: ## Find Rollcall's secrets in text, offline (FILE, several too; standard input without)
	@$(PYTHON) infra/check_token.py $(FILE)

# ---------------------------------------------------------------- prove it
.PHONY: test test-ministack races fuzz bench bench-peers scim-demo scim-sync scim-group timing lint types template check format
test: .venv/.dev-installed ## Run the tests that need nothing but Python
	$(LOCALLY) $(PY) -m pytest -q -n 2 --dist worksteal -m "not ministack"

# Two emulators, each with whole files: a file founds its teams once.
ON_MINISTACK := tests/ministack tests/infra/test_local_process.py
test-ministack: .venv/.dev-installed .venv-ministack/.installed ## Run the tests that need the MiniStack emulator
	$(LOCALLY) MINISTACK_BIN=$(MINISTACK_BIN) $(PY) -m pytest -q -n 2 --dist loadfile -m ministack $(ON_MINISTACK)

races: .venv/.dev-installed .venv-ministack/.installed ## Run the races many times over (RACES times as many rounds, 50)
	$(LOCALLY) RACES=$(or $(RACES),50) MINISTACK_BIN=$(MINISTACK_BIN) $(PY) -m pytest -q -m ministack tests/ministack/test_races.py tests/ministack/test_owner_races.py tests/ministack/test_member_races.py tests/ministack/test_token_races.py tests/ministack/test_sign_in_races.py tests/ministack/test_expiry.py

fuzz: .venv/.dev-installed ## Try random requests on every route, others each time (FUZZ_EXAMPLES=500 a route)
	FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-500} $(LOCALLY) $(PY) -m pytest -q tests/functions/test_fuzz.py

bench: .venv/.dev-installed .venv-ministack/.installed ## Print what operations and cold starts cost (BENCH_SIZES=100,1000,10000,100000, BENCH_COLD=0)
	@$(LOCALLY) MINISTACK_BIN=$(MINISTACK_BIN) $(PY) -m infra.bench

bench-peers: .venv-peers/.installed ## Install the SCIM server that the benchmark runs beside ours, in its own environment

scim-demo: .venv/.local-installed ## Let a toy Entra ID and a toy Okta provision seeded teams, and print what happened
	@$(LOCALLY) $(PY) -m infra.scim_demo

scim-sync: .venv/.local-installed .venv-ministack/.installed ## Sync a large directory by SCIM over bad weather (SYNC_PEOPLE=5000, SYNC_GROUPS=50, SYNC_CONNECTIONS=4)
	@$(LOCALLY) MINISTACK_BIN=$(MINISTACK_BIN) $(PY) -m infra.scim_sync

scim-group: .venv/.dev-installed .venv-ministack/.installed ## Fill, change and delete one large group by SCIM (MEMBERS=10000)
	$(LOCALLY) MEMBERS=$(or $(MEMBERS),10000) MINISTACK_BIN=$(MINISTACK_BIN) $(PY) -m pytest -q -s -m ministack tests/ministack/test_large_group.py

timing: .venv/.dev-installed ## Time refused sign-ins and compare who is told apart (SAMPLES=2000 each)
	@$(LOCALLY) $(PY) -m infra.timing --samples $(or $(SAMPLES),2000)

lint: .venv/.dev-installed ## Check style, format and the floors
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	$(LOCALLY) .venv/bin/lint-imports --no-cache --no-logo

types: .venv/.dev-installed ## Check types, strictly
	.venv/bin/mypy

template: .venv-sam/.installed ## Check template.yaml as AWS would
	$(LOCALLY) $(SAM)/cfn-lint -a cfn_lint_serverless.rules -- template.yaml
	$(LOCALLY) $(SAM)/sam validate --lint

check: ## Run the whole gate, as CI does
	@$(MAKE) -j2 types template lint .venv-ministack/.installed
	@$(MAKE) test
	@$(MAKE) test-ministack

format: .venv/.dev-installed ## Rewrite the code in the house's format
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

# ---------------------------------------------------------------- ship it
BUILT := .aws-sam/build
REHEARSAL := .aws-sam/rehearsal
MACHINE := $(if $(filter x86_64 amd64,$(shell uname -m)),x86_64,arm64)
.PHONY: build rehearse deploy openapi roles rules blocklist lock clean
# SAM's builder makes no bytecode; without it a cold start compiles every module. Hash-based files are never rechecked,
# and the paths in them are those that Lambda mounts.
build: .venv-sam/.installed ## Build the layer and the functions, with bytecode (needs python3.13, no Docker)
	@test -n "$(PYTHON313)" || { echo "make build needs python3.13 on PATH, the runtime of the functions" >&2; exit 1; }
	PATH="$(dir $(PYTHON313)):$$PATH" SAM_CLI_TELEMETRY=0 $(SAM)/sam build $(SAM_BUILD)
	@for dir in $(BUILT)/*/; do \
	  case $$dir in */Layer/) on=/opt ;; *) on=/var/task ;; esac; \
	  "$(PYTHON313)" -m compileall -q --invalidation-mode unchecked-hash -s "$${dir%/}" -p "$$on" "$${dir%/}" || exit 1; \
	done

# The rehearsal runs the layer on this machine, so its wheels are this machine's; all else is what `make build` builds.
rehearse: .venv/.local-installed .venv-sam/.installed .venv-ministack/.installed ## Deploy the built template to a MiniStack of its own and play an invitation there
	@mkdir -p $(REHEARSAL)
	@sed 's/arm64/$(MACHINE)/' template.yaml > $(REHEARSAL)/template.yaml
	@echo "Building; the log is $(REHEARSAL)/build.log"
	@$(MAKE) build BUILT=$(REHEARSAL)/build SAM_BUILD="--template $(REHEARSAL)/template.yaml --base-dir . \
	  --build-dir $(REHEARSAL)/build --cache-dir $(REHEARSAL)/cache" > $(REHEARSAL)/build.log 2>&1 || { cat $(REHEARSAL)/build.log; exit 1; }
	@exec $(LOCALLY) MINISTACK_BIN=$(MINISTACK_BIN) $(PY) -m infra.rehearse $(REHEARSAL)/build

deploy: build ## Build it and deploy it to AWS, asking for the parameters
	SAM_CLI_TELEMETRY=0 $(SAM)/sam deploy --guided

roles: .venv/.local-installed ## Write the README's table of roles from the permission matrix
	$(LOCALLY) $(PY) -m infra.roles_table

rules: .venv/.local-installed ## Write docs/rules.md from the code and the tests
	$(LOCALLY) $(PY) -m infra.rules_page

openapi: .venv/.local-installed ## Write infra/openapi.json from the handlers
	$(LOCALLY) $(PY) -m infra.openapi

blocklist: .venv/.local-installed ## Make the blocklist of passwords anew (SOURCE: a folder of unpacked packages)
	@$(LOCALLY) $(PY) -m infra.blocklist "$(SOURCE)"

# No registry's address and no path of this machine may end up in a lock. UPGRADE=--upgrade takes newer releases.
COMPILE := .venv/bin/uv pip compile --quiet --no-config --universal --generate-hashes --no-emit-index-url --no-header $(UPGRADE)
lock: .venv/.dev-installed ## Resolve infra/requirements/*.in into hashed locks
	cd infra/requirements && ../../$(COMPILE) --python-version 3.13 layer.in -o ../../shared/requirements.txt
	cd infra/requirements && for use in local dev sam ministack peers; do \
	  ../../$(COMPILE) --python-version 3.11 $$use.in -o $$use.txt || exit 1; \
	done

clean: ## Remove what was built and installed
	rm -rf .venv .venv-sam .venv-ministack .venv-peers .aws-sam .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---------------------------------------------------------------- environments; each stamp is newer than its lock
.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Rollcall needs Python 3.11 or newer; this is " + sys.version)'
	$(PYTHON) -m venv .venv

.venv/.local-installed: infra/requirements/local.txt | .venv/bin/python
	$(PY) $(INSTALL) $<
	@touch $@

.venv/.dev-installed: infra/requirements/dev.txt .venv/.local-installed
	$(PY) $(INSTALL) $<
	@touch $@

.venv-sam/.installed: infra/requirements/sam.txt
	$(PYTHON) -m venv .venv-sam
	.venv-sam/bin/python $(INSTALL) $<
	@touch $@

.venv-peers/.installed: infra/requirements/peers.txt
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python $(INSTALL) $<
	@touch $@

# MiniStack runs the functions with its own Python, so it gets the runtime's version where there is one.
.venv-ministack/.installed: infra/requirements/ministack.txt
	$(or $(PYTHON313),$(PYTHON)) -m venv .venv-ministack
	.venv-ministack/bin/python $(INSTALL) $<
	@touch $@
