/* links: core/hpf_manifest.c core/hpf_manifest_factor.c core/hpf_manifest_mask.c core/hpf_manifest_scope.c mask core/hpf_json_line.c core/hpf_json.c core/hpf_json_fault.c core/hpf_schema.c core/hpf_schema_array.c core/hpf_schema_check.c core/hpf_schema_compile.c core/hpf_schema_compile_value.c core/hpf_schema_keyword.c core/hpf_schema_logic.c core/hpf_schema_object.c core/hpf_schema_ref.c core/hpf_schema_scalar.c core/hpf_schema_text.c core/hpf_schema_value.c core/hpf_spell.c core/hpf_form_formats.c core/hpf_name.c core/hpf_time.c -ljansson -lpcre2-8 */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Manifests: one is read or at least one fault is told, in whole characters
 * and with a line that there is; what was read keeps its promises.
 */


#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hpf_plugin.h"
#include "hpf_form_formats.h"
#include "hpf_json_line.h"
#include "hpf_manifest.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


typedef struct {
    unsigned  lines;
    unsigned  faults;
} told_t;


static hpf_date_t
today(void)
{
    hpf_date_t  date;

    date.year = 2026;
    date.month = 11;
    date.day = 23;

    return date;
}


static void
must(int cond)
{
    if (!cond) {
        abort();
    }
}


static void
fault(void *data, unsigned line, const char *text)
{
    told_t  *told;
    json_t  *utf8;

    told = data;

    must(line >= 1 && line <= told->lines);
    must(text[0] != '\0');

    utf8 = json_string(text);
    must(utf8 != NULL);
    json_decref(utf8);

    told->faults++;
}


static void
promises(const hpf_manifest_t *mf)
{
    int      rc;
    size_t   i, j;
    json_t  *empty, *faults;

    must(strcmp(mf->id, "x") == 0);
    must(mf->version && mf->category && mf->name_zh && mf->name_en);
    must(mf->users != 0 && mf->level <= 3 && mf->nchannels > 0);
    must(mf->level == (unsigned) json_number_value(json_object_get(mf->json,
                                                                  "level")));
    must(mf->form != NULL && mf->json != NULL);

    for (i = 0; i < mf->nchannels; i++) {
        must(hpf_manifest_on_channel(mf, mf->channels[i],
                                     strlen(mf->channels[i])));
    }

    for (i = 0; i < mf->nbackends; i++) {
        must(hpf_manifest_may_call(mf, mf->backends[i],
                                   strlen(mf->backends[i])));
        must(!hpf_manifest_may_call(mf, mf->backends[i],
                                    strlen(mf->backends[i]) + 1));
    }

    for (i = 0; i < mf->nlimits; i++) {
        must(mf->limits[i].quota > 0 && mf->limits[i].quota < 1000000);
        must(mf->limits[i].period == 1 || mf->limits[i].period == 60
             || mf->limits[i].period == 3600);
        must(mf->limits[i].burst >= -1 && mf->limits[i].burst <= 1000000);
    }

    for (i = 0; i < mf->nmask; i++) {
        must(mf->mask[i].shape.kind < HPF_MASK_KINDS);
        must(mf->mask[i].nkeys + mf->mask[i].npaths > 0);

        for (j = 0; j < mf->mask[i].nkeys; j++) {
            must(mf->mask[i].keys[j] != NULL);
        }
    }

    must(mf->resources.memory > 0 && mf->resources.instructions > 0);
    must(mf->resources.time > 0 && mf->resources.concurrency > 0);

    empty = json_object();
    rc = hpf_schema_check(mf->form, empty, 1, &faults);
    must(rc == HPF_OK || rc == HPF_DECLINED);
    json_decref(faults);
    json_decref(empty);

    empty = json_array();
    rc = hpf_schema_check(mf->form, empty, 1, &faults);
    must(rc == HPF_DECLINED);
    json_decref(faults);
    json_decref(empty);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t               i;
    told_t               told;
    hpf_manifest_t      *mf;
    hpf_manifest_conf_t  conf;

    told.lines = 1;
    told.faults = 0;

    for (i = 0; i < size; i++) {
        told.lines += (data[i] == '\n');
    }

    conf.folder = "x";
    conf.formats = hpf_form_formats(today);
    conf.keyed = 1;
    conf.fault = fault;
    conf.data = &told;

    mf = hpf_manifest_parse(data, size, &conf);

    must((mf == NULL) == (told.faults > 0));

    if (mf != NULL) {
        promises(mf);
        hpf_manifest_free(mf);
    }

    must(hpf_json_line(data, size, "/a/0/~1") <= told.lines);

    return 0;
}
