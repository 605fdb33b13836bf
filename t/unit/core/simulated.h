/*
 * Copyright (C) ngx_agent authors
 *
 * A call to the simulator for its tests: what the glue does, without nginx.
 */


#ifndef _SIMULATED_H_INCLUDED_
#define _SIMULATED_H_INCLUDED_


#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ag_caps.h"
#include "core/ag_simulate_parts.h"


#define SIMULATED_CREATED  1800000000

#define CHAT  "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"


typedef struct {
    ag_simulate_options_t  options;
    ag_simulate_t          s;
    ag_simulate_verdict_t  verdict;
    ag_buf_t               text;        /* all that was sent, and a zero */
    uint64_t               elapsed_ms;  /* when it ended */
    unsigned               steps;       /* calls of next() */
} simulated_t;


static inline void
simulated_init(simulated_t *t)
{
    memset(t, 0, sizeof(simulated_t));

    t->options.tokens = 5;
    t->options.seed = 1;
    ag_buf_init(&t->text, AG_ANSWER_MAX);
}


static inline void
simulated_free(simulated_t *t)
{
    ag_simulate_free(&t->s);
    ag_buf_free(&t->text);
}


/* Runs a call to its end; a stream's clock jumps to what is due next. */
static inline void
simulated_run(simulated_t *t, const char *method, const char *path,
    const char *body)
{
    int       wanted;
    uint64_t  wait;
    ag_buf_t  out;

    simulated_free(t);
    t->elapsed_ms = 0;
    t->steps = 0;

    wanted = ag_simulate_init(&t->s, &t->options,
                              ag_str(method, strlen(method)),
                              ag_str(path, strlen(path)));

    ag_simulate_read(&t->s, wanted ? ag_str(body, strlen(body))
                                   : ag_str(NULL, 0), SIMULATED_CREATED, 42);
    ag_buf_init(&out, AG_ANSWER_MAX);

    do {
        t->verdict = ag_simulate_next(&t->s, t->elapsed_ms, &out, &wait);
        t->elapsed_ms += wait;
        t->steps++;
        assert_int_equal(ag_buf_add(&t->text, out.data, out.len), AG_OK);
        out.len = 0;

    } while (t->verdict == AG_SIMULATE_WAIT || t->verdict == AG_SIMULATE_FULL);

    ag_buf_free(&out);

    assert_int_equal(ag_buf_add(&t->text, "", 1), AG_OK);
    t->text.len--;
}


static inline void
simulated_post(simulated_t *t, const char *path, const char *body)
{
    simulated_run(t, "POST", path, body);
}


static inline int
simulated_has(simulated_t *t, const char *text)
{
    return strstr((char *) t->text.data, text) != NULL;
}


static inline unsigned
simulated_count(simulated_t *t, const char *text)
{
    unsigned     count;
    const char  *at;

    count = 0;

    for (at = strstr((char *) t->text.data, text);
         at != NULL;
         at = strstr(at + 1, text))
    {
        count++;
    }

    return count;
}


/* The whole answer, which must be JSON. */
static inline yyjson_doc *
simulated_json(simulated_t *t)
{
    yyjson_doc  *doc;

    doc = yyjson_read((char *) t->text.data, t->text.len, 0);
    assert_non_null(doc);

    return doc;
}


/* Event "n" of a stream; NULL if there are fewer, or its data is no JSON. */
static inline yyjson_doc *
simulated_event(simulated_t *t, unsigned n)
{
    char  *at, *end;

    at = (char *) t->text.data;

    for ( ;; ) {
        at = strstr(at, "data: ");

        if (at == NULL) {
            return NULL;
        }

        at += 6;
        end = at + strcspn(at, "\r\n");

        if (n-- == 0) {
            return yyjson_read(at, (size_t) (end - at), 0);
        }
    }
}


/* Joins the strings at "path" of all events of a stream. */
static inline void
simulated_join(simulated_t *t, const char *path, char *out, size_t size)
{
    unsigned     i;
    yyjson_doc  *doc;
    yyjson_val  *value;

    out[0] = '\0';

    for (i = 0; (doc = simulated_event(t, i)) != NULL; i++) {
        value = yyjson_doc_ptr_get(doc, path);

        if (yyjson_is_str(value)) {
            strncat(out, yyjson_get_str(value), size - strlen(out) - 1);
        }

        yyjson_doc_free(doc);
    }
}


/* The string at "path", which is there; and the number. */
static inline const char *
simulated_string(yyjson_doc *doc, const char *path)
{
    const char  *text;

    text = yyjson_get_str(yyjson_doc_ptr_get(doc, path));
    assert_non_null(text);

    return (text != NULL) ? text : "";
}


static inline uint64_t
simulated_number(yyjson_doc *doc, const char *path)
{
    assert_true(yyjson_is_uint(yyjson_doc_ptr_get(doc, path)));

    return yyjson_get_uint(yyjson_doc_ptr_get(doc, path));
}


/* The call ends with that status and an error of OpenAI's shape. */
static inline void
simulated_fails(simulated_t *t, const char *path, const char *body,
    unsigned status, const char *param)
{
    yyjson_doc  *doc;
    yyjson_val  *value;

    simulated_post(t, path, body);

    assert_int_equal(t->verdict, AG_SIMULATE_END);
    assert_int_equal(t->s.status, status);
    assert_string_equal(t->s.content_type, "application/json");
    assert_int_equal(t->s.length, t->text.len);

    doc = simulated_json(t);
    value = yyjson_doc_ptr_get(doc, "/error/param");

    assert_true(simulated_string(doc, "/error/message")[0] != '\0');
    assert_true(simulated_string(doc, "/error/type")[0] != '\0');
    assert_non_null(yyjson_doc_ptr_get(doc, "/error/code"));
    assert_non_null(value);

    if (param != NULL) {
        assert_string_equal(yyjson_get_str(value), param);

    } else {
        assert_true(yyjson_is_null(value));
    }

    yyjson_doc_free(doc);
}


#endif /* _SIMULATED_H_INCLUDED_ */
