/* links: core/hpf_manifest.c core/hpf_manifest_factor.c core/hpf_manifest_mask.c core/hpf_manifest_scope.c mask core/hpf_json_line.c core/hpf_json.c core/hpf_json_fault.c core/hpf_schema.c core/hpf_schema_array.c core/hpf_schema_check.c core/hpf_schema_compile.c core/hpf_schema_compile_value.c core/hpf_schema_keyword.c core/hpf_schema_logic.c core/hpf_schema_object.c core/hpf_schema_ref.c core/hpf_schema_scalar.c core/hpf_schema_text.c core/hpf_schema_value.c core/hpf_spell.c core/hpf_form_formats.c core/hpf_name.c core/hpf_time.c -ljansson -lpcre2-8 */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Manifests: those of the project are good, and what is wrong with another is
 * told by line, all of it at once.
 */

#include "hpf_form_formats.h"
#include "hpf_json_line.h"
#include "hpf_manifest.h"
#include "hpf_plugin.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>


static char      told[8192];
static unsigned  faults;


static hpf_date_t
today(void)
{
    hpf_date_t  date = { 2026, 11, 23 };

    return date;
}


static void
fault(void *data, unsigned line, const char *text)
{
    size_t  n;

    (void) data;

    n = strlen(told);
    (void) snprintf(told + n, sizeof(told) - n, "%u: %s\n", line, text);
    faults++;
}


static hpf_manifest_t *
parse(const char *folder, const char *text)
{
    hpf_manifest_conf_t  conf = { 0 };

    conf.folder = folder;
    conf.formats = hpf_form_formats(today);
    conf.fault = fault;

    told[0] = '\0';
    faults = 0;

    return hpf_manifest_parse(text, strlen(text), &conf);
}


static char *
slurp(const char *name)
{
    char    *text;
    FILE    *f;
    size_t   n;

    f = fopen(name, "rb");
    text = calloc(1, 65536);

    if (f && text) {
        n = fread(text, 1, 65535, f);
        text[n] = '\0';
        fclose(f);
    }

    return text;
}


static void
test_own(void)
{
    char            *text;
    hpf_manifest_t  *mf;

    text = slurp("plugins/withdraw-rent/manifest.json");
    mf = parse("withdraw-rent", text);

    ok(mf != NULL, "withdraw-rent");
    is_str(told, strlen(told), "", "nothing is wrong with it");
    is_str(mf->id, strlen(mf->id), "withdraw-rent", "id");
    is_str(mf->name_zh, strlen(mf->name_zh), "租房提取住房公积金", "name");
    is_str(mf->name_en, strlen(mf->name_en), "Withdrawal for rent",
           "name in English");
    is_int(mf->mode, HPF_MANIFEST_APPLICATION, "mode");
    is_int(mf->language, HPF_MANIFEST_LUA, "language");
    is_int(mf->users, HPF_MANIFEST_INDIVIDUAL, "users");
    is_int(mf->level, 2, "level");
    is_int(mf->days, 3, "days");
    is_int(mf->working, 1, "working days");
    is_int(mf->nlimits, 1, "limits");
    is_int(mf->limits[0].by, HPF_MANIFEST_BY_USER, "by");
    is_int(mf->limits[0].quota, 10, "quota");
    is_int(mf->limits[0].period, 60, "period");
    is_int(mf->limits[0].burst, 10, "burst");
    ok(hpf_manifest_on_channel(mf, "hall", 4), "on a channel");
    ok(!hpf_manifest_on_channel(mf, "hal", 3), "not on another");
    ok(!hpf_manifest_on_channel(mf, "partner", 7), "nor on that");
    ok(hpf_manifest_may_call(mf, "core", 4), "a back end");
    ok(!hpf_manifest_may_call(mf, "cor", 3), "no other");
    ok(!hpf_manifest_may_call(mf, "core/", 5), "nor this");
    ok(!hpf_manifest_may_call(mf, "core\0\0\0\0", 8),
       "nor a name with zeroes behind it");
    ok(!hpf_manifest_on_channel(mf, "hall\0", 5), "nor such a channel");

    hpf_manifest_free(mf);
    free(text);

    text = slurp("plugins/account-query/manifest.json");
    mf = parse("account-query", text);
    ok(mf != NULL && mf->language == HPF_MANIFEST_C, "account-query");
    ok(hpf_manifest_on_channel(mf, "anything", 8), "on every channel");
    hpf_manifest_free(mf);
    free(text);

    text = slurp("plugins/account-details/manifest.json");
    mf = parse("account-details", text);
    ok(mf != NULL && mf->mode == HPF_MANIFEST_QUERY, "account-details");
    hpf_manifest_free(mf);
    free(text);
}


#define HEAD                                                                  \
    "{\n\"id\": \"x\", \"version\": \"1.0.0\", \"language\": \"lua\",\n"      \
    "\"name\": \"x\", \"users\": [\"unit\"], \"level\": 1,\n"                 \
    "\"channels\": [\"*\"]"

static void bad(const char *text, const char *want, const char *name);


static void
test_defaults(void)
{
    json_t          *empty, *other, *list;
    hpf_manifest_t  *mf;

    mf = parse("x", HEAD "}");
    ok(mf != NULL, "the least that there must be");
    is_str(told, strlen(told), "", "is enough");
    is_int(mf->kind, HPF_MANIFEST_ITEM, "kind");
    is_int(mf->mode, HPF_MANIFEST_QUERY, "mode");
    is_int(mf->users, HPF_MANIFEST_UNIT, "users");
    is_str(mf->name_en, strlen(mf->name_en), "x",
           "one name for both languages");
    is_int(mf->nmask, 0, "no rules of masking");
    is_int(mf->resources.memory, 8 << 20, "memory");

    empty = json_object();
    other = json_pack("{s:i}", "a", 1);
    list = NULL;

    is_int(hpf_schema_check(mf->form, empty, 0, &list), HPF_OK,
           "an empty form");
    is_int(hpf_schema_check(mf->form, other, 0, &list), HPF_DECLINED,
           "and no other");

    json_decref(list);
    hpf_manifest_free(mf);

    mf = parse("x", HEAD ", \"form\": {}}");
    is_int(hpf_schema_check(mf->form, empty, 0, &list), HPF_OK,
           "{} is an empty form as well");
    is_int(hpf_schema_check(mf->form, other, 0, &list), HPF_DECLINED,
           "and lets nothing else in");
    json_decref(list);
    json_decref(empty);
    json_decref(other);
    hpf_manifest_free(mf);

    mf = parse("x", "{\"id\": \"x\", \"version\": \"1.0.0\", \"language\": "
               "\"lua\", \"name\": \"x\", \"users\": [\"unit\"],"
               "\"level\": 2.0,"
               "\"channels\": [\"*\"], \"limits\": [{\"by\": \"user\","
               "\"rate\": \"5r/h\", \"burst\": 1e1}]}");
    is_int(mf->level, 2, "an integer may be written 2.0");
    is_int(mf->limits[0].burst, 10, "or 1e1");
    is_int(mf->limits[0].period, 3600, "by the hour");
    hpf_manifest_free(mf);

    hpf_manifest_free(NULL);

    mf = parse("x", HEAD ",\"mask\": [{\"keys\": [\"a\", \"b\"],"
               "\"kind\": \"all\"}, {\"keys\": [\"c\"], \"kind\": \"uscc\","
               "\"left\": 2, \"right\": 0}]}");
    is_int(mf->nmask, 2, "rules of masking");
    is_str(mf->mask[0].keys[1], strlen(mf->mask[0].keys[1]), "b", "keys");
    is_int(mf->mask[0].shape.kind, HPF_MASK_ALL, "their kind");
    is_int(mf->mask[0].shape.left, 0, "as usual");
    is_int(mf->mask[1].shape.left, 2, "other than usual");
    hpf_manifest_free(mf);

    mf = parse("x", HEAD ",\"mask\": [{\"paths\": [\"/a/*/b\", \"/c\"],"
               "\"kind\": \"id-card\", \"char\": \"×\", \"reveal\": 2},"
               "{\"keys\": [\"d\"], \"paths\": [\"/e\"],"
               "\"kind\": \"drop\"}]}");
    is_int(mf->mask[0].nkeys, 0, "rules without keys");
    is_int(mf->mask[0].npaths, 2, "but with paths");
    is_str(mf->mask[0].paths[0], strlen(mf->mask[0].paths[0]), "/a/*/b",
           "as they are written");
    is_str(mf->mask[0].shape.ch, mf->mask[0].shape.nch, "×",
           "another character");
    is_int(mf->mask[0].shape.reveal, 2, "shown from a level on");
    is_int(mf->mask[1].shape.kind, HPF_MASK_DROP, "a member that goes");
    is_int(mf->mask[1].nkeys + mf->mask[1].npaths, 2, "by both");
    hpf_manifest_free(mf);
}


#define FACTOR                                                                \
    "{\n\"id\": \"face\", \"version\": \"1.0.0\", \"language\": \"lua\",\n"   \
    "\"kind\": \"factor\", \"name\": \"x\", \"person\": [\"id_no\"]"

static void
test_factor(void)
{
    hpf_manifest_t  *mf;

    mf = parse("face", FACTOR "}");
    ok(mf != NULL, "a factor needs no users, level or channels");
    is_str(told, strlen(told), "", "nothing is wrong with it");
    is_int(mf->kind, HPF_MANIFEST_FACTOR, "kind");
    is_int(mf->person, HPF_MANIFEST_ID_NO, "what it gets of the person");
    hpf_manifest_free(mf);

    ok(parse("face", FACTOR ",\n\"level\": 1, \"fees\": \"x\"}") == NULL,
       "it is no service item");
    is_int(faults, 2, "each member of one is told");
    ok(strstr(told, "4: \"level\" is of service items; a factor has none")
       != NULL, "by its line");

    ok(parse("face", FACTOR ", \"form\": {\"type\": \"object\","
             "\n\"properties\": {\"factor\": {}}}}") == NULL
       && strstr(told, "4: \"factor\" is the name of the factor") != NULL,
       "its name is not in its form");

    ok(parse("hukou", "{\"id\": \"hukou\", \"version\": \"1.0.0\","
             "\"kind\": \"factor\", \"language\": \"lua\", \"name\": \"x\","
             "\"person\": [\"name\"]}") == NULL
       && strstr(told, "a factor is \"id-card\", \"bank-card\" or \"face\"")
          != NULL, "one that sessions do not know");

    ok(parse("face", "{\"id\": \"face\", \"version\": \"1.0.0\","
             "\"kind\": \"factor\", \"language\": \"lua\", \"name\": \"x\"}")
       == NULL && strstr(told, "\"/person\"") != NULL,
       "whom it is about has to be said");

    ok(parse("x", HEAD ", \"person\": [\"name\"]}") == NULL
       && strstr(told, "\"person\" is of factors") != NULL,
       "an item does not get a person");
}


static void
test_scopes(void)
{
    hpf_manifest_t  *mf;

    mf = parse("x", HEAD ",\"scopes\": {\"one\": [\"/a\", \"/b/*/c\"],"
               "\"two-b\": [\"/d\"]}, \"fresh\": {\"factors\": [\"sms\","
               "\"face\"], \"within\": 300}}");
    is_int(mf->nscopes, 2, "scopes");
    is_str(mf->scopes[0].name, strlen(mf->scopes[0].name), "one", "a name");
    is_int(mf->scopes[0].nfields, 2, "fields");
    is_str(mf->scopes[0].fields[1], strlen(mf->scopes[0].fields[1]), "/b/*/c",
           "as they are written");
    is_int(mf->sharing, 0, "for consents alone");
    is_int(mf->nfresh, 2, "factors that have to be fresh");
    is_str(mf->fresh[1], strlen(mf->fresh[1]), "face", "by name");
    is_int(mf->within, 300, "how fresh");
    hpf_manifest_free(mf);

    bad(HEAD ",\n\"scopes\": {\"one\": [\"a\"]}}",
        "5: invalid path \"a\", it must begin with", "a field that is none");
    bad(HEAD ",\"scopes\": {\"one\": [\"/1/2/3/4/5/6/7/8/9\"]}}",
        "more than 8 components, at \"/scopes/one/0\"", "too deep");
    bad(HEAD ",\"scopes\": {\"One\": [\"/a\"]}}", "/scopes", "a wrong name");
    bad(HEAD ",\"scopes\": {}}", "/scopes", "none");
    bad(HEAD ",\"scopes\": {\"one\": []}}", "/scopes/one", "of nothing");
    bad(HEAD ",\"sharing\": true}", "\"scopes\" must say what is shared",
        "all is shared with nobody");
    bad(HEAD ",\"sharing\": true, \"scopes\": {\"a\": [\"/a\"]}}",
        "only a query about individuals", "nor what is not of individuals");
    bad(HEAD ",\"fresh\": {\"factors\": [\"iris\"], \"within\": 300}}",
        "/fresh/factors/0", "a factor that there is not");
    bad(HEAD ",\"fresh\": {\"factors\": [\"sms\"], \"within\": 5}}",
        "/fresh/within", "too fresh");
}


static void
bad(const char *text, const char *want, const char *name)
{
    hpf_manifest_t  *mf;

    mf = parse("x", text);

    ok(mf == NULL && strstr(told, want) != NULL, "%s", name);

    if (mf || strstr(told, want) == NULL) {
        printf("# wanted \"%s\" in:\n# %s\n", want, told);
    }
}


static void
test_faults(void)
{
    bad("", "1: ", "nothing");
    bad("{\n\"id\": \"x\",\n nonsense\n}", "3: ", "no JSON, by line");
    bad("[]", "1: ", "no object");
    bad("{}", "is required", "members that are missing");
    ok(faults >= 7, "all of them are told");
    bad(HEAD ",\n\"levle\": 1}", "5: unknown member \"levle\"",
        "a member that there is not, by line");
    bad(HEAD ",\n\"time_limit\": {\"days\": -1},\n\"mode\": \"x\"}",
        "5: ", "a value that cannot be, by line");
    is_int(faults, 2, "and another in one go");
    ok(strstr(told, "6: ") != NULL, "by its line");
    bad("{\n\"id\": \"y\", \"version\": \"1.0.0\", \"language\": \"lua\","
        "\"name\": \"x\", \"users\": [\"unit\"], \"level\": 1,"
        "\"channels\": [\"*\"]}", "2: it must be the name of the folder",
        "another id than the folder");
    bad(HEAD ",\"limits\": [{\"by\": \"user\", \"rate\": \"5\"}]}",
        "/limits/0/rate", "a rate without a unit");
    ok(strstr(told, "requests each second, minute or hour") != NULL,
       "and what is expected there");
    bad(HEAD ",\"mask\": [{\"keys\": [\"a\"], \"kind\": \"all\","
        "\"left\": 1}]}", "/mask/0", "left without right");
    bad(HEAD ",\n\"mask\": [{\"keys\": [\"a\"],\n\"kind\": \"nmae\"}]}",
        "6: ", "a kind that there is not, by line");
    bad(HEAD ",\"mask\": [{\"keys\": [\"a\"], \"kind\": \"id-card-15\"}]}",
        "/mask/0/kind", "one that is for values alone");
    bad(HEAD ",\n\"mask\": [{\"kind\": \"all\"}]}",
        "5: \"keys\" or \"paths\" are required", "a rule for nothing");
    bad(HEAD ",\"mask\": [{\n\"paths\": [\"/a\", \"b/c\"],"
        "\"kind\": \"all\"}]}", "5: invalid path \"b/c\", it must begin with",
        "a path that is none");
    bad(HEAD ",\"mask\": [{\"keys\": [\"a\"], \"kind\": \"drop\","
        "\n\"left\": 1, \"right\": 1}]}",
        "5: it has no meaning for this kind, at \"/mask/0/left\"",
        "ends of what has none");
    bad(HEAD ",\"mask\": [{\"keys\": [\"a\"], \"kind\": \"hash\","
        "\"char\": \"#\"}]}", "/mask/0/char", "a character that is not used");
    bad(HEAD ",\"mask\": [{\"keys\": [\"a\"], \"kind\": \"all\","
        "\"char\": \"\\\"\"}]}", "it must be one character",
        "one that JSON has no room for");
    bad(HEAD ",\"mask\": [{\"keys\": [\"a\"], \"kind\": \"all\","
        "\"reveal\": 4}]}", "/mask/0/reveal", "a level that there is not");
    bad(HEAD ",\"mask\": [{\"keys\": [\"a\"], \"kind\": \"none\","
        "\"reveal\": 1}]}", "/mask/0/reveal", "a level for what is shown");
    bad(HEAD ",\"mask\": [{\"keys\": [\"a\"], \"kind\": \"hash\"}]}",
        "the kind \"hash\" needs \"hpf_mask_key\"", "hashes without a key");
    bad(HEAD ",\n\"form\": {\n\"type\": \"objekt\"}}", "6: ",
        "a form that is no schema, by line");
    bad(HEAD ",\"form\": {\"properties\": {\"a\": {\"format\": \"x\"}}}}",
        "/form/properties/a", "a format that there is not");
    bad(HEAD ",\"mode\": \"application\", \"level\": 1}", "4: duplicate",
        "a member twice");
    bad(HEAD ",\n\"fees\": {\"zn\": \"x\"}}", "unknown member \"zn\", did you "
        "mean \"zh\"?", "a language that there is not");
    is_int(faults, 2, "and the one that is missing");
    bad(HEAD ",\n\"form\": true}", "5: ", "a form that lets everything in");
    bad(HEAD ",\n\"form\": {\"properties\": {}}}", "5: a form needs \"type\"",
        "a form that need not be an object");
    bad(HEAD ",\n\"form\": {\"type\": [\"object\", \"null\"]}}",
        "5: a form needs \"type\"", "or may be something else");
    bad(HEAD ",\n\"time_limit\": {\"days\": 2.5}}", "5: ",
        "a number that is no integer");
}


/* each fault is told in whole characters, whatever the length */

static void
test_cuts(void)
{
    char     text[1024], name[256];
    size_t   n;
    json_t  *utf8;

    static const char  longer[] = "甲乙丙丁戊己庚辛壬癸甲乙丙丁戊己庚辛壬癸";

    for (n = 1; n < 60; n++) {
        memset(name, 'a', n);
        memcpy(name + n, longer, sizeof(longer));
        (void) snprintf(text, sizeof(text), HEAD ", \"%s\": 1,"
                        "\"form\": {\"type\": \"object\", \"%s\": 1}}",
                        name, name);

        (void) parse("x", text);
        utf8 = json_string(told);

        if (faults == 0 || utf8 == NULL) {
            ok(0, "a name of %zu letters: %s", n, told);
        }

        json_decref(utf8);
        (void) snprintf(text, sizeof(text), HEAD ","
                        "\"form\": {\"type\": \"object\", \"%s\": 1}}", name);

        (void) parse("x", text);
        utf8 = json_string(told);

        if (faults == 0 || utf8 == NULL) {
            ok(0, "a keyword of %zu letters: %s", n, told);
        }

        json_decref(utf8);
    }

    ok(n == 60, "names of all lengths");

    (void) parse("x", "{\"a\": \"甲\\乙\"}");
    utf8 = json_string(told);
    ok(faults == 1 && utf8 != NULL, "no JSON within a character");
    json_decref(utf8);
}


static void
test_size(void)
{
    char  *text;

    text = malloc(300000);
    memset(text, ' ', 300000);
    memcpy(text, "{}", 2);
    text[299999] = '\0';

    ok(parse("x", text) == NULL && strstr(told, "1: a manifest has no more"),
       "a manifest that is too large");
    is_int(faults, 1, "is not looked at");

    free(text);
}


static void
test_lines(void)
{
    static const char  text[] =
        "{\n"                                       /* 1 */
        "  \"a\": [1,\n"                            /* 2 */
        "    {\"b\": \"\\\"}]\", \"c/d\": 2},\n"    /* 3 */
        "    3\n"                                   /* 4 */
        "  ],\n"
        "  \"z\": {}\n"                             /* 6 */
        "}\n";

#define line(p)  hpf_json_line((const unsigned char *) text,                  \
                               sizeof(text) - 1, p)

    is_int(line(""), 1, "the whole");
    is_int(line("/a"), 2, "a member");
    is_int(line("/a/0"), 2, "an element");
    is_int(line("/a/1"), 3, "the next");
    is_int(line("/a/1/b"), 3, "deeper");
    is_int(line("/a/1/c~1d"), 3, "an escaped name");
    is_int(line("/a/2"), 4, "behind a string with brackets");
    is_int(line("/z"), 6, "behind it all");
    is_int(line("/z/none"), 6, "the deepest that there is");
    is_int(hpf_json_line((const unsigned char *) "{\"a", 3, "/a/b/0"), 1,
           "a text that was cut off");
    is_int(hpf_json_line((const unsigned char *) "{\"", 2, "/a"), 1,
           "at a quote");
}


int
main(void)
{
    test_own();
    test_defaults();
    test_factor();
    test_scopes();
    test_faults();
    test_cuts();
    test_size();
    test_lines();

    return done();
}
