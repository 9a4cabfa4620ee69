# One file, no recursion. Folders are globbed: adding or deleting a folder edits nothing here.
#   make          builds build/phoihop (release)      make run    four offices on this machine
#   make test     all that belongs to a change   make bench  figures beside the machine's limits
#   make check    the same and more, slower      make bench STORE=pg   on PostgreSQL, beside SQLite
#   V=asan make ...  the same with sanitizers, in build/asan
V ?= release
B := $(if $(filter release,$(V)),build,build/$(V))
CC := gcc
PY := python3
SQLITE := web/node_modules/better-sqlite3/deps/sqlite3

WARN := -Wall -Wextra -Wshadow -Wconversion -Wswitch-enum -Wvla -Wstrict-prototypes \
        -Wmissing-prototypes -Wcast-qual -Wwrite-strings -Wundef -Wformat=2 -Werror
HARDEN := -fstack-protector-strong -fstack-clash-protection -fcf-protection=full \
          -ftrivial-auto-var-init=zero -fno-strict-aliasing -fPIE
OPT_release := -O2 -D_FORTIFY_SOURCE=2
OPT_asan := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all
OPT_tsan := -O1 -fsanitize=thread
OPT := $(OPT_$(V))
CFLAGS := -std=gnu2x -g -D_GNU_SOURCE $(OPT) $(HARDEN) $(WARN) -Isrc -I$(B)/gen -Itest -I$(SQLITE)
LDFLAGS := $(OPT) -pie -rdynamic -Wl,-z,relro,-z,now
LIBS := -lsodium -ljansson -lssl -lcrypto -licui18n -licuuc -linih -lseccomp -lical -lexpat -ldl \
    -lpthread -lm
SQLITE_FLAGS := -std=gnu17 -g -w $(OPT) -fPIE -DSQLITE_DQS=0 -DSQLITE_OMIT_LOAD_EXTENSION \
    -DSQLITE_THREADSAFE=2 -DSQLITE_DEFAULT_WAL_SYNCHRONOUS=2 -DSQLITE_ENABLE_API_ARMOR \
    -DSQLITE_ENABLE_FTS5 -DSQLITE_DEFAULT_MEMSTATUS=0 -DSQLITE_LIKE_DOESNT_MATCH_BLOBS \
    -DSQLITE_TRUSTED_SCHEMA=0 -DSQLITE_MAX_EXPR_DEPTH=100 -DHAVE_FDATASYNC=1

# A folder that holds a file named PLUGIN is not linked into the program: it becomes
# lib/NAME.so, opened only by the process that needs it. PLUGIN lists its libraries.
PLUGINS := $(patsubst %/PLUGIN,%,$(wildcard src/*/*/PLUGIN))
SRC_ALL := $(wildcard src/*/*.c src/*/*/*.c)
SRC_TEST := $(filter %_test.c,$(SRC_ALL))
SRC_PLUGIN := $(foreach p,$(PLUGINS),$(filter $(p)/%,$(SRC_ALL)))
SRC := $(filter-out $(SRC_TEST) $(SRC_PLUGIN),$(SRC_ALL))
SRC_LIB := $(filter-out src/main/main.c,$(SRC))
GEN := $(B)/gen/words.c $(B)/gen/modules.c $(B)/gen/templates.c $(B)/gen/assets.c
OBJ_LIB := $(SRC_LIB:%.c=$(B)/obj/%.o) $(GEN:$(B)/%.c=$(B)/obj/%.o) $(B)/obj/sqlite3.o
PLUGIN_SO := $(foreach p,$(PLUGINS),$(B)/lib/$(notdir $(p)).so)
TESTS := $(SRC_TEST:src/%.c=$(B)/test/%)
FUZZ := $(patsubst test/fuzz/%.c,%,$(wildcard test/fuzz/*_fuzz.c))
REPLAYS := $(FUZZ:%_fuzz=$(B)/test/fuzz/%_replay)
TEST_LIB := $(patsubst %.c,$(B)/obj/%.o,$(wildcard test/*.c))

.PHONY: all run test check clang bench bench-calendar crash fuzz sim tests tidy clean deps web FORCE
all: deps
	@$(MAKE) --no-print-directory $(B)/phoihop $(PLUGIN_SO)

deps:
	@tools/deps.sh build

$(B)/phoihop: $(B)/obj/src/main/main.o $(B)/libphoihop.a
	$(CC) $(LDFLAGS) -o $@ $< -Wl,--whole-archive $(B)/libphoihop.a -Wl,--no-whole-archive $(LIBS)

$(B)/libphoihop.a: $(OBJ_LIB)
	@rm -f $@
	@ar rcs $@ $^

$(B)/obj/sqlite3.o: $(SQLITE)/sqlite3.c
	@mkdir -p $(@D)
	$(CC) $(SQLITE_FLAGS) -c -o $@ $<

$(B)/obj/gen/%.o: $(B)/gen/%.c
	@mkdir -p $(@D)
	@echo CC $<; $(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/obj/%.o: %.c | $(GEN)
	@mkdir -p $(@D)
	@echo CC $<; $(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

PLUGIN_HEADERS := $(wildcard src/base/*.h src/store/*.h src/store/*/*.h src/core/*.h \
    src/front/*/*.h src/main/*/*.h)
define PLUGIN_RULE
$(B)/lib/$(notdir $(1)).so: $(filter $(1)/%,$(filter-out %_test.c,$(SRC_ALL))) $(PLUGIN_HEADERS)
	@mkdir -p $$(@D)
	@echo SO $$@; $(CC) $(CFLAGS) -fPIC -shared -o $$@ $$(filter %.c,$$^) $$$$(cat $(1)/PLUGIN)
endef
$(foreach p,$(PLUGINS),$(eval $(call PLUGIN_RULE,$(p))))

# Generated sources: made anew each time, moved only when different.
$(B)/gen/words.c: FORCE
	@mkdir -p $(@D); $(PY) tools/words.py $@
$(B)/gen/modules.c: FORCE
	@mkdir -p $(@D); $(PY) tools/modules.py $@
$(B)/gen/templates.c: FORCE
	@mkdir -p $(@D); $(PY) tools/templates.py $@
$(B)/gen/assets.c: FORCE
	@mkdir -p $(@D); $(PY) tools/assets.py $@

$(B)/test/%: $(B)/obj/src/%.o $(TEST_LIB) $(B)/libphoihop.a $(PLUGIN_SO)
	@mkdir -p $(@D)
	@$(CC) $(LDFLAGS) -o $@ $< $(TEST_LIB) -Wl,--whole-archive $(B)/libphoihop.a \
	  -Wl,--no-whole-archive $(LIBS) -lcmocka

tests: $(TESTS) $(REPLAYS)

run: all
	@tools/deps.sh run
	@exec $(B)/phoihop demo --dir $(or $(DIR),var/demo) --port $(or $(PORT),8801)

test:
	@tools/deps.sh test
	@exec test/run

check:
	@tools/deps.sh check
	@exec test/run --check

# Another compiler's opinion of every source, tests included.
clang: $(GEN)
	@for f in $(SRC_ALL) $(wildcard test/*.c test/*/*.c); do \
	  clang -fsyntax-only -std=gnu2x -D_GNU_SOURCE $(WARN) -Wno-unused-command-line-argument \
	    -Isrc -I$(B)/gen -Itest -I$(SQLITE) $$f || exit 1; \
	done

# Fuzz targets by clang's libFuzzer, FUZZ_SECONDS each; test/fuzz/corpus keeps what was found.
FUZZ_SECONDS ?= 300
CLANG_FLAGS := -std=gnu2x -g -O1 -D_GNU_SOURCE -Isrc -Itest -I$(SQLITE) -fsanitize=address,undefined
fuzz: $(GEN) $(B)/obj/sqlite3.o
	@for f in $(FUZZ); do \
	  echo "FUZZ $$f"; mkdir -p build/fuzz/corpus/$$f test/fuzz/corpus/$$f; \
	  clang $(CLANG_FLAGS) -fsanitize=fuzzer -o build/fuzz/$$f test/fuzz/$$f.c $(SRC_LIB) $(GEN) \
	    $(B)/obj/sqlite3.o $(LIBS) || exit 1; \
	  build/fuzz/$$f -max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=1024 -artifact_prefix=build/fuzz/ \
	    build/fuzz/corpus/$$f test/fuzz/corpus/$$f || exit 1; \
	done
$(B)/test/fuzz/%_replay: $(B)/obj/test/fuzz/%_fuzz.o $(B)/obj/test/fuzz/replay.o $(B)/libphoihop.a
	@mkdir -p $(@D)
	@$(CC) $(LDFLAGS) -o $@ $< $(B)/obj/test/fuzz/replay.o -Wl,--whole-archive $(B)/libphoihop.a \
	  -Wl,--no-whole-archive $(LIBS)

# The simulator: offices in one process, faults from a seed, planted bugs that it must find.
SIM := $(patsubst %.c,$(B)/obj/%.o,$(wildcard test/sim/*.c) test/t_store.c)
$(B)/sim: $(SIM) $(B)/libphoihop.a
	@$(CC) $(LDFLAGS) -o $@ $(SIM) -Wl,--whole-archive $(B)/libphoihop.a -Wl,--no-whole-archive $(LIBS)
sim: $(B)/sim
	@$(B)/sim --seed $(or $(SEED),1) --seeds $(or $(SEEDS),50) --offices $(or $(OFFICES),2)
	@$(B)/sim --offices $(or $(OFFICES),2) --canary

# The scripted exchange that test/crash/crash.py breaks at every call, and what breaks it.
crash: $(B)/crash/script $(B)/crash/shim.so
$(B)/crash/script: $(B)/obj/test/crash/script.o $(B)/libphoihop.a
	@mkdir -p $(@D)
	@$(CC) $(LDFLAGS) -o $@ $< -Wl,--whole-archive $(B)/libphoihop.a -Wl,--no-whole-archive $(LIBS)
$(B)/crash/shim.so: test/crash/shim.c
	@mkdir -p $(@D)
	@$(CC) -std=gnu2x -D_GNU_SOURCE -g -O1 $(WARN) -fPIC -shared -o $@ $<

bench: all $(B)/bench/limits $(B)/bench/load $(B)/bench/parser
	@$(PY) test/bench/bench.py $(B) $(if $(filter pg,$(STORE)),--store pg)
	@$(B)/bench/parser $(B)
	@$(PY) test/bench/reminders.py $(B)
	@$(PY) test/bench/reminders.py $(B) --letters
$(B)/bench/limits: test/bench/limits.c $(B)/libphoihop.a
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(B)/libphoihop.a $(LIBS)
$(B)/bench/parser: test/bench/parser.c $(B)/libphoihop.a $(B)/lib/parser.so
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< -Wl,--whole-archive $(B)/libphoihop.a \
	  -Wl,--no-whole-archive $(LIBS)
$(B)/bench/load: test/bench/load.c $(B)/libphoihop.a
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(B)/libphoihop.a $(LIBS)

# Figures of the calendar alone, without servers.
bench-calendar: $(B)/bench/calendar
	@dir=$$(mktemp -d); $(B)/bench/calendar $$dir/office.db; rm -r $$dir
$(B)/bench/calendar: test/bench/calendar.c $(B)/libphoihop.a
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< -Wl,--whole-archive $(B)/libphoihop.a \
	  -Wl,--no-whole-archive $(LIBS)

tidy:
	@$(PY) tools/tidy.py

clean:
	rm -rf build

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
