# The demo's back end: the business systems behind the gateway, in one server.

demo_sources := $(wildcard demo/*.c) $(addprefix $(M)/core/,hpf_ident.c \
    hpf_json.c hpf_json_fault.c hpf_json_out.c hpf_time.c)

.PHONY: demo

demo: $(B)/hpf-demo

all: demo

$(B)/hpf-demo: $(demo_sources) $(wildcard demo/*.h) $(headers)
	@mkdir -p $(@D)
	@echo "cc $@"
	@$(CC) $(CFLAGS) -std=gnu99 $(incs) -Idemo -o $@.tmp \
	    $(demo_sources) -lmicrohttpd -lsqlite3 -ljansson && mv -f $@.tmp $@
