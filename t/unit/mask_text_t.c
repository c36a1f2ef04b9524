/* links: mask */

/*
 * Copyright (C) the HPF gateway authors
 */

/* Text that is nothing else: values alone are found. */

#include "mask_body.h"


int
main(void)
{
    plan(0);

    body_setup(HPF_MASK_TYPE_TEXT);

    body_vector("电话13800138000，证件440524188001010014。",
                "电话138****8000，证件440524********0014。");
    body_vector("{\"name\":\"abc\",\"x\":13800138000}",
                "{\"name\":\"abc\",\"x\":138****8000}");
    body_vector("\\u0031380013800 \\13800138000",
                "\\u0031380013800 \\138****8000");
    body_stays("1380013800");
    body_vector("<td>6217000010012345677</td>",
                "<td>***************5677</td>");

    body_free();

    return done();
}
