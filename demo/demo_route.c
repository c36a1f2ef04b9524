/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The table of calls.
 */


#include <string.h>

#include "demo_route.h"


#define DEMO_ROUTE_GP  (DEMO_HTTP_GET|DEMO_HTTP_POST)

#define demo_route_n  (sizeof(demo_routes) / sizeof(demo_routes[0]))


static int demo_route_matches(const demo_route_t *route, const char *path);


static const demo_route_t  demo_routes[] = {
    { "/person/", DEMO_HTTP_GET, 1, 0, demo_tool_person },

    { "/core/account", DEMO_HTTP_GET, 0, 0, demo_core_account },
    { "/core/details", DEMO_HTTP_GET, 0, 0, demo_core_details },
    { "/core/loans", DEMO_HTTP_GET, 0, 0, demo_core_loans },
    { "/core/applications", DEMO_HTTP_POST, 0, 0, demo_apply_post },
    { "/core/applications", DEMO_HTTP_GET, 0, 0, demo_apply_list },
    { "/core/applications/", DEMO_HTTP_GET, 1, 0, demo_apply_get },

    { "/police/verify", DEMO_HTTP_POST, 0, 0, demo_register_identity },
    { "/police/face", DEMO_HTTP_POST, 0, 0, demo_register_face },
    { "/civil/marriage", DEMO_ROUTE_GP, 0, 0, demo_register_marriage },
    { "/realestate/houses", DEMO_ROUTE_GP, 0, 0, demo_register_houses },
    { "/credit/report", DEMO_ROUTE_GP, 0, 0, demo_register_credit },
    { "/market/verify", DEMO_HTTP_POST, 0, 0, demo_register_unit },
    { "/bank/verify", DEMO_HTTP_POST, 0, 0, demo_register_bank },
    { "/sms/send", DEMO_HTTP_POST, 0, 0, demo_sms_send },

    { "/healthz", DEMO_HTTP_GET, 0, 0, demo_tool_health },
    { "/echo", DEMO_HTTP_ANY, 0, 1, demo_tool_echo },
    { "/bytes", DEMO_HTTP_GET, 0, 0, demo_tool_bytes },

    { "/_control", DEMO_HTTP_POST, 0, 0, demo_control_set },
    { "/_control", DEMO_HTTP_DELETE, 0, 1, demo_control_clear },
    { "/_hold", DEMO_HTTP_POST, 0, 0, demo_control_hold },
    { "/_release", DEMO_HTTP_POST, 0, 0, demo_control_release },
    { "/_held", DEMO_HTTP_GET, 0, 0, demo_control_held },
    { "/_stats", DEMO_HTTP_GET, 0, 0, demo_route_stats },
    { "/_people", DEMO_HTTP_GET, 0, 0, demo_tool_people }
};

static demo_route_stat_t  demo_route_counts[demo_route_n];


const demo_route_t *
demo_route_find(const char *path, unsigned method, int *allowed)
{
    size_t               i;
    const demo_route_t  *found;

    *allowed = 0;
    found = NULL;

    for (i = 0; i < demo_route_n; i++) {

        if (!demo_route_matches(&demo_routes[i], path)) {
            continue;
        }

        found = &demo_routes[i];

        if (found->methods & (method|DEMO_HTTP_ANY)) {
            *allowed = 1;
            return found;
        }
    }

    return found;
}


static int
demo_route_matches(const demo_route_t *route, const char *path)
{
    size_t  len;

    if (!route->prefix) {
        return strcmp(route->path, path) == 0;
    }

    len = strlen(route->path);

    return strncmp(route->path, path, len) == 0
           && path[len] != '\0'
           && strchr(path + len, '/') == NULL;
}


/* Calls of one path are counted together. */

demo_route_stat_t *
demo_route_stat(const demo_route_t *route)
{
    size_t  i;

    i = route - demo_routes;

    while (i > 0 && strcmp(demo_routes[i - 1].path, route->path) == 0) {
        i--;
    }

    return &demo_route_counts[i];
}


int
demo_route_stats(demo_request_t *r)
{
    size_t              i;
    demo_route_stat_t  *stat;

    hpf_json_out_begin_object(&r->out);

    for (i = 0; i < demo_route_n; i++) {
        stat = demo_route_stat(&demo_routes[i]);

        if (stat != &demo_route_counts[i] || demo_routes[i].path[1] == '_') {
            continue;
        }

        hpf_json_out_key(&r->out, demo_routes[i].path);
        hpf_json_out_begin_object(&r->out);
        demo_http_put_int(r, "requests", stat->requests);
        demo_http_put_int(r, "get", stat->get);
        demo_http_put_int(r, "post", stat->post);
        demo_http_put_int(r, "done", stat->done);
        demo_http_put_int(r, "told", stat->told);
        hpf_json_out_end_object(&r->out);
    }

    hpf_json_out_end_object(&r->out);

    return MHD_HTTP_OK;
}
