# Copyright (C) ngx_agent authors
#
# "make help" lists what there is.  Everything that is made goes to $(BUILD);
# packages that are missing are installed by auto/deps (root or sudo).

NGINX_BIN    ?= nginx
NGINX_SRC    ?=
BUILD        ?= build
PORT         ?= 8080
FUZZ_SECONDS ?= 5
JOBS         ?= $(shell nproc 2> /dev/null || echo 2)
DESTDIR      ?=
BENCH_ARGS   ?=
CC           ?= cc
CLANG        ?= clang
PYTHON       ?= python3

override BUILD := $(abspath $(BUILD))

export NGINX_BIN NGINX_SRC BUILD PORT FUZZ_SECONDS JOBS PYTHON

PATH := $(PATH):/usr/sbin:/usr/local/sbin

PURE     := $(sort $(wildcard src/core/*.c src/dialect/*.c))
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Werror
LIBS     := -lyyjson -lpcre2-8 -lcrypto -lm

.DELETE_ON_ERROR:
.SUFFIXES:

.PHONY: build run install test test-full check unit fuzz http http-asan asan
.PHONY: container
.PHONY: bench bench-full tables clean help
.PHONY: deps-build deps-test pure style cppcheck unit-programs fuzz-programs


build: deps-build               ## the module for the nginx that is here
	@auto/build module

run:                            ## a gateway on PORT (8080) until Ctrl-C
	@auto/deps build run
	@auto/build module
	@exec auto/run

test: deps-test                 ## everything but the longest, in 15 minutes
	@auto/test build check unit fuzz http http-asan

test-full: deps-test            ## all, the suite under ASan and Debian 13 too
	@FULL=1 auto/test build check unit fuzz http http-asan container

install: build                  ## into DESTDIR and nginx's modules folder
	@auto/install


# ---- parts of the tests; each may be run alone

check: deps-test                ## style, layers, tables, cppcheck
	@$(MAKE) -s -k -j $(JOBS) pure style cppcheck

unit: deps-test                 ## cmocka programs of core and dialect
	@auto/test unit

fuzz: deps-test                 ## every fuzzer for FUZZ_SECONDS (5)
	@auto/test fuzz

http: deps-test                 ## end-to-end tests; PYTEST_ARGS="-k stream"
	@auto/test build http

http-asan: deps-test            ## their smoke part, on the ASan build
	@auto/test http-asan

container: deps-test            ## image and tests on Debian 13; needs root
	@auto/test container

asan: deps-test                 ## build/asan/nginx with ASan and UBSan
	@auto/build asan

bench:                          ## the table of README, in 9 minutes
	@auto/deps build bench
	@auto/build module
	@auto/bench $(BENCH_ARGS)

bench-full:                     ## all of the measurements
	@auto/deps build bench
	@auto/build module
	@auto/bench --full $(BENCH_ARGS)

tables: $(BUILD)/tables         ## rewrites tables of README.md, docs/, facts
	@$(PYTHON) t/check.py --tables $(BUILD)/tables --write
	@$(PYTHON) t/facts.py --write

clean:                          ## removes build/
	rm -rf $(BUILD)

help:                           ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14


deps-build:
	@auto/deps build

deps-test:
	@auto/deps build test


# ---- core and dialect: strict C99 without nginx

define pure_objects
$(BUILD)/$(1)/obj/%.o: src/%.c Makefile | deps-test
	@mkdir -p $$(@D)
	@$(2) -std=c99 -Isrc -MMD -MP $(3) -c -o $$@ $$<

$(BUILD)/$(1)/libag.a: $(PURE:src/%.c=$(BUILD)/$(1)/obj/%.o)
	@mkdir -p $$(@D)
	@rm -f $$@
	@ar rcs $$@ $$^

-include $(PURE:src/%.c=$(BUILD)/$(1)/obj/%.d)
endef

SANITIZE := -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all \
    -U_FORTIFY_SOURCE

CHECK_FLAGS := -O2 $(WARNINGS)
UNIT_FLAGS  := $(SANITIZE) -fsanitize=address,undefined
FUZZ_FLAGS  := $(SANITIZE) -fsanitize=fuzzer-no-link,address,undefined

$(eval $(call pure_objects,check,$(CC),$(CHECK_FLAGS)))
$(eval $(call pure_objects,unit,$(CC),$(UNIT_FLAGS)))
$(eval $(call pure_objects,fuzz,$(CLANG),$(FUZZ_FLAGS)))

HEADERS := $(sort $(wildcard src/core/*.h src/dialect/*.h))

pure: $(PURE:src/%.c=$(BUILD)/check/obj/%.o)
pure: $(HEADERS:src/%=$(BUILD)/check/obj/%.o)

# a header that needs another one includes it
$(BUILD)/check/obj/%.h.o: src/%.h Makefile | deps-test
	@mkdir -p $(@D)
	@$(CC) -std=c99 -Isrc -MMD -MP $(CHECK_FLAGS) -x c -c -o $@ $<

-include $(HEADERS:src/%=$(BUILD)/check/obj/%.d)

style: $(BUILD)/tables | deps-test
	@$(PYTHON) t/check.py --tables $(BUILD)/tables
	@$(PYTHON) t/facts.py

# NULL as the last of variable arguments is a pointer wherever nginx runs;
# one past the end is a place to count back from (the sanitizers watch both)
CPPCHECK := --std=c99 --enable=warning,performance,portability \
    --error-exitcode=1 --inline-suppr --quiet -j $(JOBS) -Isrc \
    --suppress=missingInclude --suppress=varFuncNullUB \
    --suppress=ctuPointerArith --suppress=normalCheckLevelMaxBranches \
    --template='{file}:{line}: {message} ({id})'

cppcheck: | deps-test
	@mkdir -p $(BUILD)/check/cppcheck
	@set -- $(PURE); [ $$# = 0 ] || cppcheck $(CPPCHECK) \
	    --cppcheck-build-dir=$(BUILD)/check/cppcheck "$$@"


# A test may include the file that it tests: the archive's twin stays out.

UNIT := $(sort $(wildcard t/unit/core/test_*.c t/unit/dialect/test_*.c))
UNIT := $(UNIT:t/unit/%.c=$(BUILD)/unit/bin/%)

unit-programs: $(UNIT)

$(BUILD)/unit/bin/%: t/unit/%.c $(BUILD)/unit/libag.a
	@mkdir -p $(@D)
	@$(CC) -std=gnu99 -Isrc -It/unit -MMD -MP -MF $@.d $(UNIT_FLAGS) \
	    -Wall -Wextra -Wno-pointer-sign -Werror -o $@ $< \
	    $(BUILD)/unit/libag.a -lcmocka $(LIBS)

-include $(UNIT:=.d)


FUZZ := $(sort $(wildcard t/fuzz/fuzz_*.c))
FUZZ := $(FUZZ:t/fuzz/%.c=$(BUILD)/fuzz/bin/%)

fuzz-programs: $(FUZZ) $(BUILD)/fuzz/seeds

$(BUILD)/fuzz/bin/%: t/fuzz/%.c $(BUILD)/fuzz/libag.a
	@mkdir -p $(@D)
	@$(CLANG) -std=gnu99 -Isrc -It/fuzz -MMD -MP -MF $@.d $(SANITIZE) \
	    -fsanitize=fuzzer,address,undefined -Wall -Wextra -Werror \
	    -o $@ $< $(BUILD)/fuzz/libag.a $(LIBS)

-include $(FUZZ:=.d)

$(BUILD)/fuzz/seeds: t/fuzz/seeds.py $(sort $(wildcard t/golden/*/*.json))
	@mkdir -p $(@D)
	@$(PYTHON) t/fuzz/seeds.py $(BUILD)/fuzz/corpus
	@touch $@


$(BUILD)/tables: t/tables.c Makefile
	@mkdir -p $(@D)
	@$(CC) -std=c99 -Isrc $(WARNINGS) -MMD -MP -MF $@.d \
	    -o $@ $<

-include $(BUILD)/tables.d
