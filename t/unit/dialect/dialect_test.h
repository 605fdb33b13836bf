/*
 * Copyright (C) ngx_agent authors
 *
 * What the tests of the dialects share: texts, bodies, events and recorded
 * answers of real providers.
 */


#ifndef _DIALECT_TEST_H_INCLUDED_
#define _DIALECT_TEST_H_INCLUDED_


#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <dirent.h>
#include <setjmp.h>
#include <cmocka.h>

#include "dialect/ag_dialect.h"


typedef void (*recording_pt)(const ag_dialect_t *dialect, const char *name,
    ag_str_t text);


static inline ag_str_t
text(const char *string)
{
    return ag_str(string, strlen(string));
}


#define assert_text(value, expected)                                          \
    do {                                                                      \
        ag_str_t  value_ = (value);                                           \
        assert_int_equal(value_.len, strlen(expected));                       \
        assert_memory_equal(value_.data, expected, value_.len);               \
    } while (0)


/* Reads a body that must be accepted. */
static inline void
accept(ag_request_t *request, ag_endpoint_t endpoint, const char *body)
{
    ag_error_t  error;

    if (ag_request_read(request, endpoint, text(body), &error) != AG_OK) {
        fail_msg("refused as %s: %s", ag_error_row(error.class)->name, body);
    }
}


/* Reads a body that must be refused. */
static inline ag_error_t
refuse(ag_endpoint_t endpoint, const char *body)
{
    ag_error_t    error;
    ag_request_t  request;

    if (ag_request_read(&request, endpoint, text(body), &error)
        != AG_INVALID)
    {
        fail_msg("accepted: %s", body);
    }

    return error;
}


/* Refused for a value, with a message, naming the field. */
static inline void
refuse_field(ag_endpoint_t endpoint, const char *body, const char *param)
{
    ag_error_t  error;

    error = refuse(endpoint, body);

    assert_int_equal(error.class, AG_E_INVALID_VALUE);
    assert_text(error.param, param);
    assert_true(error.message.len > 0);
}


/* Reads one event; "type" may be NULL. */
static inline ag_delta_t
event_of(const ag_dialect_t *dialect, const char *type, const char *data,
    ag_usage_t *usage)
{
    ag_delta_t      delta;
    ag_usage_t      own;
    ag_sse_event_t  event;

    memset(&own, 0, sizeof(own));
    memset(&event, 0, sizeof(event));

    event.type = text(type != NULL ? type : "");
    event.data = text(data);
    event.has_data = 1;

    dialect->read_event(AG_ENDPOINT_CHAT, &event, &delta,
                        usage != NULL ? usage : &own);

    return delta;
}


/* The flags of an event as a word: "content finish". */
static inline const char *
flags_of(const ag_delta_t *delta)
{
    static char  flags[64];

    snprintf(flags, sizeof(flags), "%s%s%s%s%s%s",
             delta->content ? "content " : "",
             delta->finish ? "finish " : "",
             delta->done ? "done " : "",
             delta->usage_only ? "usage_only " : "",
             delta->failed ? "failed " : "",
             delta->malformed ? "malformed " : "");

    flags[strlen(flags) - (flags[0] != '\0')] = '\0';

    return flags;
}


#define assert_event(dialect, data, expected)                                 \
    do {                                                                      \
        ag_delta_t  delta_ = event_of(&dialect, NULL, data, NULL);            \
        assert_string_equal(flags_of(&delta_), expected);                     \
    } while (0)


#define assert_failed(dialect, data, class_)                                  \
    do {                                                                      \
        ag_delta_t  delta_ = event_of(&dialect, NULL, data, NULL);            \
        assert_string_equal(flags_of(&delta_), "failed");                     \
        assert_int_equal(delta_.error, class_);                               \
    } while (0)


static inline ag_answer_t
answer_of(const ag_dialect_t *dialect, ag_endpoint_t endpoint,
    const char *body)
{
    ag_answer_t  answer;

    dialect->read_answer(endpoint, text(body), &answer);

    return answer;
}


static inline void
read_recording(const ag_dialect_t *dialect, const char *path,
    const char *name, recording_pt check)
{
    long   size;
    char  *data;
    FILE  *file;

    file = fopen(path, "rb");
    assert_non_null(file);

    fseek(file, 0, SEEK_END);
    size = ftell(file);
    rewind(file);

    data = malloc((size_t) size + 1);
    assert_non_null(data);
    assert_int_equal(fread(data, 1, (size_t) size, file), size);
    fclose(file);

    check(dialect, name, ag_str(data, (size_t) size));
    free(data);
}


/*
 * Calls "check" with every recording of "folder" whose name ends with
 * "suffix"; skips the test, and says so, if the folder is not there.
 */
static inline void
for_recordings(const ag_dialect_t *dialect, const char *folder,
    const char *suffix, recording_pt check)
{
    int             count;
    DIR            *dir;
    char            path[1024];
    size_t          len;
    const char     *shared;
    struct dirent  *entry;

    shared = getenv("AG_SHARED");
    snprintf(path, sizeof(path), "%s/fixtures/%s",
             shared != NULL ? shared : "../shared", folder);

    dir = opendir(path);

    if (dir == NULL) {
        print_message("no recordings in %s, see AG_SHARED\n", path);
        skip();
        return;
    }

    count = 0;

    while ((entry = readdir(dir)) != NULL) {
        len = strlen(entry->d_name);

        if (len > strlen(suffix)
            && strcmp(entry->d_name + len - strlen(suffix), suffix) == 0)
        {
            snprintf(path, sizeof(path), "%s/fixtures/%s/%s",
                     shared != NULL ? shared : "../shared", folder,
                     entry->d_name);
            read_recording(dialect, path, entry->d_name, check);
            count++;
        }
    }

    closedir(dir);
    assert_true(count > 0);
}


/* Cuts the first line off. */
static inline ag_str_t
next_line(ag_str_t *rest)
{
    ag_str_t          line;
    const ag_char_t  *end;

    end = memchr(rest->data, '\n', rest->len);
    line = ag_str(rest->data, (end != NULL) ? (size_t) (end - rest->data)
                                            : rest->len);

    rest->data += line.len + (end != NULL);
    rest->len -= line.len + (end != NULL);

    return line;
}


#endif /* _DIALECT_TEST_H_INCLUDED_ */
