/* links: mask */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Masking of XML and HTML: golden vectors, random bodies in every split, and
 * documents against a slow and obvious reference.
 */

#include "mask_body.h"


static void
test_elements(void)
{
    body_stays("");
    body_stays("<");
    body_stays("a < b <= c <> d </ e <1>");

    body_vector("<r><name>张三</name></r>", "<r><name>张*</name></r>");
    body_vector("<ns:name>张三</ns:name>", "<ns:name>张*</ns:name>");
    body_vector("<NAME a='1' >\n 张小三\t</NAME >",
                "<NAME a='1' >\n 张*三\t</NAME >");
    body_vector("<姓名>张三</姓名>", "<姓名>张*</姓名>");
    body_vector("<name>abc</name>abc<name>abc", "<name>a*c</name>abc"
                "<name>a*c");
    body_stays("<name></name><name/>abc<name />abc<name x='y'/>abc");
    body_stays("<names>abc</names><xname>abc</xname></name>abc");
    body_vector("<name>a < b</name>", "<name>a****</name>");
    body_vector("<name>&#24352;&#x4e09;</name>", "<name>&#24352;*</name>");
    body_vector("<mobile>13800138000</mobile><x>13800138000</x>",
                "<mobile>138****8000</mobile><x>138****8000</x>");
    body_vector("<mobile>&#49;3800138000</mobile><x>&#49;3800138000</x>",
                "<mobile>&#49;38****8000</mobile><x>&#49;38****8000</x>");
    body_vector("<ywlsh>13800138000</ywlsh><x>13800138000</x>",
                "<ywlsh>13800138000</ywlsh><x>138****8000</x>");
    body_vector("<seen>abc</seen><unseen>abc</unseen>",
                "<seen>abc</seen><unseen>a*c</unseen>");
    body_vector("<drop> abc </drop><drop/>", "<drop>  </drop><drop/>");
    body_vector("<td>电话13800138000</td><td>a</td>",
                "<td>电话138****8000</td><td>a</td>");
}


static void
test_nested(void)
{
    body_vector("<name>abc<x>abc</x>abc</name>abc",
                "<name>a*c<x>abc</x>a*c</name>abc");
    body_vector("<name>abc<name>abc</name>abc</name>abc",
                "<name>a*c<name>a*c</name>a*c</name>abc");
    body_vector("<name>\n<x>abc<mobile>1234567890</mobile>abc</x>\n</name>",
                "<name>\n<x>abc<mobile>123***7890</mobile>abc</x>\n</name>");
    body_vector("<name>abc<br>abc<b>abc</b>abc<img>abc</name>abc",
                "<name>a*c<br>a*c<b>a*c</b>a*c<img>a*c</name>abc");
    body_vector("<name><p>abc<p>abc</name>abc<p>abc",
                "<name><p>abc<p>abc</name>abc<p>abc");
    body_vector("<y><name>abc</y>abc", "<y><name>a*c</y>abc");
    body_vector("<y><name>abc<x></y>abc</y>abc</y>abc",
                "<y><name>a*c<x></y>a*c</y>abc</y>abc");
    body_vector("<f name='name'>abc<f>abc</f>abc</f>abc",
                "<f name='name'>a*c<f>abc</f>a*c</f>abc");
    body_vector("<td id=name>abc<td>abc<tr id=name>abc</table>abc",
                "<td id=name>a*c<td>abc<tr id=name>a*c</table>abc");
    body_vector("<b id=name>abc<b>abc</b>abc</b>abc",
                "<b id=name>a*c<b>a*c</b>a*c</b>abc");
    body_stays("<name><script>abc</script></name>abc");
}


static void
test_attributes(void)
{
    body_vector("<u mobile=\"13800138000\" name='张三' x=\"y\"/>",
                "<u mobile=\"138****8000\" name='张*' x=\"y\"/>");
    body_vector("<u mobile=13800138000 idno=abc/>",
                "<u mobile=138****8000 idno=a**/>");
    body_vector("<u idno=abc><u idno = abc ><u idno\n=\n'abc'>abc",
                "<u idno=a**><u idno = a** ><u idno\n=\n'a**'>abc");
    body_vector("<u ns:mobile='13800138000' data-mobile='1234567890'>",
                "<u ns:mobile='138****8000' data-mobile='123***7890'>");
    body_vector("<u title='13800138000' onclick=\"f('13800138000')\">",
                "<u title='138****8000' onclick=\"f('138****8000')\">");
    body_vector("<u ywlsh='13800138000' y=13800138000 seen=abc>",
                "<u ywlsh='13800138000' y=138****8000 seen=abc>");
    body_vector("<u drop='abc' x><u drop=abc><u drop=''>",
                "<u drop='' x><u drop=\"\"><u drop=''>");
    body_vector("<u idno=' abc '>", "<u idno=' a** '>");
    body_vector("<u idno='&#97;b&amp;'>", "<u idno='&#97;**'>");
    body_vector("<u x='>' idno='a>b'>abc", "<u x='>' idno='a**'>abc");
    body_vector("<u idno='abc", "<u idno='a**");
    body_vector("<u idno=abc", "<u idno=a**");
    body_stays("<u idno=''><u idno=><u idno><u idno x=abc>");
    body_vector("<u = x='1' \"'a=b idno='abc'>",
                "<u = x='1' \"'a=b idno='a**'>");
    body_vector("<u a <name>abc</name>", "<u a <name>a*c</name>");
    body_stays("</u mobile='abc'>");
}


static void
test_labels(void)
{
    body_vector("<input name=\"idNo\" value=\"abcdef\">abcdef",
                "<input name=\"idNo\" value=\"a*****\">abcdef");
    body_vector("<input value='abc' type=text name='idNo'/>abc",
                "<input value='a**' type=text name='idNo'/>abc");
    body_vector("<Data key=\"zjhm\" value=\"abc\"/><Data key='x' value='abc'/>",
                "<Data key=\"zjhm\" value=\"a**\"/>"
                "<Data key='x' value='abc'/>");
    body_vector("<meta name=\"name\" content=\"abc\"><meta content=abc>",
                "<meta name=\"name\" content=\"a*c\"><meta content=abc>");
    body_vector("<meta property='og:name' content='abc'>",
                "<meta property='og:name' content='a*c'>");
    body_vector("<field name=\"mobile\">1234567890</field>12345",
                "<field name=\"mobile\">123***7890</field>12345");
    body_vector("<param name='name'>abc</param>abc",
                "<param name='name'>a*c</param>abc");
    body_vector("<param name='name'><![CDATA[abc]]></param>abc",
                "<param name='name'><![CDATA[a*c]]></param>abc");
    body_stays("<param name='name'>abc<param name='name'>abc</p>");
    body_stays("<input name='name'>");
    body_stays("<input name=remark value=abc><a name='top'>abc</a>");
    body_stays("<x:element name='remark' type='y'>abc</x:element>");
    body_stays("<form name='name'>abc<button name='name'>abc</button></form>");
    body_vector("<user name='abc'/><user name='abc' mobile='1234567890'/>",
                "<user name='abc'/><user name='a*c' mobile='123***7890'/>");
    body_vector("<user name='John Smith'/><user name='张三'/>",
                "<user name='J*********'/><user name='张*'/>");
    body_vector("<input name='ywlsh' value='13800138000'>",
                "<input name='ywlsh' value='13800138000'>");
    body_vector("<td data-field='name'>abc<div>abc</div></td>",
                "<td data-field='name'>a*c<div>abc</div></td>");
    body_vector("<span itemprop=name>abc</span>",
                "<span itemprop=name>a*c</span>");
    body_vector("<i name='user[mobile]' value='1234567890' data-value='1'>",
                "<i name='user[mobile]' value='123***7890' data-value='*'>");
}


static void
test_sections(void)
{
    body_vector("<name><![CDATA[张三]]></name>",
                "<name><![CDATA[张*]]></name>");
    body_vector("<name> abc <![CDATA[ a<b ]]> abc </name>",
                "<name> a*c <![CDATA[ a*b ]]> a*c </name>");
    body_vector("<name><![CDATA[&#97;]]></name>",
                "<name><![CDATA[&****]]></name>");
    body_vector("<name><![CDATA[]]></name><name><![CDATA[abc",
                "<name><![CDATA[]]></name><name><![CDATA[a*c");
    body_vector("<x><![CDATA[<name>abc</name>13800138000]]></x>",
                "<x><![CDATA[<name>a*c</name>138****8000]]></x>");
    body_vector("<x><![CDATA[<li id=name>abc]]></x>abc",
                "<x><![CDATA[<li id=name>a*c]]></x>abc");
    body_stays("<![CDATA[]]>");
    body_stays("<![CDAT");

    body_vector("<!-- <name>abc</name> 13800138000 --><name>abc</name>",
                "<!-- <name>abc</name> 138****8000 --><name>a*c</name>");
    body_vector("<!----><name>abc</name><!--><name>abc</name><!-- - -> ---->"
                "<name>abc</name>",
                "<!----><name>a*c</name><!--><name>a*c</name><!-- - -> ---->"
                "<name>a*c</name>");
    body_vector("<name>abc<!-- abc -->abc<?x abc?>abc</name>",
                "<name>a*c<!-- abc -->a*c<?x abc?>a*c</name>");
    body_vector("<?xml version='1.0'?><?x 13800138000?><name>abc</name>",
                "<?xml version='1.0'?><?x 138****8000?><name>a*c</name>");
    body_vector("<!DOCTYPE x [<!ENTITY y \"<name>\"> <!ELEMENT name (x)>]>"
                "<name>abc</name>",
                "<!DOCTYPE x [<!ENTITY y \"<name>\"> <!ELEMENT name (x)>]>"
                "<name>a*c</name>");
    body_stays("<!-");
    body_stays("<!--");
    body_stays("<!");
    body_stays("<?");
}


static void
test_scripts(void)
{
    body_vector("<script>if (a<b) x='<name>'; y='13800138000';</script>"
                "<name>abc</name>",
                "<script>if (a<b) x='<name>'; y='138****8000';</script>"
                "<name>a*c</name>");
    body_vector("<SCRIPT type='application/json'>{\"a\":\"\\u00313800138000\"}"
                "</Script><x>13800138000</x>",
                "<SCRIPT type='application/json'>{\"a\":\"\\u003138****8000\"}"
                "</Script><x>138****8000</x>");
    body_vector("<style>a>b{}<name></style><name>abc</name>",
                "<style>a>b{}<name></style><name>a*c</name>");
    body_vector("<script/><name>abc</name><script>",
                "<script/><name>a*c</name><script>");
    body_stays("<script></scrip</script");
    body_vector("<name><script>abc</script>abc</name>abc",
                "<name><script>abc</script>a*c</name>abc");
}


static void
test_long(void)
{
    body_t             in, expected;
    static hpf_mask_t  m;

    memset(&in, 0, sizeof(in));
    memset(&expected, 0, sizeof(expected));

    body_text(&in, "<idno>");
    body_fill(&in, 'a', HPF_MASK_VALUE_MAX);
    body_text(&in, "</idno><idno>");
    body_fill(&in, 'a', HPF_MASK_VALUE_MAX + 1);
    body_text(&in, "</idno><u idno='");
    body_fill(&in, 'a', HPF_MASK_VALUE_MAX);
    body_text(&in, "' idno=");
    body_fill(&in, 'a', HPF_MASK_VALUE_MAX + 1);
    body_text(&in, "/><drop>");
    body_fill(&in, ']', 3 * HPF_MASK_VALUE_MAX);
    body_text(&in, "</drop><drop><![CDATA[");
    body_fill(&in, '<', 3 * HPF_MASK_VALUE_MAX);
    body_text(&in, "]]></drop>");

    body_text(&expected, "<idno>aaaaaa");
    body_fill(&expected, '*', HPF_MASK_VALUE_MAX - 10);
    body_text(&expected, "aaaa</idno><idno>***</idno><u idno='aaaaaa");
    body_fill(&expected, '*', HPF_MASK_VALUE_MAX - 10);
    body_text(&expected, "aaaa' idno=***/><drop></drop><drop><![CDATA["
                         "]]></drop>");

    body_whole(in.p, in.n, &m);
    is_str(body_out.p, body_out.n, (char *) expected.p, "long values");
    ok(body_splits(in.p, in.n, &m), "long values, any split");
    is_int(m.count, 6, "counted once each");

    in.n = 0;
    expected.n = 0;

    body_text(&in, "<input name=name x='");
    body_fill(&in, 'x', 2000);
    body_text(&in, "' value=abc y=");
    body_fill(&in, 'x', 2000);
    body_text(&in, " idno=abc ");
    body_fill(&in, 'x', 2000);
    body_fill(&in, ' ', 2000);
    body_text(&in, "= 'idno=abc>' idno='abc'/>abc<name ");
    body_fill(&in, ' ', 2000);
    body_text(&in, ">abc</name><");
    body_fill(&in, 'y', 2000);
    body_text(&in, " idno=abc>abc");

    body_text(&expected, "<input name=name x='");
    body_fill(&expected, 'x', 2000);
    body_text(&expected, "' value=a*c y=");
    body_fill(&expected, 'x', 2000);
    body_text(&expected, " idno=a** ");
    body_fill(&expected, 'x', 2000);
    body_fill(&expected, ' ', 2000);
    body_text(&expected, "= 'idno=abc>' idno='a**'/>abc<name ");
    body_fill(&expected, ' ', 2000);
    body_text(&expected, ">a*c</name><");
    body_fill(&expected, 'y', 2000);
    body_text(&expected, " idno=a**>abc");

    body_whole(in.p, in.n, &m);
    is_str(body_out.p, body_out.n, (char *) expected.p, "long tags");
    ok(body_splits(in.p, in.n, &m), "long tags, any split");

    free(in.p);
    free(expected.p);
}


static void
nest(body_t *t, const char *open, const char *text, const char *close,
    size_t n)
{
    size_t  i;

    t->n = 0;

    for (i = 0; i < n; i++) {
        body_text(t, open);
    }

    body_text(t, text);

    for (i = 0; i < n; i++) {
        body_text(t, close);
    }
}


static void
test_deep(void)
{
    body_t             in, expected;
    static hpf_mask_t  m;

    memset(&in, 0, sizeof(in));
    memset(&expected, 0, sizeof(expected));

    nest(&in, "<x>", "<name>abc</name>abc", "</x>", 100000);
    nest(&expected, "<x>", "<name>a*c</name>abc", "</x>", 100000);

    body_whole(in.p, in.n, &m);
    is_str(body_out.p, body_out.n, (char *) expected.p, "100,000 deep");
    ok(body_chunks(in.p, in.n, 0, &m), "100,000 deep, in parts");

    nest(&in, "<name>abc", "<x>abc</x>", "abc</name>", 100000);
    body_text(&in, "abc");
    nest(&expected, "<name>a*c", "<x>a*c</x>", "a*c</name>", 100000);
    body_text(&expected, "abc");

    body_whole(in.p, in.n, &m);
    is_str(body_out.p, body_out.n, (char *) expected.p,
           "100,000 with a rule deep");
    ok(body_chunks(in.p, in.n, 0, &m), "100,000 with a rule, in parts");

    in.n = 0;
    expected.n = 0;

    while (in.n < 1048576) {
        body_text(&in, "<tr><td>13800138000</td><td class='x'>abc</td>"
                       "<td><input name='name' value='abc'></td></tr>\n");
        body_fill(&in, 'z', body_random(300));
    }

    body_whole(in.p, in.n, &m);
    ok(body_chunks(in.p, in.n, 0, &m), "1 MiB in parts");

    free(in.p);
    free(expected.p);
}


static void
test_random(void)
{
    static const char *const  words[] = {
        "<", ">", "/", "</", "=", "'", "\"", " ", "]]>", "<![CDATA[", "<!--",
        "-->", "-", "<?x", "?>", "<!x", "<script>", "</script>", "<name>",
        "</name>", "<name/>", "<name", "mobile", "<x>", "</x>", "<drop>",
        "</drop>", "<b>", "</b>", "<br>", "<td id=name>", "<p>", "</p>",
        "abc", "13800138000", "1380013", "8000", "&#49;", "&", " name='",
        " idno=", " value=\"", " value=abc", "<input name=mobile", "张三",
        "<param name=name>", "</param>", "<seen>", "<ywlsh>", "\xff", "\n",
        " mobile='13800138000'", "<user name=\"abc\" mobile=1/>", " drop=1"
    };

    body_words(words, sizeof(words) / sizeof(words[0]), 2000, "markup");
}


/* A tree written in two ways: as it is, and masked. */

typedef struct {
    body_t       in;
    body_t       out;
    size_t       depth;
} tree_t;


static const char *const  names[] = {
    "name", "mobile", "drop", "ywlsh", "x", "y", "my_secret", "姓名", "n:idno"
};


static const hpf_mask_shape_t *
find(const char *name)
{
    name = strchr(name, ':') ? strchr(name, ':') + 1 : name;

    return hpf_mask_rules_find(body_rules, (const unsigned char *) name,
                               strlen(name));
}


static void
both(tree_t *t, const char *text)
{
    body_text(&t->in, text);
    body_text(&t->out, text);
}


static void
value(tree_t *t, const hpf_mask_shape_t *shape, const char *before,
    const char *text)
{
    hpf_mask_sink_t  sink;

    both(t, before);
    body_text(&t->in, text);

    if (shape == NULL || shape->kind == HPF_MASK_NONE) {
        body_text(&t->out, text);

    } else if (shape->kind != HPF_MASK_DROP) {
        memset(&sink, 0, sizeof(sink));
        sink.out = body_collect;
        sink.data = &t->out;

        hpf_mask_apply(shape, &sink, (const unsigned char *) text,
                       (const unsigned char *) text + strlen(text),
                       HPF_MASK_XML_TEXT);
        hpf_mask_flush(&sink);
    }

    both(t, before);
}


static void
element(tree_t *t)
{
    static const char *const  spaces[] = { "", " ", "\n\t" };
    static const char *const  values[] = {
        "", "a", "abc", "张三丰", "&#24352;三", "a &lt; b", "13800138000",
        "a]]b"
    };

    unsigned                 i, n;
    const char              *name, *attr, *quote;
    const hpf_mask_shape_t  *shape;

    name = names[body_random(9)];
    shape = find(name);

    both(t, "<");
    both(t, name);

    for (i = body_random(3); i > 0; i--) {
        attr = names[1 + body_random(8)];
        both(t, " ");
        both(t, attr);
        both(t, body_random(4) ? "=" : " = ");
        value(t, find(attr), body_random(2) ? "\"" : "'",
              values[body_random(8)]);
    }

    if (shape == NULL && body_random(4) == 0) {
        attr = names[1 + body_random(8)];
        shape = find(attr);

        quote = body_random(2) ? "'" : "\"";

        both(t, (shape == NULL || body_random(2)) ? " key=" : " name=");
        both(t, quote);
        both(t, attr);
        both(t, quote);

        if (body_random(2)) {
            both(t, " value=");
            value(t, shape, "'", values[body_random(8)]);
        }
    }

    if (body_random(6) == 0) {
        both(t, "/>");
        return;
    }

    both(t, body_random(3) ? ">" : "\n>");

    for (n = body_random(4); n > 0; n--) {
        value(t, shape, spaces[body_random(3)], values[body_random(8)]);

        if (t->depth < 12 && body_random(2)) {
            t->depth++;
            element(t);
            t->depth--;

        } else {
            both(t, "<!-- abc -->");
        }
    }

    both(t, "</");
    both(t, name);
    both(t, ">");
}


static void
test_reference(void)
{
    size_t             i;
    tree_t             t;
    static hpf_mask_t  m;

    memset(&t, 0, sizeof(t));

    for (i = 0; i < 10000; i++) {
        t.in.n = 0;
        t.out.n = 0;

        element(&t);
        body_whole(t.in.p, t.in.n, &m);

        if (body_out.n != t.out.n
            || memcmp(body_out.p, t.out.p, t.out.n) != 0)
        {
            printf("# in: %s\n# out: %s\n# reference: %s\n", t.in.p,
                   body_out.p, t.out.p);
            break;
        }
    }

    is_int(i, 10000, "as the reference says");

    free(t.in.p);
    free(t.out.p);
}


/* Elements with a rule in one another: more than can be remembered. */

static void
test_beyond(void)
{
    body_t             in;
    unsigned           i, n, good;
    static hpf_mask_t  m;

    memset(&in, 0, sizeof(in));
    good = 0;

    for (n = 1; n <= 40; n++) {
        in.n = 0;

        for (i = 0; i < n; i++) {
            body_text(&in, "<name>abc<x>def</x>");
        }

        for (i = 0; i < n; i++) {
            body_text(&in, "abc</name>");
        }

        body_text(&in, "<x>def</x>");

        body_whole(in.p, in.n, &m);

        good += strstr((char *) body_out.p, "abc") == NULL
                && strstr((char *) body_out.p, "def") != NULL
                && body_splits(in.p, in.n, &m);
    }

    is_int(good, 40, "names in names");
    free(in.p);
}


int
main(void)
{
    plan(0);
    body_setup(HPF_MASK_TYPE_MARKUP);

    test_elements();
    test_nested();
    test_attributes();
    test_labels();
    test_sections();
    test_scripts();
    test_long();
    test_deep();
    test_beyond();
    test_random();

    body_rules->values = 0;
    test_reference();

    body_free();

    return done();
}
