/*
 * Copyright (C) ngx_agent authors
 *
 * The reader of answers: where they end, what is given out of them, and
 * whether their connection may be kept.
 */


#include "core/http_read.h"


static void
reads_a_body_by_its_length(void **state)
{
    (void) state;

    expect(LENGTH "hello", LENGTH_LOG "hello]+");
    expect(OK "content-length:\t 005 \t\r\nA:\r\n\r\nhello",
           "200 content-length=005; A=; [hello]+");
    expect(OK "Content-Length: 0\r\n\r\n", "200 Content-Length=0; []+");
    expect(LENGTH "hell", LENGTH_LOG "hell...");
}


static void
reads_a_chunked_body(void **state)
{
    (void) state;

    expect_chunks("5\r\nhello\r\n0\r\n\r\n", "hello]+");
    expect_chunks("1\r\n\n\r\n00A\r\n\r\n0\r\n\r\n012\r\n000\r\n\r\n",
                  "\n\r\n0\r\n\r\n012]+");
    expect_chunks("0\r\n\r\n", "]+");
    expect_chunks("000000000000005\r\nhello\r\n0\r\n\r\n", "hello]+");
    expect_chunks("1;a=b;c\r\nx\r\n1 ; d\t\r\ny\r\n1 \r\nz\r\n0;e\r\n\r\n",
                  "xyz]+");
    expect_chunks("5\r\nhello\r\n0\r\n", "hello...");
    expect(OK "TRANSFER-ENCODING: Chunked\r\n\r\n0\r\n\r\n",
           "200 TRANSFER-ENCODING=Chunked; []+");
}


static void
reads_trailers_and_drops_them(void **state)
{
    (void) state;

    expect_chunks("1\r\nx\r\n0\r\nA: b\r\nContent-Length: 9\r\n\r\n", "x]+");
    expect_chunks("0\r\nTransfer-Encoding: gzip\nConnection: close\n\r\n",
                  "]+");
    expect_chunks("0\r\n" OK "\r\n", "!");
    expect_chunks("0\r\n A: b\r\n\r\n", "!");
    expect_chunks("0\r\nA : b\r\n\r\n", "!");
    expect_chunks("0\r\nA: \rb\r\n\r\n", "!");
}


static void
reads_until_the_connection_is_closed(void **state)
{
    (void) state;

    expect(OK "\r\nhello\r\n\r\n" OK, "200 [hello\r\n\r\n" OK "|");
    expect(OK "Connection: keep-alive\r\n\r\n",
           "200 Connection=keep-alive; [|");
    expect("HTTP/1.0 200\r\n\r\nhello", "200 [hello|");
}


static void
expects_no_body_of_204_and_304(void **state)
{
    (void) state;

    expect("HTTP/1.1 204 No Content\r\n\r\n", "204 []+");
    expect("HTTP/1.1 204\r\nContent-Length: 0\r\n\r\n" OK,
           "204 Content-Length=0; []+" OK);
    expect("HTTP/1.1 304 Not Modified\r\n\r\n", "304 []+");
    expect("HTTP/1.1 205 Reset\r\n\r\nhello", "205 [hello|");
}


static void
does_not_keep_a_connection_whose_204_announces_a_body(void **state)
{
    (void) state;

    expect("HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n",
           "204 Content-Length=5; []");
    expect("HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n",
           "204 Transfer-Encoding=chunked; []");
    expect("HTTP/1.1 304 No\r\nContent-Length: 5\r\n\r\n",
           "304 Content-Length=5; []");
}


static void
skips_interim_answers(void **state)
{
    (void) state;

    expect("HTTP/1.1 100 Continue\r\n\r\n" LENGTH "hello",
           "100 " LENGTH_LOG "hello]+");
    expect("HTTP/1.1 103 Hints\r\nLink: a\r\nContent-Length: 0\r\n\r\n"
           "HTTP/1.1 102\r\n\r\n" LENGTH "hello",
           "103 Link=a; Content-Length=0; 102 " LENGTH_LOG "hello]+");
    expect("HTTP/1.0 100 Continue\r\n\r\n" LENGTH "hello",
           "100 " LENGTH_LOG "hello]+");
    expect("HTTP/1.1 100 Continue\r\n\r\n", "100 ...");
}


static void
keeps_a_connection_of_http_1_0_only_when_told(void **state)
{
    (void) state;

    expect("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx",
           "200 Content-Length=1; [x]");
    expect("HTTP/1.0 204 OK\r\nConnection: Keep-Alive\r\n\r\n",
           "204 Connection=Keep-Alive; []+");
    expect("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
           "200 !");
}


static void
closes_when_any_connection_line_says_so(void **state)
{
    static const char *const  lines[] = {
        "close", "CLOSE", "a, close", "close ,a", "keep-alive, close",
        "close, keep-alive", ",\t close\t,", "close\r\nConnection: keep-alive",
        "keep-alive\r\nConnection: close", "close\r\nConnection: x"
    };
    static const char *const  others[] = {
        "", "x", "closed", "clos", "\"close\"", "close x", "keep-alive", ",,"
    };
    size_t                    i;
    ag_buf_t                  b;
    ag_str_t                  bytes;
    ag_http_t                 http;
    ag_http_part_t            part;

    (void) state;

    ag_buf_init(&b, SIZE_MAX);

    for (i = 0; i < sizeof(lines) / sizeof(lines[0])
                    + sizeof(others) / sizeof(others[0]); i++)
    {
        b.len = 0;
        add(&b, "HTTP/1.1 204 No\r\nconnection: ");
        add(&b, i < sizeof(lines) / sizeof(lines[0])
                ? lines[i] : others[i - sizeof(lines) / sizeof(lines[0])]);
        add(&b, "\r\n\r\n");

        ag_http_init(&http);
        bytes = ag_buf_str(&b);

        do {
            assert_int_equal(ag_http_next(&http, &bytes, &part), AG_OK);
        } while (part.kind != AG_HTTP_END);

        assert_int_equal(http.keep_alive,
                         i >= sizeof(lines) / sizeof(lines[0]));
        ag_http_free(&http);
    }

    ag_buf_free(&b);

    expect("HTTP/1.1 100 C\r\nConnection: close\r\n\r\nHTTP/1.1 204 N\r\n\r\n",
           "100 Connection=close; 204 []");
}


static void
takes_header_lines_as_they_come(void **state)
{
    (void) state;

    expect("HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", LENGTH_LOG "hello]+");
    expect("HTTP/1.1 204 OK\nA: b\r\n!#$%&'*+-.^_`|~09azAZ::c : d\n\r\n",
           "204 A=b; !#$%&'*+-.^_`|~09azAZ=:c : d; []+");
    expect("HTTP/1.1 204 OK\r\nA: \xc3\xa4\x01 \"\t\r\n\r\n",
           "204 A=\xc3\xa4\x01 \"; []+");
}


static void
leaves_the_bytes_behind_the_end(void **state)
{
    (void) state;

    expect(LENGTH "hello" OK, LENGTH_LOG "hello]+" OK);
    expect(OK "Content-Length: 0\r\n\r\n\r\n",
           "200 Content-Length=0; []+\r\n");
    expect_chunks("0\r\n\r\n\r\n", "]+\r\n");
    expect_chunks("1\r\nx\r\n0\r\n\r\n0\r\n\r\n", "x]+0\r\n\r\n");
}


static void
is_cut_off_wherever_it_is_closed(void **state)
{
    static const char  answer[] = CHUNKED "2;a\r\nxy\r\n0\r\nA: b\r\n\r\n";
    size_t             len;
    ag_str_t           bytes;
    ag_http_t          http;
    ag_http_part_t     part;

    (void) state;

    for (len = 0; len < sizeof(answer); len++) {
        ag_http_init(&http);
        bytes = ag_str(answer, len);

        while (ag_http_next(&http, &bytes, &part) == AG_OK) { /* void */ }

        assert_int_equal(ag_http_close(&http),
                         len == sizeof(answer) - 1 ? AG_OK : AG_INVALID);
        ag_http_free(&http);
    }

    expect("", "...");
    expect("HTTP/1.1", "...");
    expect(OK, "200 ...");
    expect(LENGTH, LENGTH_LOG "...");
}


static void
keeps_the_memory_of_split_lines_small(void **state)
{
    size_t           i;
    ag_str_t         bytes;
    ag_http_t        http;
    ag_http_part_t   part;

    (void) state;

    ag_http_init(&http);
    bytes = ag_str(OK, sizeof(OK) - 1);
    assert_int_equal(ag_http_next(&http, &bytes, &part), AG_OK);
    assert_null(http.line.data);

    for (i = 0; i < AG_HEADER_LINES_MAX; i++) {
        bytes = ag_str("name: va", 8);
        assert_int_equal(ag_http_next(&http, &bytes, &part), AG_AGAIN);
        assert_int_equal(http.line.len, 8);

        bytes = ag_str("lue\r\nrest", 9);
        assert_int_equal(ag_http_next(&http, &bytes, &part), AG_OK);
        assert_int_equal(bytes.len, 4);
        assert_true(ag_str_is(part.name, "name"));
        assert_true(ag_str_is(part.value, "value"));
        assert_int_equal(http.line.len, 0);
    }

    assert_true(http.line.size <= 256);

    ag_http_free(&http);
    assert_null(http.line.data);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(reads_a_body_by_its_length),
        cmocka_unit_test(reads_a_chunked_body),
        cmocka_unit_test(reads_trailers_and_drops_them),
        cmocka_unit_test(reads_until_the_connection_is_closed),
        cmocka_unit_test(expects_no_body_of_204_and_304),
        cmocka_unit_test(does_not_keep_a_connection_whose_204_announces_a_body),
        cmocka_unit_test(skips_interim_answers),
        cmocka_unit_test(keeps_a_connection_of_http_1_0_only_when_told),
        cmocka_unit_test(closes_when_any_connection_line_says_so),
        cmocka_unit_test(takes_header_lines_as_they_come),
        cmocka_unit_test(leaves_the_bytes_behind_the_end),
        cmocka_unit_test(is_cut_off_wherever_it_is_closed),
        cmocka_unit_test(keeps_the_memory_of_split_lines_small),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
