/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * hpf-demo --listen unix:PATH|127.0.0.1:PORT --data DIR --outbox FILE:
 * the business systems behind the gateway, for demonstrations and tests.
 */


#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "demo_fill.h"
#include "demo_route.h"
#include "demo_store.h"
#include "demo_wait.h"


typedef struct {
    const char  *listen;
    const char  *data;
    const char  *outbox;
} demo_main_options_t;


static int demo_main_parse(demo_main_options_t *options, int argc,
    char **argv);
static int demo_main_signals(void);
static int demo_main_prepare(const demo_main_options_t *options);
static void demo_main_loop(struct MHD_Daemon *daemon, int signals);
static int demo_main_timeout(struct MHD_Daemon *daemon);


int
main(int argc, char **argv)
{
    int                   rc, signals;
    struct MHD_Daemon    *daemon;
    demo_main_options_t   options;

    if (demo_main_parse(&options, argc, argv) != HPF_OK) {
        (void) fprintf(stderr, "usage: hpf-demo --listen ADDRESS --data DIR"
                       " --outbox FILE\n");
        return 2;
    }

    rc = 1;

    signals = demo_main_signals();
    if (signals == -1) {
        return rc;
    }

    if (demo_main_prepare(&options) == HPF_OK) {
        daemon = demo_http_start(options.listen);

        if (daemon) {
            demo_main_loop(daemon, signals);
            demo_http_stop(daemon);
            rc = 0;
        }
    }

    demo_tool_free();
    demo_sms_close();
    demo_store_close();
    (void) close(signals);

    return rc;
}


static int
demo_main_parse(demo_main_options_t *options, int argc, char **argv)
{
    int  i;

    memset(options, 0, sizeof(demo_main_options_t));

    if (argc % 2 == 0) {
        return HPF_ERROR;
    }

    for (i = 1; i < argc; i += 2) {

        if (strcmp(argv[i], "--listen") == 0) {
            options->listen = argv[i + 1];

        } else if (strcmp(argv[i], "--data") == 0) {
            options->data = argv[i + 1];

        } else if (strcmp(argv[i], "--outbox") == 0) {
            options->outbox = argv[i + 1];

        } else {
            return HPF_ERROR;
        }
    }

    return options->listen && options->data && options->outbox
           ? HPF_OK : HPF_ERROR;
}


/* A descriptor that tells of SIGTERM and SIGINT, or -1. */

static int
demo_main_signals(void)
{
    int       fd;
    sigset_t  set;

    (void) signal(SIGPIPE, SIG_IGN);

    (void) sigemptyset(&set);
    (void) sigaddset(&set, SIGTERM);
    (void) sigaddset(&set, SIGINT);

    if (sigprocmask(SIG_BLOCK, &set, NULL) == -1) {
        perror("hpf-demo: sigprocmask");
        return -1;
    }

    fd = signalfd(-1, &set, SFD_CLOEXEC);

    if (fd == -1) {
        perror("hpf-demo: signalfd");
    }

    return fd;
}


static int
demo_main_prepare(const demo_main_options_t *options)
{
    struct rlimit  files;

    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void) setrlimit(RLIMIT_NOFILE, &files);
    }

    if (mkdir(options->data, 0700) == -1 && errno != EEXIST) {
        perror(options->data);
        return HPF_ERROR;
    }

    if (demo_sms_open(options->outbox) != HPF_OK
        || demo_store_open(options->data) != HPF_OK)
    {
        return HPF_ERROR;
    }

    return demo_fill_export(options->data);
}


static void
demo_main_loop(struct MHD_Daemon *daemon, int signals)
{
    struct pollfd                fds[2];
    const union MHD_DaemonInfo  *info;

    info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);

    fds[0].fd = info->epoll_fd;
    fds[0].events = POLLIN;
    fds[1].fd = signals;
    fds[1].events = POLLIN;

    for ( ;; ) {
        fds[1].revents = 0;

        if (poll(fds, 2, demo_main_timeout(daemon)) == -1 && errno != EINTR) {
            perror("hpf-demo: poll");
            return;
        }

        if (fds[1].revents) {
            return;
        }

        demo_wait_fire();

        if (MHD_run(daemon) != MHD_YES) {
            (void) fprintf(stderr, "hpf-demo: the server failed\n");
            return;
        }
    }
}


static int
demo_main_timeout(struct MHD_Daemon *daemon)
{
    int                     ms;
    MHD_UNSIGNED_LONG_LONG  limit;

    ms = demo_wait_timeout();

    if (MHD_get_timeout(daemon, &limit) == MHD_YES
        && (ms < 0 || limit < (MHD_UNSIGNED_LONG_LONG) ms))
    {
        ms = limit < 60000 ? (int) limit : 60000;
    }

    return ms;
}
