/*
 * Copyright (C) ngx_agent authors
 *
 * data: URLs, and media types of endings.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "dialect/ag_neutral.h"


static ag_str_t own(const char *text);


static void
takes_data_urls_apart(void **state)
{
    int       rc;
    size_t    i;
    ag_str_t  url, media_type, data;

    static const struct {
        const char  *url;
        int          rc;
        const char  *media_type;
        const char  *data;
    } urls[] = {
        { "data:image/png;base64,aGk=", AG_OK, "image/png", "aGk=" },
        { "DATA:image/PNG;BASE64,aGk=", AG_OK, "image/PNG", "aGk=" },
        { "data:text/plain;charset=utf-8;base64,aGk=", AG_OK, "text/plain",
          "aGk=" },
        { "data:;base64,aGk=", AG_OK, "text/plain", "aGk=" },
        { "data:;a=b;base64,aGk=", AG_OK, "text/plain", "aGk=" },
        { "data:a/b;base64,", AG_OK, "a/b", "" },
        { "data:a/b;base64,x,y", AG_OK, "a/b", "x,y" },

        { "data:text/plain,hi", AG_INVALID, "", "" },
        { "data:text/plain;base64", AG_INVALID, "", "" },
        { "data:text/plain;base64;a=b,hi", AG_INVALID, "", "" },
        { "data:xbase64,hi", AG_INVALID, "", "" },
        { "data:base64,hi", AG_INVALID, "", "" },
        { "data:,", AG_INVALID, "", "" },
        { "data:", AG_INVALID, "", "" },

        { "https://a.example/data:image/png;base64,aGk=", AG_NONE, "", "" },
        { "data", AG_NONE, "", "" },
        { "date:image/png;base64,aGk=", AG_NONE, "", "" },
        { " data:image/png;base64,aGk=", AG_NONE, "", "" },
        { "", AG_NONE, "", "" },
    };

    (void) state;

    for (i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        url = own(urls[i].url);
        media_type = ag_str("x", 1);
        data = ag_str("x", 1);

        rc = ag_neutral_data_url(url, &media_type, &data);

        assert_int_equal(rc, urls[i].rc);
        assert_int_equal(media_type.len, strlen(urls[i].media_type));
        assert_memory_equal(media_type.len > 0 ? (void *) media_type.data
                                               : "",
                            urls[i].media_type, media_type.len);
        assert_int_equal(data.len, strlen(urls[i].data));
        assert_memory_equal(data.len > 0 ? (void *) data.data : "",
                            urls[i].data, data.len);

        free((void *) url.data);
    }

    assert_int_equal(ag_neutral_data_url(ag_str(NULL, 0), &media_type,
                                         &data), AG_NONE);
}


static void
knows_media_types_by_endings(void **state)
{
    size_t    i;
    ag_str_t  name, got;

    static const struct {
        const char  *name;
        const char  *media_type;
    } names[] = {
        { "a.png", "image/png" },
        { ".png", "image/png" },
        { "A.JPG", "image/jpeg" },
        { "a.b.jpeg", "image/jpeg" },
        { "report.pdf", "application/pdf" },
        { "notes.txt", "text/plain" },
        { "a.wav", "audio/wav" },
        { "a.mp3", "audio/mpeg" },
        { "https://a.example/b/c.webp", "image/webp" },
        { "https://a.example/c.gif?x=1.pdf", "image/gif" },
        { "https://a.example/c.gif#x.pdf", "image/gif" },
        { "https://a.example/c.gif?a#/b?c", "image/gif" },
        { "gs://bucket/c.pdf", "application/pdf" },
        { "https://a.example/c", "" },
        { "https://a.example/c.pdf/", "" },
        { "https://a.example/?c.pdf", "" },
        { "https://a.png", "" },
        { "https://a.png?b/c.pdf", "" },
        { "https://", "" },
        { "http:/a.png", "image/png" },
        { "what?.pdf", "application/pdf" },
        { "a.png.", "" },
        { "png", "" },
        { "a.pn", "" },
        { "a.xpng", "" },
        { "a.pngx", "" },
        { "a.longending", "" },
        { ".", "" },
        { "", "" },
        { ":", "" },
        { "://", "" },
    };

    (void) state;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        name = own(names[i].name);
        got = ag_neutral_media_type(name);

        assert_int_equal(got.len, strlen(names[i].media_type));
        assert_memory_equal(got.len > 0 ? (void *) got.data : "",
                            names[i].media_type, got.len);

        free((void *) name.data);
    }

    assert_int_equal(ag_neutral_media_type(ag_str(NULL, 0)).len, 0);
}


/* In memory of its own: reading past its end is seen. */
static ag_str_t
own(const char *text)
{
    size_t  len;

    len = strlen(text);

    return ag_str(memcpy(malloc(len + (len == 0)), text, len), len);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(takes_data_urls_apart),
        cmocka_unit_test(knows_media_types_by_endings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
