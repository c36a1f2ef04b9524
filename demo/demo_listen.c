/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * A unix socket, or a TCP one on the loopback address and nowhere else: the
 * demo asks nobody who they are.
 */


#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "demo_listen.h"


#define DEMO_LISTEN_BACKLOG  511


static int demo_listen_unix(const char *path);
static int demo_listen_tcp(const char *port);
static int demo_listen_bind(int s, const struct sockaddr *sa, socklen_t len);
static int demo_listen_failed(int s, const char *what);


static struct sockaddr_un  demo_listen_file;


int
demo_listen_open(const char *address)
{
    if (strncmp(address, "unix:", 5) == 0) {
        return demo_listen_unix(address + 5);
    }

    if (strncmp(address, "127.0.0.1:", 10) == 0) {
        return demo_listen_tcp(address + 10);
    }

    (void) fprintf(stderr, "hpf-demo: \"%s\" is neither unix:PATH nor"
                   " 127.0.0.1:PORT\n", address);

    return -1;
}


static int
demo_listen_unix(const char *path)
{
    int                  s;
    size_t               len;
    struct stat          st;
    struct sockaddr_un  *sun;

    sun = &demo_listen_file;
    len = strlen(path);

    if (len == 0 || len >= sizeof(sun->sun_path)) {
        errno = ENAMETOOLONG;
        return demo_listen_failed(-1, path);
    }

    /* what one that was killed has left */

    if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode)) {
        (void) unlink(path);
    }

    sun->sun_family = AF_UNIX;
    memcpy(sun->sun_path, path, len + 1);

    s = demo_listen_bind(socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0),
                         (struct sockaddr *) sun, sizeof(*sun));

    if (s == -1) {
        sun->sun_path[0] = '\0';
    }

    return s;
}


static int
demo_listen_tcp(const char *port)
{
    int                  s, one;
    char                *end;
    socklen_t            len;
    unsigned long        number;
    struct sockaddr_in   sin;

    number = strtoul(port, &end, 10);

    if (end == port || *end || number > 65535) {
        errno = EINVAL;
        return demo_listen_failed(-1, port);
    }

    memset(&sin, 0, sizeof(sin));

    sin.sin_family = AF_INET;
    sin.sin_port = htons((uint16_t) number);
    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    s = socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, 0);

    one = 1;
    (void) setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));

    s = demo_listen_bind(s, (struct sockaddr *) &sin, sizeof(sin));
    if (s == -1) {
        return -1;
    }

    len = sizeof(sin);

    if (getsockname(s, (struct sockaddr *) &sin, &len) == -1) {
        return demo_listen_failed(s, "getsockname");
    }

    (void) printf("listening 127.0.0.1:%u\n", ntohs(sin.sin_port));
    (void) fflush(stdout);

    return s;
}


static int
demo_listen_bind(int s, const struct sockaddr *sa, socklen_t len)
{
    if (s == -1) {
        return demo_listen_failed(s, "socket");
    }

    if (bind(s, sa, len) == -1) {
        return demo_listen_failed(s, "bind");
    }

    if (listen(s, DEMO_LISTEN_BACKLOG) == -1) {
        return demo_listen_failed(s, "listen");
    }

    return s;
}


void
demo_listen_close(int s)
{
    (void) close(s);
    demo_listen_remove();
}


void
demo_listen_remove(void)
{
    if (demo_listen_file.sun_path[0]) {
        (void) unlink(demo_listen_file.sun_path);
    }
}


static int
demo_listen_failed(int s, const char *what)
{
    (void) fprintf(stderr, "hpf-demo: %s: %s\n", what, strerror(errno));

    if (s != -1) {
        (void) close(s);
    }

    return -1;
}
