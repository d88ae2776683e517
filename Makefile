# Every target bootstraps what it needs into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

SCHEDULES ?= 10000
UPLOADS ?= 1000
MINUTES ?= 5

.PHONY: demo test pytorch tensorflow simulate burst peers benchmarks benchmarks-quick fuzz check lint types template scan sam lambda-image oracle images lock reference clean

demo: $(READY)
	$(BIN)/traindrop demo

test: $(READY)
	$(BIN)/pytest -n auto --dist loadgroup

# For local runs and tests of framework pytorch.
pytorch: $(READY)
	$(BIN)/pip install torch==2.13.0

# For local runs and tests of framework tensorflow; some 2 GB.
tensorflow: $(READY)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation -e '.[tensorflow]'

# Every crash point of one upload, then seeded schedules at random: docs/simulator.md.
simulate: $(READY)
	$(BIN)/python -m tests.simulation --schedules $(SCHEDULES)

# Many uploads at once on a local AWS with a quota of 4: benchmarks/README.md.
burst: $(READY)
	$(BIN)/python -m benchmarks.burst --uploads $(UPLOADS)

# Ours against its peers, each measured in one run; then what it means for docs/scale.md: benchmarks/README.md. Some twelve
# minutes on two quiet processors; benchmarks-quick is the same on small files, and proves nothing.
benchmarks: $(READY) peers oracle
	$(BIN)/python -m benchmarks.all
benchmarks-quick: $(READY) peers oracle
	$(BIN)/python -m benchmarks.all --quick

peers: .venv-peers/.ready
.venv-peers/.ready: benchmarks/peers.lock
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	touch $@

# The readers of CSV, YAML and tar against libFuzzer, MINUTES each, 0 for ever: docs/hostile-input.md. What it learned
# and what it found stays in .fuzz.
FUZZED := csv yaml tar
fuzz: .venv-fuzz/.ready
	PYTHONPATH=layers/core:. .venv-fuzz/bin/python -m tests.fuzz.seeds .fuzz
	for target in $(FUZZED); do \
	    PYTHONPATH=layers/core:. .venv-fuzz/bin/python -m tests.fuzz $$target -max_total_time=$$(($(MINUTES) * 60)) \
	        -timeout=20 -rss_limit_mb=1024 -max_len=16384 -verbosity=0 -print_final_stats=1 \
	        -artifact_prefix=.fuzz/$$target- .fuzz/$$target || exit 1; \
	done

.venv-fuzz/.ready: tests/fuzz/fuzz.lock
	$(PYTHON) -m venv .venv-fuzz
	.venv-fuzz/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	touch $@

check: lint types template scan sam test

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

template: $(READY)
	$(BIN)/cfn-lint

# What scanners find in the translated template, the workflows and the locks: docs/deploy.md.
LOCKS := requirements.lock layers/core/requirements.txt layers/scoring/requirements.txt layers/tuning/requirements.txt \
	tests/scan/scan.lock
scan: $(READY) .venv-scan/.ready
	$(BIN)/python -m tests.scan.cloudformation .venv-scan/bin/checkov
	.venv-scan/bin/zizmor --offline --quiet --pedantic .github/workflows
	.venv-scan/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/python -m tests.scan.audit .venv-scan/bin/pip-audit $(LOCKS)

# The scanners take other versions of the same packages.
.venv-scan/.ready: tests/scan/scan.lock
	$(PYTHON) -m venv .venv-scan
	.venv-scan/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	touch $@

# What a person does to deploy: validates and builds; then says how large it is, and fails on what must not be deployed.
# Without Python 3.13, the runtime of the functions, it says so and leaves it: CI has one.
include layers/python313.mk
SAM := .venv-sam/bin
sam: $(if $(PYTHON313),$(READY) .venv-sam/.ready)
ifdef PYTHON313
	PATH="$(CURDIR)/$(SAM):$$PATH" SAM_CLI_TELEMETRY=0 $(SAM)/sam validate --lint
	PATH="$(CURDIR)/$(SAM):$$PATH" SAM_CLI_TELEMETRY=0 $(SAM)/sam build
	$(BIN)/python -m tests.sam
else
	@echo "Skipped: sam validate, sam build and the tests of what is built. $(NO_PYTHON313)"
endif

# The SAM CLI, which wants other versions than the local AWS; in runtime/, what Lambda brings along for the functions.
.venv-sam/.ready: tests/sam/sam.lock tests/sam/runtime.lock
	@test -n "$(PYTHON313)" || { echo "$(NO_PYTHON313)" >&2; exit 1; }
	"$(PYTHON313)" -m venv .venv-sam
	$(SAM)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r tests/sam/sam.lock
	rm -rf .venv-sam/runtime
	$(SAM)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes --target .venv-sam/runtime -r tests/sam/runtime.lock
	touch $@

# Stands in for the public image of Lambda, where that cannot be pulled: for the tests marked docker. As root, on Debian.
lambda-image: .venv-sam/.ready
	tests/sam/base_image.sh .venv-sam/runtime

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "traindrop needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.13 " + "$(MAKECMDGOALS)")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(READY)

# The SageMaker Python SDK, v2 and v3, each in an environment of its own: they take other versions of botocore than the
# local AWS. Where these are, tests hold requests and image addresses against the SDK itself.
ORACLES := .venv-oracle2/.ready .venv-oracle3/.ready
oracle: $(ORACLES)

# The locks are complete; --no-deps because v3's leaves out what its ModelTrainer never imports (sdk3.excludes).
.venv-oracle%/.ready: tests/oracle/sdk%.lock
	$(PYTHON) -m venv .venv-oracle$*
	.venv-oracle$*/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	touch $@

# The table of image addresses and the recorded requests, made anew by the SDK.
images: $(READY) $(ORACLES)
	$(BIN)/python -m tests.oracle.recordings

# The locks, made anew from the *.in files and pyproject.toml. Needs uv (pip install uv) and a network.
LOCK := uv pip compile --quiet --refresh-package traindrop --generate-hashes --no-emit-index-url --no-annotate --no-header
LAMBDA := --python-version 3.13 --python-platform x86_64-manylinux_2_28 --only-binary :all:
lock:
	$(LOCK) --universal --python-version 3.11 --extra local --extra dev pyproject.toml -o requirements.lock
	$(LOCK) $(LAMBDA) -c requirements.lock layers/core/requirements.in -o layers/core/requirements.txt
	$(LOCK) $(LAMBDA) layers/scoring/requirements.in -o layers/scoring/requirements.txt
	$(LOCK) $(LAMBDA) -c requirements.lock --excludes layers/tuning/requirements.excludes layers/tuning/requirements.in -o layers/tuning/requirements.txt
	$(LOCK) --universal --python-version 3.13 tests/sam/sam.in -o tests/sam/sam.lock
	$(LOCK) $(LAMBDA) -c requirements.lock tests/sam/runtime.in -o tests/sam/runtime.lock
	$(LOCK) --universal --python-version 3.11 tests/oracle/sdk2.in -o tests/oracle/sdk2.lock
	$(LOCK) --universal --python-version 3.11 --excludes tests/oracle/sdk3.excludes tests/oracle/sdk3.in -o tests/oracle/sdk3.lock
	$(LOCK) --universal --python-version 3.11 tests/scan/scan.in -o tests/scan/scan.lock
	$(LOCK) --universal --python-version 3.11 -c requirements.lock tests/fuzz/fuzz.in -o tests/fuzz/fuzz.lock
	$(LOCK) --universal --python-version 3.11 -c requirements.lock benchmarks/peers.in -o benchmarks/peers.lock

# docs/reference and docs/training.schema.json, out of the code.
reference: $(READY)
	$(BIN)/python -m traindrop_cli.reference

clean:
	rm -rf $(VENV) .venv-sam .venv-oracle2 .venv-oracle3 .venv-peers .venv-scan .venv-fuzz .fuzz .mypy_cache .ruff_cache .pytest_cache .aws-sam build dist *.egg-info
