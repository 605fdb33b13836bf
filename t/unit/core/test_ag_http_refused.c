/*
 * Copyright (C) ngx_agent authors
 *
 * Answers that the reader refuses: framed in two ways or in a wrong one, not
 * HTTP/1, or past a cap, each with its nearest neighbours that are taken.
 */


#include "core/http_read.h"


static void
refuses_interim_answers_with_a_body_and_upgrades(void **state)
{
    (void) state;

    expect("HTTP/1.1 100 C\r\nContent-Length: 43\r\n\r\n" LENGTH "hello",
           "100 Content-Length=43; !");
    expect("HTTP/1.1 103 H\r\nTransfer-Encoding: chunked\r\n\r\n" LENGTH,
           "103 Transfer-Encoding=chunked; !");
    expect("HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n", "!");
}


static void
takes_as_many_interim_answers_as_the_cap(void **state)
{
    ag_buf_t  b;

    (void) state;

    ag_buf_init(&b, SIZE_MAX);

    repeat(&b, "HTTP/1.1 100 Continue\r\n\r\n", AG_INTERIM_MAX);
    add(&b, LENGTH "hello");
    assert_int_equal(verdict(&b), AG_OK);

    b.len = 0;
    repeat(&b, "HTTP/1.1 100 Continue\r\n\r\n", AG_INTERIM_MAX + 1);
    assert_int_equal(verdict(&b), AG_LIMIT);

    ag_buf_free(&b);
}


static void
refuses_two_lengths_that_differ(void **state)
{
    (void) state;

    expect_line("Content-Length: 5\r\ncontent-length: 05",
                "200 Content-Length=5; content-length=05; [hello]+");
    expect_line("Content-Length: 5\r\nContent-Length: 6",
                "200 Content-Length=5; !");
    expect_line("Content-Length: 0\r\nContent-Length: 5",
                "200 Content-Length=0; !");
    expect_line("Content-Length: 5, 5", "200 !");
}


static void
refuses_a_length_that_is_no_number(void **state)
{
    (void) state;

    expect_line("Content-Length:", "200 !");
    expect_line("Content-Length: -5", "200 !");
    expect_line("Content-Length: +5", "200 !");
    expect_line("Content-Length: 0x5", "200 !");
    expect_line("Content-Length: 5 0", "200 !");
    expect_line("Content-Length: \v5", "200 !");
    expect_line("Content-Length: 0000000000000000005", "200 !");
    expect_line("Content-Length: 000000000000000005",
                "200 Content-Length=000000000000000005; [hello]+");
    expect_line("Content-Length: 999999999999999999",
                "200 Content-Length=999999999999999999; [hello...");
}


static void
refuses_an_answer_that_is_framed_twice(void **state)
{
    (void) state;

    expect_line("Content-Length: 5\r\nTransfer-Encoding: chunked",
                "200 Content-Length=5; Transfer-Encoding=chunked; !");
    expect_line("Transfer-Encoding: chunked\r\nContent-Length: 5",
                "200 Transfer-Encoding=chunked; Content-Length=5; !");
    expect_line("Transfer-Encoding: chunked\r\nContent-Length: 0",
                "200 Transfer-Encoding=chunked; Content-Length=0; !");
    expect_line("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
                "200 Transfer-Encoding=chunked; !");
}


static void
refuses_other_transfer_encodings(void **state)
{
    (void) state;

    expect_line("Transfer-Encoding: gzip, chunked", "200 !");
    expect_line("Transfer-Encoding: chunked, chunked", "200 !");
    expect_line("Transfer-Encoding: chunked,", "200 !");
    expect_line("Transfer-Encoding: identity", "200 !");
    expect_line("Transfer-Encoding: xchunked", "200 !");
    expect_line("Transfer-Encoding: \vchunked", "200 !");
    expect_line("Transfer-Encoding:", "200 !");
    expect_line("Transfer-Encoding : chunked", "200 !");
}


static void
refuses_wrong_chunk_sizes(void **state)
{
    static const char *const  sizes[] = {
        "\r\n", "-1\r\n", "+1\r\n", "0x1\r\n", "g\r\n", "1g\r\n", " 1\r\n",
        "\t1\r\n", "1 1\r\n", ";a\r\n", "1,\r\n", "1\n", "1;a\n", "1\r\r\n",
        "1;a\rb\r\n", "0000000000000001\r\n", "10000000000000001\r\n",
        "fffffffffffffffff\r\n", "0\n"
    };
    size_t                    i;

    (void) state;

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        expect_chunks(sizes[i], "!");
    }

    expect_chunks("fffffffffffffff\r\nx", "x...");
}


static void
refuses_chunks_without_their_end_of_line(void **state)
{
    (void) state;

    expect_chunks("1\r\nx\n0\r\n\r\n", "x!");
    expect_chunks("1\r\nxy\r\n0\r\n\r\n", "x!");
    expect_chunks("1\r\nx0\r\n\r\n", "x!");
    expect_chunks("1\r\nx\r\r\n", "x!");
    expect_chunks("1\r\nx\r\n\r\n", "x!");
}


static void
refuses_header_lines_that_are_none(void **state)
{
    (void) state;

    expect_line("A: b\rc", "200 !");
    expect_line("A: b\r", "200 !");
    expect_line(" A: b", "200 !");
    expect_line("A: b\r\n c", "200 A=b; !");
    expect_line("A: b\r\n\tc: d", "200 A=b; !");
    expect_line("no colon", "200 !");
    expect_line("colon", "200 !");
    expect_line("A : b", "200 !");
    expect_line(": b", "200 !");
    expect_line("A\"b: c", "200 !");
    expect_line("\xc3\xa4: b", "200 !");

    expect_bytes(ag_str(OK "A: \0\r\n\r\n", sizeof(OK "A: \0\r\n\r\n") - 1),
                 "200 !");
    expect_bytes(ag_str(OK "A\0: b\r\n\r\n", sizeof(OK "A\0: b\r\n\r\n") - 1),
                 "200 !");
}


static void
refuses_other_status_lines(void **state)
{
    static const char *const  lines[] = {
        "HTTP/2 200 OK", "HTTP/2.0 200 OK", "HTTP/1.2 200 OK",
        "HTTP/1.10 200 OK", "HTTP/0.9 200 OK", "http/1.1 200 OK",
        "HTTP/1.1  200 OK", "HTTP/1.1\t200 OK", "HTTP/1.1 20 OK",
        "HTTP/1.1 20", "HTTP/1.1 2000", "HTTP/1.1 2000 OK", "HTTP/1.1 200\tOK",
        "HTTP/1.1 2x0 OK", "HTTP/1.1 -20 OK", "HTTP/1.1 099 OK", "HTTP/1.1",
        " HTTP/1.1 200 OK", "ICY 200 OK", "HTTP/1.1 200 O\rK", "\r\n" OK, ""
    };
    size_t                    i;
    ag_buf_t                  b;

    (void) state;

    ag_buf_init(&b, SIZE_MAX);

    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        b.len = 0;
        add(&b, lines[i]);
        add(&b, "\r\n\r\n");
        expect_bytes(ag_buf_str(&b), "!");
    }

    ag_buf_free(&b);

    expect("HTTP/1.1 200\r\n\r\n", "200 [|");
    expect("HTTP/1.1 200 \r\n\r\n", "200 [|");
    expect("HTTP/1.1 999 \xff\r\n\r\n", "999 [|");
}


static void
takes_as_many_header_bytes_as_the_cap(void **state)
{
    ag_buf_t  b;

    (void) state;

    ag_buf_init(&b, SIZE_MAX);

    add(&b, OK "Content-Length: 0\r\nA: ");
    repeat(&b, "x", AG_HEADERS_MAX - b.len - 4);
    add(&b, "\r\n\r\n");
    assert_int_equal(b.len, AG_HEADERS_MAX);
    assert_int_equal(verdict(&b), AG_OK);

    b.len -= 4;
    add(&b, "x\r\n\r\n");
    assert_int_equal(verdict(&b), AG_LIMIT);

    b.len = 0;
    repeat(&b, "x", AG_HEADERS_MAX);
    assert_int_equal(verdict(&b), AG_AGAIN);
    add(&b, "x");
    assert_int_equal(verdict(&b), AG_LIMIT);

    ag_buf_free(&b);
}


static void
takes_as_many_header_lines_as_the_cap(void **state)
{
    ag_buf_t  b;

    (void) state;

    ag_buf_init(&b, SIZE_MAX);

    add(&b, "HTTP/1.1 204 No\r\n");
    repeat(&b, "A: b\r\n", AG_HEADER_LINES_MAX);
    add(&b, "\r\n");
    assert_int_equal(verdict(&b), AG_OK);

    b.len -= 2;
    add(&b, "A: b\r\n");
    assert_int_equal(verdict(&b), AG_LIMIT);

    /* those of interim answers and trailers are counted with them */

    b.len = 0;
    add(&b, "HTTP/1.1 103 Hints\r\n");
    repeat(&b, "A: b\r\n", AG_HEADER_LINES_MAX - 2);
    add(&b, "\r\n" CHUNKED "0\r\nA: b\r\n\r\n");
    assert_int_equal(verdict(&b), AG_OK);

    b.len -= 2;
    add(&b, "A: b\r\n");
    assert_int_equal(verdict(&b), AG_LIMIT);

    ag_buf_free(&b);
}


static void
caps_what_stands_around_chunks(void **state)
{
    ag_buf_t  b;

    (void) state;

    ag_buf_init(&b, SIZE_MAX);

    add(&b, CHUNKED "1;");
    repeat(&b, "x", AG_HEADERS_MAX);
    assert_int_equal(verdict(&b), AG_LIMIT);

    b.len = 0;
    add(&b, CHUNKED "1\r\nx");
    repeat(&b, "\r", AG_HEADERS_MAX);
    assert_int_equal(verdict(&b), AG_LIMIT);

    b.len = 0;
    add(&b, CHUNKED "0\r\nA: ");
    repeat(&b, "x", AG_HEADERS_MAX);
    assert_int_equal(verdict(&b), AG_LIMIT);

    /* but counts anew for every chunk */

    b.len = 0;
    add(&b, CHUNKED);
    repeat(&b, "1\r\nx\r\n", AG_HEADERS_MAX / 2);
    add(&b, "0\r\n\r\n");
    assert_int_equal(verdict(&b), AG_OK);

    ag_buf_free(&b);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(refuses_interim_answers_with_a_body_and_upgrades),
        cmocka_unit_test(takes_as_many_interim_answers_as_the_cap),
        cmocka_unit_test(refuses_two_lengths_that_differ),
        cmocka_unit_test(refuses_a_length_that_is_no_number),
        cmocka_unit_test(refuses_an_answer_that_is_framed_twice),
        cmocka_unit_test(refuses_other_transfer_encodings),
        cmocka_unit_test(refuses_wrong_chunk_sizes),
        cmocka_unit_test(refuses_chunks_without_their_end_of_line),
        cmocka_unit_test(refuses_header_lines_that_are_none),
        cmocka_unit_test(refuses_other_status_lines),
        cmocka_unit_test(takes_as_many_header_bytes_as_the_cap),
        cmocka_unit_test(takes_as_many_header_lines_as_the_cap),
        cmocka_unit_test(caps_what_stands_around_chunks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
