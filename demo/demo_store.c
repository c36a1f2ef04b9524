/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Opening, statements, arguments.  What is written goes to the log of SQLite
 * without waiting for the disk: it survives this program's end, if not the
 * machine's, which is right for a demo.
 */


#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "demo_fill.h"
#include "demo_store.h"


#define DEMO_STORE_STATEMENTS  64
#define DEMO_STORE_VERSION     "1"


static sqlite3_stmt *demo_store_statement(const char *sql);
static int demo_store_bind(sqlite3_stmt *st, const char *types, va_list args);
static int demo_store_failed(const char *what);
static int demo_store_version(void);
static int demo_store_create(void);


static struct {
    sqlite3       *db;
    unsigned       n;
    const char    *sql[DEMO_STORE_STATEMENTS];
    sqlite3_stmt  *statements[DEMO_STORE_STATEMENTS];
} demo_store;


static const char  demo_store_schema[] =
    "CREATE TABLE unit (id INTEGER PRIMARY KEY, name TEXT NOT NULL,"
    " uscc TEXT NOT NULL UNIQUE, handler INTEGER NOT NULL);"

    "CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT NOT NULL,"
    " id_no TEXT NOT NULL UNIQUE, mobile TEXT NOT NULL UNIQUE,"
    " bank_card TEXT NOT NULL UNIQUE, address TEXT NOT NULL);"

    "CREATE TABLE account (person INTEGER PRIMARY KEY,"
    " account_no TEXT NOT NULL UNIQUE, unit INTEGER NOT NULL,"
    " status TEXT NOT NULL, opened TEXT NOT NULL,"
    " last_paid_month TEXT NOT NULL, monthly_deposit INTEGER NOT NULL,"
    " balance INTEGER NOT NULL CHECK (balance >= 0),"
    " filled INTEGER NOT NULL DEFAULT 0);"

    "CREATE TABLE movement (person INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " date TEXT NOT NULL, kind TEXT NOT NULL, amount INTEGER NOT NULL,"
    " balance INTEGER NOT NULL, case_no TEXT,"
    " PRIMARY KEY (person, seq)) WITHOUT ROWID;"

    "CREATE TABLE loan (contract_no TEXT PRIMARY KEY,"
    " person INTEGER NOT NULL, amount INTEGER NOT NULL,"
    " balance INTEGER NOT NULL, months INTEGER NOT NULL,"
    " paid_months INTEGER NOT NULL, rate TEXT NOT NULL,"
    " next_due TEXT NOT NULL);"
    "CREATE INDEX loan_person ON loan (person);"

    "CREATE TABLE application (id INTEGER PRIMARY KEY,"
    " case_no TEXT NOT NULL UNIQUE, person INTEGER NOT NULL,"
    " item TEXT NOT NULL, amount INTEGER NOT NULL, status TEXT NOT NULL,"
    " core_no TEXT NOT NULL UNIQUE, paid_at TEXT NOT NULL,"
    " body TEXT NOT NULL);"
    "CREATE INDEX application_person ON application (person);"

    "CREATE TABLE marriage (person INTEGER PRIMARY KEY,"
    " spouse INTEGER NOT NULL UNIQUE, since TEXT NOT NULL);"

    "CREATE TABLE house (person INTEGER NOT NULL, n INTEGER NOT NULL,"
    " city TEXT NOT NULL, address TEXT NOT NULL, area TEXT NOT NULL,"
    " registered TEXT NOT NULL, PRIMARY KEY (person, n)) WITHOUT ROWID;"

    "CREATE TABLE credit (person INTEGER PRIMARY KEY,"
    " score INTEGER NOT NULL, overdue INTEGER NOT NULL,"
    " loans INTEGER NOT NULL);";


int
demo_store_open(const char *dir)
{
    char  path[4096];

    if (snprintf(path, sizeof(path), "%s/demo.db", dir)
        >= (int) sizeof(path))
    {
        return demo_store_failed("the path is too long");
    }

    if (sqlite3_open_v2(path, &demo_store.db, SQLITE_OPEN_READWRITE
                        |SQLITE_OPEN_CREATE|SQLITE_OPEN_NOMUTEX, NULL)
        != SQLITE_OK
        || sqlite3_exec(demo_store.db,
                        "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
                        "PRAGMA busy_timeout=5000; PRAGMA temp_store=MEMORY;"
                        "PRAGMA cache_size=-32000",
                        NULL, NULL, NULL)
           != SQLITE_OK)
    {
        return demo_store_failed(path);
    }

    switch (demo_store_version()) {

    case 0:
        return demo_store_create();

    case 1:
        return HPF_OK;

    default:
        return demo_store_failed("the file is another version's");
    }
}


void
demo_store_close(void)
{
    while (demo_store.n) {
        (void) sqlite3_finalize(demo_store.statements[--demo_store.n]);
    }

    (void) sqlite3_close(demo_store.db);
    demo_store.db = NULL;
}


/* All or nothing: the version comes with the rest. */

static int
demo_store_create(void)
{
    if (sqlite3_exec(demo_store.db, "BEGIN IMMEDIATE", NULL, NULL, NULL)
        != SQLITE_OK
        || sqlite3_exec(demo_store.db, demo_store_schema, NULL, NULL, NULL)
           != SQLITE_OK
        || demo_fill_all() != HPF_OK
        || sqlite3_exec(demo_store.db,
                        "PRAGMA user_version=" DEMO_STORE_VERSION
                        "; COMMIT", NULL, NULL, NULL)
           != SQLITE_OK)
    {
        return demo_store_failed("making the tables");
    }

    return HPF_OK;
}


static int
demo_store_version(void)
{
    int            version;
    sqlite3_stmt  *st;

    st = demo_store_query("PRAGMA user_version", "");

    if (st == NULL || demo_store_row(st) != 1) {
        return HPF_ERROR;
    }

    version = sqlite3_column_int(st, 0);
    demo_store_done(st);

    return version;
}


sqlite3_stmt *
demo_store_query(const char *sql, const char *types, ...)
{
    int            rc;
    va_list        args;
    sqlite3_stmt  *st;

    st = demo_store_statement(sql);
    if (st == NULL) {
        return NULL;
    }

    va_start(args, types);
    rc = demo_store_bind(st, types, args);
    va_end(args);

    return rc == HPF_OK ? st : NULL;
}


int
demo_store_exec(const char *sql, const char *types, ...)
{
    int            rc;
    va_list        args;
    sqlite3_stmt  *st;

    st = demo_store_statement(sql);
    if (st == NULL) {
        return HPF_ERROR;
    }

    va_start(args, types);
    rc = demo_store_bind(st, types, args);
    va_end(args);

    if (rc != HPF_OK) {
        return HPF_ERROR;
    }

    rc = demo_store_row(st);

    if (rc == 1) {
        demo_store_done(st);
    }

    return rc == HPF_ERROR ? HPF_ERROR : HPF_OK;
}


static sqlite3_stmt *
demo_store_statement(const char *sql)
{
    unsigned       i;
    sqlite3_stmt  *st;

    for (i = 0; i < demo_store.n; i++) {

        if (demo_store.sql[i] == sql) {
            (void) sqlite3_reset(demo_store.statements[i]);
            return demo_store.statements[i];
        }
    }

    if (i == DEMO_STORE_STATEMENTS
        || sqlite3_prepare_v2(demo_store.db, sql, -1, &st, NULL) != SQLITE_OK)
    {
        (void) demo_store_failed(sql);
        return NULL;
    }

    demo_store.sql[i] = sql;
    demo_store.statements[i] = st;
    demo_store.n++;

    return st;
}


static int
demo_store_bind(sqlite3_stmt *st, const char *types, va_list args)
{
    int  i, rc;

    for (i = 0; types[i]; i++) {

        if (types[i] == 'i') {
            rc = sqlite3_bind_int64(st, i + 1, va_arg(args, int64_t));

        } else {
            rc = sqlite3_bind_text(st, i + 1, va_arg(args, const char *), -1,
                                   SQLITE_TRANSIENT);
        }

        if (rc != SQLITE_OK) {
            return demo_store_failed("binding");
        }
    }

    return HPF_OK;
}


int
demo_store_row(sqlite3_stmt *st)
{
    switch (sqlite3_step(st)) {

    case SQLITE_ROW:
        return 1;

    case SQLITE_DONE:
        (void) sqlite3_reset(st);
        return 0;

    default:
        (void) demo_store_failed(sqlite3_sql(st));
        (void) sqlite3_reset(st);
        return HPF_ERROR;
    }
}


void
demo_store_done(sqlite3_stmt *st)
{
    (void) sqlite3_reset(st);
}


const char *
demo_store_text(sqlite3_stmt *st, int column)
{
    const unsigned char  *text;

    text = sqlite3_column_text(st, column);

    return text ? (const char *) text : "";
}


static int
demo_store_failed(const char *what)
{
    (void) fprintf(stderr, "hpf-demo: %s: %s\n", what,
                   demo_store.db ? sqlite3_errmsg(demo_store.db) : "");

    return HPF_ERROR;
}
