# Skep. `make help` lists the targets; `make test` needs Go and its module proxy only.
GO          ?= go
PYTHON      ?= python3
# Peers, recorded answers and data generators live beside the repository; where they are absent the targets that need them say so and skip.
SKEP_SHARED ?= $(abspath ../shared)
# What the measurements generate (data, Parquet, virtual environments) goes here, outside version control.
SKEP_BUILD  ?= $(abspath build)
export SKEP_SHARED SKEP_BUILD PYTHON DOC ONLY

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

.DEFAULT_GOAL := help
.PHONY: help build demo test race e2e chaos bench bench-exec lint conformance conformance-record tpcds fuzz gaps qtest clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## bin/skep, a static binary
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/skep ./cmd/skep

demo: build ## start a server over sample data, run an HQL script through the Thrift port, say what to try next
	./docs/demo/run.sh

test: ## all tests that need nothing but Go
	CGO_ENABLED=0 $(GO) test ./...

race: ## the same under the race detector (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -race ./...

e2e: build ## real clients (beeline, JDBC, PyHive, impyla, gohive) against bin/skep; says what it skips
	$(GO) test -count=1 -timeout 60m -tags e2e -v ./test/e2e/... ./test/crash

chaos: build ## worker processes killed, stopped, slowed down, without disks, with damaged files, the server killed: rows must stay the same; POINTS=20 SF=1 SEED=1
	$(GO) test -count=1 -timeout 60m -tags e2e -v ./test/chaos -points $(or $(POINTS),4)
	$(GO) run ./test/tpcds/run -sf $(or $(SF),0.01) -formats parquet -memory 2GB -workers 4 -chaos $(or $(SEED),1)

lint: ## gofmt, go vet, staticcheck
	@files="$$(gofmt -l $$(git ls-files '*.go'))"; if [ -n "$$files" ]; then echo "not gofmt-ed:"; echo "$$files"; exit 1; fi
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...

conformance: build ## Hive's recorded query tests against bin/skep; LIST=core-dev.txt SHARDS=2 FILES="a.q b.q"
	./test/conformance/run.sh

conformance-record: build ## like conformance, then write the passing files to test/conformance/passing.txt
	RECORD=1 ./test/conformance/run.sh

tpcds: build ## TPC-DS against recorded Hive answers: SF=0.01|1 FORMAT=text,orc,parquet QUERIES=q1,q2 SET=skep.execution.mode=staged
	$(GO) run ./test/tpcds/run -sf $(or $(SF),0.01) -formats $(or $(FORMAT),text,orc,parquet) -queries '$(QUERIES)' -set '$(SET)'

bench: build ## TPC-DS SF1 and microbenchmarks on Parquet against DuckDB, in one run: SF=1 RUNS=3 ONLY=q1,q2 DOC=docs/BENCH.md
	./bench/run.sh

bench-exec: build ## execution in stages against the same plans without, skew, even tasks, the shuffle next to Spark's: SF=1 RUNS=1 ONLY=q1,q2 DOC=docs/EXECUTION.md
	./bench/exec.sh

fuzz: ## every fuzz target for FUZZTIME (10s) each
	./test/fuzz.sh $(or $(FUZZTIME),10s)

gaps: ## rewrite test/testdata/known_gaps.txt: the statements of the corpus that do not yet answer as Hive does
	$(GO) test -count=1 ./test/qfile/inprocess -run TestCorpus -update-gaps

qtest: build ## the .q files of test/testdata through the Thrift port of bin/skep
	./test/qfile/thrift.sh

clean: ## remove what the build and the measurements made
	rm -rf bin build
