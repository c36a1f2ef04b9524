/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What a gateway would say to a plugin, without a gateway: the parts of
 * hpf-plugin-check.  A fault goes to the standard error as "file:line: what".
 */

#ifndef _CHECK_H_INCLUDED_
#define _CHECK_H_INCLUDED_


#include "hpf_manifest.h"


/* A plugin's file as it was read; text NULL: it could not be. */

typedef struct {
    char    *name;
    char    *text;
    size_t   len;
} check_file_t;


void check_fault(const check_file_t *file, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* HPF_OK, or HPF_ERROR and why has been told. */
int check_lua(const hpf_manifest_t *mf, const check_file_t *file);
int check_library(const hpf_manifest_t *mf, const check_file_t *file);


#endif /* _CHECK_H_INCLUDED_ */
