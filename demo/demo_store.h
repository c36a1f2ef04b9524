/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The demo's tables: one SQLite file, used by one thread.  A statement is
 * prepared once, known by the address of its text.
 */

#ifndef _DEMO_STORE_H_INCLUDED_
#define _DEMO_STORE_H_INCLUDED_


#include <stdint.h>
#include <sqlite3.h>

#include "hpf_plugin.h"


/* Opens or makes DIR/demo.db with everybody in it; HPF_OK or HPF_ERROR. */
int demo_store_open(const char *dir);
void demo_store_close(void);

/*
 * A statement with its arguments bound, types telling of each: 't' a text
 * (const char *, NULL is NULL), 'i' an int64_t.  NULL: a failure, which is
 * said on stderr.  It is stepped with demo_store_row() until that is not 1;
 * demo_store_done() ends it earlier.
 */
sqlite3_stmt *demo_store_query(const char *sql, const char *types, ...);
/* 1: a row, 0: no more, HPF_ERROR. */
int demo_store_row(sqlite3_stmt *st);
void demo_store_done(sqlite3_stmt *st);

/* One without rows: HPF_OK, HPF_ERROR. */
int demo_store_exec(const char *sql, const char *types, ...);

/* A text column, "" if it is NULL; gone with the row. */
const char *demo_store_text(sqlite3_stmt *st, int column);


#endif /* _DEMO_STORE_H_INCLUDED_ */
