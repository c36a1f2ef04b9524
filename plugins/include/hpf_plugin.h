/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The public interface between the HPF gateway and its C plugins.  A plugin
 * is built with this header alone:
 *
 *     cc -shared -fPIC -I plugins/include -o my-item.so my-item.c
 *
 * Rules of the interface
 *
 *   - Every structure that crosses it begins with its size in bytes as the
 *     side that fills it knows it; the reader looks no further.  Members are
 *     only ever added at the end.
 *   - Strings are (pointer, length) in UTF-8 and need not end with NUL.
 *   - Handles are opaque.  A handle is valid until the call it belongs to has
 *     ended; the host refuses a stale one.
 *   - A plugin runs in the event loop of an nginx worker.  It must not block,
 *     start threads that outlive a call, or install signal handlers.
 *   - Every asynchronous function returns an operation number above 0, and
 *     resume() is called exactly once for it, never from inside the function
 *     that began it; or it returns HPF_ERROR and nothing will be called.
 *
 * Changes
 *
 *   1.0  first version
 */

#ifndef HPF_PLUGIN_H
#define HPF_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif


#define HPF_ABI_MAJOR      1      /* changed or removed: loading is refused */
#define HPF_ABI_MINOR      0      /* added at the end: older plugins load */
#define HPF_ABI_VERSION    (HPF_ABI_MAJOR * 65536 + HPF_ABI_MINOR)

#define HPF_OK             0      /* done */
#define HPF_ERROR        (-1)     /* failed */
#define HPF_AGAIN        (-2)     /* operations are under way */
#define HPF_DECLINED     (-5)     /* not mine, not there */

#define HPF_LOG_ERR        4      /* levels of log(), as nginx numbers them */
#define HPF_LOG_WARN       5
#define HPF_LOG_NOTICE     6
#define HPF_LOG_INFO       7
#define HPF_LOG_DEBUG      8

#define HPF_EVENT_LOAD     1      /* once for each worker, after loading */
#define HPF_EVENT_UNLOAD   2      /* no call is left, the library goes */


typedef struct {
    const char  *data;
    size_t       len;
} hpf_str_t;


typedef struct hpf_plugin_s  hpf_plugin_t;      /* a loaded generation */
typedef struct hpf_call_s    hpf_call_t;        /* one run of a plugin */
typedef struct hpf_json_s    hpf_json_t;        /* a node of a JSON tree */


/* How an operation ended: hpf_result_t.outcome. */

#define HPF_DONE           0      /* there is an answer, also an HTTP error */
#define HPF_UNAVAILABLE    1      /* refused before anything was sent */
#define HPF_UNKNOWN        2      /* sent, no answer: it may have been done */
#define HPF_TIMEOUT        3      /* as HPF_UNKNOWN, because of a time limit */
#define HPF_REFUSED        4      /* not allowed by the manifest, or invalid */

typedef struct {
    uint32_t     size;
    int32_t      op;              /* the number that began it */
    int32_t      outcome;         /* HPF_DONE, ... */
    int32_t      status;          /* HTTP status of a back end; 0: none */
    hpf_str_t    body;            /* bytes of the answer, till the call ends */
    hpf_json_t  *json;            /* body parsed, NULL: none or no JSON */
    hpf_str_t    value;           /* a string answer: case number, kv value */
} hpf_result_t;


/* What a plugin exports: the one symbol hpf_plugin_entry(). */

typedef struct hpf_host_s  hpf_host_t;

typedef struct {
    uint32_t     size;            /* sizeof(hpf_plugin_def_t) */
    uint16_t     abi_major;
    uint16_t     abi_minor;

    const char  *id;              /* the folder's name, NUL-terminated */
    const char  *version;

    /* HPF_OK; anything else at HPF_EVENT_LOAD refuses the generation. */
    int        (*event)(hpf_plugin_t *plugin, int event,
                        const hpf_host_t *host);

    /*
     * Begins a call.  HPF_OK: reply() or fail() was called.  HPF_AGAIN:
     * operations are under way, resume() follows for each.  HPF_ERROR: the
     * request is answered with "plugin-failed".
     */
    int        (*start)(hpf_call_t *call);

    /* As start(), once for every ended operation. */
    int        (*resume)(hpf_call_t *call, const hpf_result_t *result);

    /* The call ends without an answer of the plugin.  May be NULL. */
    void       (*cancel)(hpf_call_t *call);

    /*
     * As start(): asks the back end what became of the case (fact "case_no")
     * whose outcome was not known, records it with set() of "hpf.case", and
     * ends with reply().  May be NULL.
     */
    int        (*reconcile)(hpf_call_t *call);

    void        *reserved[7];
} hpf_plugin_def_t;

typedef const hpf_plugin_def_t *(*hpf_plugin_entry_pt)(uint32_t host_abi);

#define HPF_PLUGIN_ENTRY  "hpf_plugin_entry"


/* What a plugin is given: named tables, each append-only. */

struct hpf_host_s {
    uint32_t     size;
    uint32_t     abi;             /* HPF_ABI_VERSION of the host */

    /* A table by name; NULL: not offered in at least this version. */
    const void *(*iface)(const char *name, uint32_t min_version);

    void       (*log)(hpf_plugin_t *plugin, int level, const char *text,
                      size_t len);

    /* Milliseconds since the Unix epoch, as of this turn of the loop. */
    int64_t    (*now)(void);
};


/*
 * "hpf.call" 1: the request.  fact() knows: "request_id", "channel", "item",
 * "language" (zh-CN, en), "user_id", "user_type", "level", "id_no" (of the
 * user who is logged in), "idempotency_key", "case_no".  A fact that there is
 * none of has length 0.
 */

#define HPF_IFACE_CALL  "hpf.call"

typedef struct {
    uint32_t     size;
    uint32_t     version;

    hpf_str_t  (*fact)(hpf_call_t *call, const char *name);
    hpf_json_t *(*form)(hpf_call_t *call);          /* validated; never NULL */

    void      *(*alloc)(hpf_call_t *call, size_t n);  /* freed with the call */
    void       (*set_data)(hpf_call_t *call, void *data);
    void      *(*data)(hpf_call_t *call);
    hpf_plugin_t *(*plugin)(hpf_call_t *call);

    /*
     * Ends the call; the host takes over the tree.  status: 200 of a query,
     * 201 of an application.  "result" of the answer is this tree.
     */
    int        (*reply)(hpf_call_t *call, int status, hpf_json_t *result);

    /*
     * Ends the call with a problem: code is one of the stable codes, detail
     * a sentence for the user or NULL, extra an object whose members are
     * added, or NULL.
     */
    int        (*fail)(hpf_call_t *call, const char *code, const char *detail,
                       hpf_json_t *extra);

    /* An operation that ends after so many milliseconds. */
    int32_t    (*sleep)(hpf_call_t *call, uint32_t ms);
} hpf_iface_call_t;


/*
 * "hpf.http" 1: calls to back ends of the manifest.  body may be NULL: then
 * there is none.  The host adds X-Request-Id and traceparent.
 */

#define HPF_IFACE_HTTP  "hpf.http"

typedef struct {
    uint32_t     size;
    uint32_t     version;

    int32_t    (*call)(hpf_call_t *call, const char *backend,
                       const char *method, hpf_str_t path, hpf_json_t *body);
} hpf_iface_http_t;


/*
 * "hpf.kv" 1: keys of the plugin's own, shared by all nodes.  ttl in seconds,
 * above 0.  get(): value of the result; status 404 when there is none.
 * add(): stored only when absent, else status 409.  incr(): value is the new
 * number.
 */

#define HPF_IFACE_KV  "hpf.kv"

typedef struct {
    uint32_t     size;
    uint32_t     version;

    int32_t    (*get)(hpf_call_t *call, hpf_str_t key);
    int32_t    (*set)(hpf_call_t *call, hpf_str_t key, hpf_str_t value,
                      uint32_t ttl);
    int32_t    (*add)(hpf_call_t *call, hpf_str_t key, hpf_str_t value,
                      uint32_t ttl);
    int32_t    (*del)(hpf_call_t *call, hpf_str_t key);
    int32_t    (*incr)(hpf_call_t *call, hpf_str_t key, int64_t by,
                       uint32_t ttl);
} hpf_iface_kv_t;


/*
 * "hpf.case" 1: the case of an application.  open() makes it durable under a
 * number of its own before anything is sent to a back end; value of the
 * result is the number.  set() records a new status with a note.
 */

#define HPF_IFACE_CASE  "hpf.case"

typedef struct {
    uint32_t     size;
    uint32_t     version;

    /* data: what reconcile() will need, kept sealed with the case, or NULL. */
    int32_t    (*open)(hpf_call_t *call, const char *status,
                       hpf_json_t *data);
    int32_t    (*set)(hpf_call_t *call, const char *status, hpf_str_t note,
                      hpf_json_t *result);
    hpf_json_t *(*data)(hpf_call_t *call);       /* for reconcile() */
} hpf_iface_case_t;


/*
 * "hpf.json" 1: trees.  A node that was made belongs to the call until it is
 * put into another node or handed to reply(), fail(), call(), open() or
 * set().  Reading functions accept NULL and give the default.
 */

#define HPF_IFACE_JSON  "hpf.json"

#define HPF_JSON_NULL      0
#define HPF_JSON_BOOL      1
#define HPF_JSON_INTEGER   2
#define HPF_JSON_REAL      3
#define HPF_JSON_STRING    4
#define HPF_JSON_ARRAY     5
#define HPF_JSON_OBJECT    6

typedef struct {
    uint32_t     size;
    uint32_t     version;

    int        (*type)(const hpf_json_t *node);           /* -1: NULL */
    hpf_json_t *(*get)(const hpf_json_t *object, const char *key);
    hpf_json_t *(*at)(const hpf_json_t *array, size_t i);
    size_t     (*count)(const hpf_json_t *node);
    hpf_str_t  (*string)(const hpf_json_t *node);
    int64_t    (*integer)(const hpf_json_t *node, int64_t otherwise);
    int        (*boolean)(const hpf_json_t *node, int otherwise);

    hpf_json_t *(*parse)(hpf_call_t *call, hpf_str_t text);
    hpf_json_t *(*new_object)(hpf_call_t *call);
    hpf_json_t *(*new_array)(hpf_call_t *call);
    hpf_json_t *(*new_string)(hpf_call_t *call, hpf_str_t s);
    hpf_json_t *(*new_integer)(hpf_call_t *call, int64_t n);
    hpf_json_t *(*new_boolean)(hpf_call_t *call, int b);
    hpf_json_t *(*new_null)(hpf_call_t *call);
    hpf_json_t *(*copy)(hpf_call_t *call, const hpf_json_t *node);

    int        (*set)(hpf_json_t *object, const char *key, hpf_json_t *value);
    int        (*append)(hpf_json_t *array, hpf_json_t *value);
} hpf_iface_json_t;


#ifdef __cplusplus
}
#endif

#endif /* HPF_PLUGIN_H */
