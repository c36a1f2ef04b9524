/*
 * Copyright (C) the HPF gateway authors
 */

/* UTF-8 that was cut by something that counts bytes. */

#ifndef _HPF_UTF8_H_INCLUDED_
#define _HPF_UTF8_H_INCLUDED_


/*
 * Takes out of text, in place, what is left of characters that were cut; it
 * was good UTF-8 before the cut and ends with a zero.
 */
void hpf_utf8_whole(char *text);


#endif /* _HPF_UTF8_H_INCLUDED_ */
