/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The socket that the demo listens on.
 */

#ifndef _DEMO_LISTEN_H_INCLUDED_
#define _DEMO_LISTEN_H_INCLUDED_


/*
 * "unix:PATH" or "127.0.0.1:PORT"; with port 0 a line on stdout tells which
 * one it is.  -1 with a message on stderr.
 */
int demo_listen_open(const char *address);
void demo_listen_close(int s);

/* Removes the file of a unix socket. */
void demo_listen_remove(void);


#endif /* _DEMO_LISTEN_H_INCLUDED_ */
