/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The public interface between the HPF gateway and its C plugins.  A plugin
 * is built with this header alone, as C89 or newer or as C++:
 *
 *     cc -shared -fPIC -I plugins/include -o my-item.so my-item.c
 *
 * Rules of the interface
 *
 *   - Every structure that crosses it begins with its size in bytes as the
 *     side that fills it knows it; the reader looks no further.  Members are
 *     only ever added at the end.
 *   - Strings are (pointer, length) in UTF-8 and need not end with NUL, unless
 *     they are const char *.
 *   - A handle of a call is a number and no address.  It is valid until its
 *     request is over, at the latest when cancel() returns.  A stale one is
 *     refused with HPF_ERROR, NULL or an empty string, and logged as an alert.
 *   - Everything runs in the event loop of an nginx worker, one at a time: the
 *     host calls a plugin, and a plugin the host, from that thread only.  A
 *     plugin must not block, start threads that outlive a call, or install
 *     signal handlers.
 *
 * Operations
 *
 *   Functions that return int32_t and take a call begin an operation.  They
 *   return its number, above 0; then resume() is called with it, in a later
 *   turn of the loop and never from inside the function, exactly once.  Only
 *   when the call is over before, it is not called: by an answer or a failure,
 *   a time limit of the call, or the end of the worker.  A client that leaves
 *   ends nothing.  Or they return HPF_ERROR, the log says why, and nothing
 *   will be called.
 *
 *   What they are given is copied as far as it is needed later; trees stay the
 *   call's.  What a result points to is the host's and is freed with the call;
 *   the result itself is valid while resume() runs.  At most 32 operations of
 *   a call are under way at once.  None can be begun once it is answered.
 *
 * Changes
 *
 *   1.0  first version
 *   1.1  HPF_EVENT_WARM; alloc() and free() of hpf_host_t; hpf.json 2 with
 *        real(), key(), new_real(), dump(); tables hpf.log, hpf.text,
 *        hpf.crypto, hpf.metric, hpf.audit, hpf.redis; a prototype of
 *        hpf_plugin_entry(); facts "uscc" and "handler"
 */

#ifndef HPF_PLUGIN_H
#define HPF_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif


#define HPF_ABI_MAJOR      1      /* changed or removed: loading is refused */
#define HPF_ABI_MINOR      1      /* added at the end: older plugins load */
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

/*
 * The life of a generation in a worker: LOAD, WARM, calls, UNLOAD.  WARM comes
 * when all else of the plugin was found right, before it is published, to
 * those that were built for 1.1 or newer.  UNLOAD comes when no call is left,
 * and after whatever LOAD allowed; not after a LOAD that was refused.
 */

#define HPF_EVENT_LOAD     1      /* take tables, register metrics */
#define HPF_EVENT_UNLOAD   2      /* give memory back: the library goes */
#define HPF_EVENT_WARM     3      /* fill caches: calls are about to come */


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

    /*
     * HPF_OK; anything else at HPF_EVENT_LOAD and HPF_EVENT_WARM refuses the
     * generation.  Events that are not known are to be answered HPF_OK.  May
     * be NULL.
     */
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

    /*
     * The call is over without an answer of the plugin: it failed, took too
     * long, or the worker has to end.  Called once and last; nothing can be
     * begun or answered any more.  May be NULL.
     */
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

#if defined(__GNUC__)
#define HPF_EXPORT  __attribute__((visibility("default")))
#else
#define HPF_EXPORT
#endif

/*
 * host_abi: HPF_ABI_VERSION of the gateway.  What is returned is static.  NULL
 * refuses to be loaded.
 */

HPF_EXPORT const hpf_plugin_def_t *hpf_plugin_entry(uint32_t host_abi);


/* What a plugin is given: named tables, each append-only. */

struct hpf_host_s {
    uint32_t     size;
    uint32_t     abi;             /* HPF_ABI_VERSION of the host */

    /* A table by name; NULL: not offered in at least this version. */
    const void *(*iface)(const char *name, uint32_t min_version);

    /* A line of the error log.  No personal data. */
    void       (*log)(hpf_plugin_t *plugin, int level, const char *text,
                      size_t len);

    /* Milliseconds since the Unix epoch, as of this turn of the loop. */
    int64_t    (*now)(void);

    /*
     * 1.1: memory that outlives a call, zeroed, and counted against "memory"
     * of the manifest's resources; NULL: the limit is reached.  To be given
     * back by free(), at UNLOAD at the latest: what is left then is freed, and
     * logged as a leak.
     */
    void      *(*alloc)(hpf_plugin_t *plugin, size_t n);
    void       (*free)(hpf_plugin_t *plugin, void *p);
};


/*
 * "hpf.call" 1: the request.  fact() knows: "request_id", "channel", "item",
 * "language" (zh-CN, en), "user_id", "user_type", "level", "id_no" (of the
 * user who is logged in), "uscc" and "handler" (of a unit: its code, and a
 * pseudonym of who acts for it), "idempotency_key", "case_no".  A fact that
 * there is none of has length 0.
 *
 * A plugin of the kind "factor" is called with what was sent as its form, and
 * the first four facts; of the person "name", "id_no" and "mobile", as far as
 * its manifest asks.  It ends with reply() of a boolean, 1: it is him, or with
 * fail() of "backend-unavailable".  It has no case.
 */

#define HPF_IFACE_CALL  "hpf.call"

typedef struct {
    uint32_t     size;
    uint32_t     version;

    hpf_str_t  (*fact)(hpf_call_t *call, const char *name);
    hpf_json_t *(*form)(hpf_call_t *call);          /* validated; never NULL */

    void      *(*alloc)(hpf_call_t *call, size_t n);  /* zeroed; freed with
                                                        the call */
    void       (*set_data)(hpf_call_t *call, void *data);
    void      *(*data)(hpf_call_t *call);
    hpf_plugin_t *(*plugin)(hpf_call_t *call);

    /*
     * Ends the call; the host takes over the tree.  status: 200 of a query,
     * 201 of an application.  "result" of the answer is this tree.  Of a
     * factor it is a boolean, and the status is not looked at.
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
 * "hpf.http" 1: calls to back ends of the manifest, operations.  body may be
 * NULL: then there is none.  The host adds X-Request-Id and traceparent.
 */

#define HPF_IFACE_HTTP  "hpf.http"

typedef struct {
    uint32_t     size;
    uint32_t     version;

    int32_t    (*call)(hpf_call_t *call, const char *backend,
                       const char *method, hpf_str_t path, hpf_json_t *body);
} hpf_iface_http_t;


/*
 * "hpf.kv" 1: keys of the plugin's own, shared by all nodes; operations.  ttl
 * in seconds, above 0.  get(): value of the result; status 404 when there is
 * none.  add(): stored only when absent, else status 409.  incr(): value is
 * the new number.
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
 * "hpf.case" 1: the case of an application.  open(), an operation, makes it
 * durable under a number of its own before anything is sent to a back end;
 * value of the result is the number.  set(), an operation, records a new
 * status with a note.
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
 * "hpf.json" 2: trees.  A node that was made is the call's and is freed with
 * it, also when it was put into another node or given to reply(), fail(),
 * call(), open() or set().  Reading functions accept NULL and give the
 * default.
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

    /* version 2 */

    double     (*real)(const hpf_json_t *node, double otherwise);
    /* Name of the i-th member, in the order of the text; length 0: none. */
    hpf_str_t  (*key)(const hpf_json_t *object, size_t i);
    /* NULL: n is no number. */
    hpf_json_t *(*new_real)(hpf_call_t *call, double n);
    /* The text of a tree in memory of the call; length 0: it has none. */
    hpf_str_t  (*dump)(hpf_call_t *call, const hpf_json_t *node);
} hpf_iface_json_t;


/*
 * "hpf.log" 1: lines of the error log with the request and its id.  Control
 * characters become spaces, and what is too long is cut.  No personal data.
 */

#define HPF_IFACE_LOG  "hpf.log"

typedef struct {
    uint32_t     size;
    uint32_t     version;

    void       (*write)(hpf_call_t *call, int level, hpf_str_t text);
    int        (*enabled)(hpf_call_t *call, int level);    /* 0: goes nowhere */
} hpf_iface_log_t;


/*
 * "hpf.text" 1: texts of the trade.  out has room for what is said; what is
 * returned is the length, without a NUL.
 */

#define HPF_IFACE_TEXT  "hpf.text"

#define HPF_TEXT_YUAN       24
#define HPF_TEXT_ESCAPE(n)  (3 * (n))

typedef struct {
    uint32_t     size;
    uint32_t     version;

    /* "1024.00" is 102400, "-0.01" is -1; HPF_DECLINED: this is no money. */
    int        (*fen)(hpf_str_t yuan, int64_t *fen);
    /* The reverse; out has HPF_TEXT_YUAN bytes. */
    size_t     (*yuan)(char *out, int64_t fen);
    /* Percent-encodes for a part of a path or a query. */
    size_t     (*escape)(char *out, hpf_str_t text);
} hpf_iface_text_t;


/*
 * "hpf.crypto" 1.  digest: HPF_DIGEST_...; out of digest() and hmac() has
 * HPF_DIGEST_LEN bytes.  HPF_ERROR: there is no such digest, or no memory; out
 * is then not to be used.
 */

#define HPF_IFACE_CRYPTO  "hpf.crypto"

#define HPF_DIGEST_SHA256   0
#define HPF_DIGEST_SM3      1
#define HPF_DIGEST_LEN      32

/* Room for the texts that n bytes become, and for the bytes of a text of n. */

#define HPF_HEX_LEN(n)      (2 * (n))
#define HPF_BASE64_ROOM(n)  (((n) + 2) / 3 * 4)
#define HPF_BYTES_ROOM(n)   (((n) + 3) / 4 * 3)
#define HPF_SEALED_LEN(n)   ((((n) + 30) * 4 + 2) / 3)

typedef struct {
    uint32_t     size;
    uint32_t     version;

    int        (*digest)(hpf_plugin_t *plugin, int digest, hpf_str_t data,
                         void *out);
    int        (*hmac)(hpf_plugin_t *plugin, int digest, hpf_str_t key,
                       hpf_str_t data, void *out);

    /* For keys, nonces and ids.  HPF_ERROR: there is none, give up. */
    int        (*random)(void *out, size_t n);
    /* 1: the same; the time tells nothing but the lengths. */
    int        (*equal)(hpf_str_t a, hpf_str_t b);

    /* Lengths; decoders give HPF_ERROR for a text that is none of theirs. */
    size_t     (*hex)(char *out, hpf_str_t data);
    int64_t    (*unhex)(void *out, hpf_str_t text);
    size_t     (*base64)(char *out, hpf_str_t data);
    int64_t    (*unbase64)(void *out, hpf_str_t text);
    size_t     (*base64url)(char *out, hpf_str_t data);     /* no padding */
    int64_t    (*unbase64url)(void *out, hpf_str_t text);

    /*
     * Sealed with the gateway's key for this plugin alone: base64url of
     * exactly HPF_SEALED_LEN(plain.len) characters.  context is bound to it
     * and not in it: say what the text is and whose ("note:UID").  The length,
     * or HPF_ERROR.
     */
    int64_t    (*seal)(hpf_plugin_t *plugin, hpf_str_t context,
                       hpf_str_t plain, char *out);
    /*
     * out has text.len bytes.  HPF_ERROR: changed, of another context or of
     * another plugin; HPF_DECLINED: its key is not there any more.
     */
    int64_t    (*open)(hpf_plugin_t *plugin, hpf_str_t context,
                       hpf_str_t text, void *out);
} hpf_iface_crypto_t;


/*
 * "hpf.metric" 1: numbers of the plugin's own on /metrics, of all workers
 * together: hpf_plugin_NAME_total{plugin="ID"} of a counter and
 * hpf_plugin_NAME_seconds of a histogram.  name: a letter a to z, then up to
 * 28 letters, digits and "_".  They are registered at HPF_EVENT_LOAD only, 16
 * at most: numbers above 0 for add() and observe(), or HPF_ERROR.
 */

#define HPF_IFACE_METRIC  "hpf.metric"

typedef struct {
    uint32_t     size;
    uint32_t     version;

    int        (*counter)(hpf_plugin_t *plugin, const char *name);
    int        (*histogram)(hpf_plugin_t *plugin, const char *name);

    /* HPF_ERROR: not a metric of this kind. */
    int        (*add)(hpf_plugin_t *plugin, int metric, uint32_t n);
    int        (*observe)(hpf_plugin_t *plugin, int metric, uint64_t us);
} hpf_iface_metric_t;


/*
 * "hpf.audit" 1: members of "notes" in the request's audit record, 8 at
 * most.  key as the name of a metric; value up to 64 bytes of text without
 * control characters.  Personal data has no place there: what looks like a
 * number of a person is refused.  The same key again replaces its value.
 * HPF_ERROR: refused, the log says why.
 */

#define HPF_IFACE_AUDIT  "hpf.audit"

typedef struct {
    uint32_t     size;
    uint32_t     version;

    int        (*add)(hpf_call_t *call, const char *key, hpf_str_t value);
} hpf_iface_audit_t;


/*
 * "hpf.redis" 1: hashes, lists, sets and sorted sets under keys of the
 * plugin's own, beside those of hpf.kv and apart from them.  An operation.
 * argv: the command, a key, and the command's other arguments, UTF-8, 64 at
 * most.  ttl: seconds that the key lives from now, above 0 for commands that
 * write and may make a key, else 0.
 *
 *     reading  HGET HMGET HGETALL HEXISTS HLEN LRANGE LINDEX LLEN SMEMBERS
 *              SISMEMBER SCARD ZRANGE ZRANGEBYSCORE ZSCORE ZRANK ZCARD ZCOUNT
 *              EXISTS TTL
 *     writing  HSET HSETNX HINCRBY LPUSH RPUSH SADD ZADD ZINCRBY
 *     taking   HDEL LPOP RPOP LREM LTRIM SREM SPOP ZREM ZREMRANGEBYSCORE
 *              ZREMRANGEBYRANK UNLINK
 *
 * json of the result is the reply: a string, an integer or an array; status
 * 404 when it is nil.  HPF_REFUSED: Redis says that the command is wrong.
 */

#define HPF_IFACE_REDIS  "hpf.redis"

typedef struct {
    uint32_t     size;
    uint32_t     version;

    int32_t    (*command)(hpf_call_t *call, const hpf_str_t *argv,
                          size_t argc, uint32_t ttl);
} hpf_iface_redis_t;


#ifdef __cplusplus
}
#endif

#endif /* HPF_PLUGIN_H */
