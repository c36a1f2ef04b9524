# make            build the module, the demo's plugins and its back end,
#                 hpf-audit, and what tools/hpf-plugin needs
# make deps       install every package that the goals below need (apt)
# make run        the whole gateway in the foreground; Ctrl-C ends it
# make start      the same in the background; returns when it is ready
# make stop       ends it
# make test       all tests; T="t/x.t …" some of them; SAN=1 in an nginx with
#                 ASan, UBSan and NGX_DEBUG_PALLOC built from Debian's source;
#                 NGINX_SRC=DIR in that nginx
# make lint       style, layers, sizes, compilers, cppcheck, luacheck
# make fuzz       each target in fuzz/ for FUZZ_TIME seconds
# make bench      measures against plain proxy_pass, and of parts alone
# make install    puts the module where nginx looks for it, and hpf-audit into
#                 BIN_DIR (DESTDIR)
# make clean
#
# CC=clang builds with clang; NGINX_SRC=DIR builds against another nginx
# source tree and builds that nginx too, in build/nginx-VERSION/objs.

SHELL = /bin/bash
MAKEFLAGS += --no-print-directory

DEBIAN_SRC = /usr/share/nginx/src
NGINX_SRC ?= $(DEBIAN_SRC)
FUZZ_TIME ?= 60
MODULES_DIR ?= /usr/lib/nginx/modules
BIN_DIR ?= /usr/bin
MODCONF_DIR ?= /usr/share/nginx/modules-available

ifdef SAN
B := build/san
SAN_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined \
             -fno-omit-frame-pointer
else ifneq ($(realpath $(NGINX_SRC)),$(realpath $(DEBIAN_SRC)))
B := build/nginx-$(shell sed -n 's/^.define NGINX_VERSION *"\(.*\)"/\1/p' \
                   '$(NGINX_SRC)/src/core/nginx.h')
else
B := build
endif

M := ngx_hpf_module
MODULE := $(B)/ngx_http_hpf_module.so
CFLAGS = -O2 -g -Wall -Wextra -Werror $(SAN_FLAGS)

# The first line of a test or fuzzer says what it links, /* links: ... */:
# sources (core/hpf_x.c), the word for a whole part (mask), libraries (-lm).

mask := $(filter-out core/hpf_mask_rulefile%,\
          $(patsubst $(M)/%,%,$(wildcard $(M)/core/hpf_mask*.c))) \
        core/hpf_utf8.c core/hpf_ident.c

links = $(patsubst mask,$(mask),\
          $(shell sed -n '1s|^/\* *links: *\(.*[^ ]\) *\*/.*|\1|p' $(1)))
objects = $(patsubst %.c,$(2)/%.o,$(filter %.c,$(call links,$(1))))
libs = $(filter-out %.c,$(call links,$(1)))

headers := $(wildcard $(M)/core/*.h $(M)/core/*.json $(M)/crypto/*.h \
             plugins/include/*.h)
incs := -I$(M)/core -I$(M)/crypto -Iplugins/include

# what hpf-plugin check links, beside its own files

checker_core := crypto/hpf_crypto.c $(addprefix core/hpf_,json_line.c json.c \
    json_fault.c spell.c base64.c hex.c form_formats.c name.c time.c ident.c \
    utf8.c mask_char.c \
    mask_kind.c mask_path.c mask_rule.c mask_rules.c mask_shape.c \
    library.c) \
    $(patsubst $(M)/%,%,$(wildcard $(M)/core/hpf_manifest*.c \
                                   $(M)/core/hpf_schema*.c))

# what hpf-audit links

audit_core := $(addprefix core/hpf_,chain.c ledger.c verify.c \
    verify_ledger.c hex.c base64.c json.c json_fault.c json_out.c \
    time.c) \
    $(addprefix crypto/hpf_,crypto.c secret.c sign.c signer.c)

units := $(patsubst t/unit/%.c,$(B)/t/%,$(wildcard t/unit/*_t.c))
benches := $(patsubst bench/%.c,$(B)/bench/%,$(wildcard bench/*.c))
fuzzers = $(patsubst fuzz/%.c,$(F)/%,$(or $(FUZZ:%=fuzz/%_fuzz.c),\
    $(wildcard fuzz/*.c)))

plugins := $(filter-out include,$(notdir $(patsubst %/,%,$(wildcard plugins/*/))))
plugin_sos := $(foreach p,$(plugins),\
    $(if $(wildcard plugins/$(p)/$(p).c),$(B)/plugins/$(p)/$(p).so))
plugin_files := $(patsubst plugins/%,$(B)/plugins/%,\
    $(foreach p,$(plugins),$(wildcard plugins/$(p)/*.json plugins/$(p)/*.lua)))

.PHONY: all module plugins checker units benches deps run start stop test \
        lint fuzz bench install clean FORCE
.DELETE_ON_ERROR:

all: module plugins checker $(B)/hpf-audit

plugins: $(plugin_sos) $(plugin_files)
	@mkdir -p $(B)/plugins

-include demo/demo.mk

module: FORCE
	@NGINX_SRC='$(NGINX_SRC)' CC='$(CC)' SAN='$(SAN)' tools/build-module

$(MODULE): module

# a plugin is built as anybody else would build it: with the public header only

$(B)/plugins/%.so: plugins/%.c plugins/include/hpf_plugin.h
	@mkdir -p $(@D)
	@echo "cc $@"
	@$(CC) $(CFLAGS) -Wno-unused-parameter -std=c99 -fPIC -shared -fvisibility=hidden \
	    -Iplugins/include -o $@.tmp $< && mv -f $@.tmp $@

$(plugin_files): $(B)/plugins/%: plugins/%
	@mkdir -p $(@D)
	@cp $< $@.tmp && mv -f $@.tmp $@

# what is tested is compiled once for all tests, and once for all fuzzers

$(B)/t/obj/%.o: $(M)/%.c $(headers)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -std=gnu99 $(incs) -c -o $@ $<

checker: $(B)/hpf-plugin-check

$(B)/hpf-plugin-check: $(wildcard tools/check/*.c) \
        $(patsubst %.c,$(B)/t/obj/%.o,$(checker_core)) \
        $(wildcard tools/check/*.h) $(headers)
	@echo "cc $@"
	@$(CC) $(CFLAGS) -std=gnu99 $(incs) -Itools/check \
	    -I/usr/include/luajit-2.1 -o $@.tmp $(filter %.c %.o,$^) \
	    -lluajit-5.1 -ljansson -lpcre2-8 -lcrypto -ldl && mv -f $@.tmp $@

$(B)/hpf-audit: tools/audit/hpf-audit.c \
        $(patsubst %.c,$(B)/t/obj/%.o,$(audit_core)) $(headers)
	@echo "cc $@"
	@$(CC) $(CFLAGS) -std=gnu99 $(incs) -o $@.tmp $(filter %.c %.o,$^) \
	    -ljansson -lcrypto && mv -f $@.tmp $@

# a program of one file and what it links: its goal and its source

define unit_rule
$(B)/$(1): $(2).c $(call objects,$(2).c,$(B)/t/obj) \
           $(wildcard t/unit/*.h) $(headers)
	@mkdir -p $$(@D)
	@echo "cc $$@"
	@$$(CC) $$(CFLAGS) -std=gnu99 $$(incs) -It/unit -o $$@ \
	    $$(filter %.c %.o,$$^) $(call libs,$(2).c)
endef

$(foreach u,$(notdir $(units)),$(eval $(call unit_rule,t/$(u),t/unit/$(u))))
$(foreach u,$(notdir $(benches)),$(eval $(call unit_rule,bench/$(u),bench/$(u))))

# what is preloaded to see turns of the event loop

$(B)/bench/turns.so: bench/lib/turns.c
	@mkdir -p $(@D)
	@echo "cc $@"
	@$(CC) $(CFLAGS) -std=gnu99 -fPIC -shared -o $@ $< -ldl

units: $(units)
benches: $(benches) $(B)/bench/turns.so

FUZZ_CFLAGS = -O2 -g -std=gnu99 -fsanitize=$(FUZZ_SAN)

ifndef FUZZ_FAST
F := build/fuzz
FUZZ_SAN = fuzzer,address,undefined -fno-sanitize-recover=undefined
else
F := build/fuzz-fast
FUZZ_SAN = fuzzer
endif

$(F)/obj/%.o: $(M)/%.c $(headers)
	@mkdir -p $(@D)
	@clang $(FUZZ_CFLAGS) $(incs) -c -o $@ $<

define fuzz_rule
$(F)/$(1): fuzz/$(1).c $(call objects,fuzz/$(1).c,$(F)/obj) \
           $(wildcard fuzz/*.h) $(headers)
	@mkdir -p $$(@D)
	@echo "clang $$@"
	@clang $$(FUZZ_CFLAGS) $$(incs) -o $$@ $$(filter %.c %.o,$$^) \
	    $(call libs,fuzz/$(1).c)
endef

$(foreach f,$(notdir $(fuzzers)),$(eval $(call fuzz_rule,$(f))))

fuzz:
	@tools/install-deps run fuzz
	@$(MAKE) $(fuzzers)
	@FUZZ_TIME='$(FUZZ_TIME)' FUZZ_SEED='$(FUZZ_SEED)' tools/fuzz $(fuzzers)

deps:
	@tools/install-deps run test lint san fuzz bench

run start:
	@tools/install-deps run
	@$(MAKE) all
	@tools/gateway $@

stop:
	@tools/gateway stop

test:
	@tools/install-deps run test $(if $(SAN),san)
	@$(MAKE) all units SAN='$(SAN)'
	@SAN='$(SAN)' BUILD='$(B)' tools/test $(T)

lint:
	@tools/install-deps run lint
	@tools/lint

bench:
	@tools/install-deps run bench
	@$(MAKE) all benches
	@bench/run
	@bench/gate
	@bench/directives
	@bench/identity
	@bench/turns
	@bench/redis
	@bench/items
	@bench/scale
	@bench/memory
	@bench/mask
	@$(B)/bench/session_cache
	@$(B)/bench/mask_engine
	@$(B)/bench/sign_verify
	@$(B)/bench/cert
	@$(B)/bench/audit_chain

install: module $(B)/hpf-audit
	install -D -m 755 $(B)/hpf-audit $(DESTDIR)$(BIN_DIR)/hpf-audit
	install -D -m 644 $(MODULE) $(DESTDIR)$(MODULES_DIR)/$(notdir $(MODULE))
	install -d $(DESTDIR)$(MODCONF_DIR)
	echo 'load_module modules/$(notdir $(MODULE));' \
	    > $(DESTDIR)$(MODCONF_DIR)/mod-http-hpf.conf

clean:
	rm -rf build
