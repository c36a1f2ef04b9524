/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * face: whether the picture shows the person whom the police know under this
 * name and ID number.  Two calls at once; it is him when both say so, and not
 * when one of them does not, whatever the other one comes to.
 */

#include "hpf_plugin.h"


typedef struct {
    int  left;                    /* calls under way */
    int  yes;                     /* of those that have ended */
} face_t;


static const hpf_iface_call_t  *call_iface;
static const hpf_iface_http_t  *http_iface;
static const hpf_iface_json_t  *json_iface;


static int
face_event(hpf_plugin_t *plugin, int event, const hpf_host_t *host)
{
    if (event != HPF_EVENT_LOAD) {
        return HPF_OK;
    }

    call_iface = host->iface(HPF_IFACE_CALL, 1);
    http_iface = host->iface(HPF_IFACE_HTTP, 1);
    json_iface = host->iface(HPF_IFACE_JSON, 1);

    return call_iface && http_iface && json_iface ? HPF_OK : HPF_ERROR;
}


/* The ID number, and a second member. */

static int
face_ask(hpf_call_t *call, const char *path, const char *name,
    hpf_json_t *value)
{
    size_t       n;
    hpf_str_t    at;
    hpf_json_t  *body;

    for (n = 0; path[n]; n++) { /* void */ }

    at.data = path;
    at.len = n;

    body = json_iface->new_object(call);

    if (json_iface->set(body, "id_no",
                        json_iface->new_string(call,
                                          call_iface->fact(call, "id_no")))
            != HPF_OK
        || json_iface->set(body, name, value) != HPF_OK)
    {
        return HPF_ERROR;
    }

    return http_iface->call(call, "police", "POST", at, body) > 0 ? HPF_OK
                                                                  : HPF_ERROR;
}


static int
face_start(hpf_call_t *call)
{
    face_t      *face;
    hpf_json_t  *name, *capture;

    face = call_iface->alloc(call, sizeof(face_t));

    if (face == NULL) {
        return HPF_ERROR;
    }

    call_iface->set_data(call, face);

    name = json_iface->new_string(call, call_iface->fact(call, "name"));
    capture = json_iface->copy(call,
                  json_iface->get(call_iface->form(call), "capture"));

    if (face_ask(call, "/verify", "name", name) != HPF_OK
        || face_ask(call, "/face", "capture", capture) != HPF_OK)
    {
        return HPF_ERROR;
    }

    face->left = 2;

    return HPF_AGAIN;
}


static int
face_resume(hpf_call_t *call, const hpf_result_t *result)
{
    int      match;
    face_t  *face;

    face = call_iface->data(call);

    face->left--;
    match = -1;

    if (result->outcome == HPF_DONE && result->status == 200) {
        match = json_iface->boolean(json_iface->get(result->json, "match"),
                                    -1);
    }

    if (match == 0) {
        return call_iface->reply(call, 200,
                                 json_iface->new_boolean(call, 0));
    }

    face->yes += (match == 1);

    if (face->left > 0) {
        return HPF_AGAIN;
    }

    if (face->yes < 2) {
        return call_iface->fail(call, "backend-unavailable", NULL, NULL);
    }

    return call_iface->reply(call, 200, json_iface->new_boolean(call, 1));
}


static const hpf_plugin_def_t  face = {
    .size = sizeof(hpf_plugin_def_t),
    .abi_major = HPF_ABI_MAJOR,
    .abi_minor = HPF_ABI_MINOR,
    .id = "face",
    .version = "1.0.0",
    .event = face_event,
    .start = face_start,
    .resume = face_resume
};


const hpf_plugin_def_t *
hpf_plugin_entry(uint32_t host_abi)
{
    return &face;
}
