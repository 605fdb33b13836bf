/*
 * Copyright (C) ngx_agent authors
 *
 * ag_sanitize against its promises: no secret survives wherever bytes are put
 * around it, what comes out is UTF-8 and no longer than stated, and the
 * second time nothing changes.  The first byte of an input chooses the mode,
 * the second the secret, the third what stands next to it, and the fourth
 * where the rest is cut to make place for it.
 */


#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/ag_json.h"
#include "core/ag_sanitize.h"


#define FUZZ_MAX    6000    /* bytes */
#define FUZZ_HEAD   4


typedef struct {
    const char  *text;
    unsigned     place:1;       /* stays in the log */
    unsigned     apart:1;       /* a letter next to it makes it another word */
} fuzz_secret_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static void fuzz_text(ag_str_t text, ag_sanitize_mode_t mode,
    const char *secret);
static void fuzz_twice(ag_str_t text, ag_sanitize_mode_t mode);
static void fuzz_again(ag_str_t once, ag_str_t twice);
static void fuzz_check(ag_str_t in, ag_str_t out, ag_sanitize_mode_t mode);
static void fuzz_json(ag_str_t text, const char *secret);
static void fuzz_json_raw(ag_str_t json);
static void fuzz_json_secrets(ag_str_t json, const char *secret);
static unsigned fuzz_strings_hold(yyjson_val *value, ag_str_t piece);
static void fuzz_same_shape(yyjson_val *a, yyjson_val *b);
static unsigned fuzz_holds(ag_str_t text, ag_str_t piece);
static void fuzz_add(ag_buf_t *b, const void *data, size_t len);


static const fuzz_secret_t  fuzz_secrets[] = {
    { "sk-proj-q7Zk2Vw9XtB4nLr8PmYc_3HdJf6Gs-"
      "T5uKa1EoRi0WxNy7Qb2Cv9Mz4Lp8Dh6Fg3Jk5", 0, 0 },
    { "q7Zk2Vw9XtB4nLr8PmYc3HdJf6GsT5uKa1EoRi0WxNy7Qb2Cv9", 0, 0 },
    { "4f0d2c2b8a8f4a3cb0e5b5d7e1a9c3d24f0d2c2b8a8f4a3c", 0, 0 },
    { "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
      "eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0", 0,
      0 },
    { "AIzaSyD4k9Xw2Qm7Zt5Lr8Vn1Bc6Hj3Fg0PsYuE", 0, 1 },
    { "ghp_R4nd0mT0kenW1thN0Mean1ngAtAll123456", 0, 1 },
    { "AKIAQ7XZ2KM4NV5TB6RW", 0, 1 },
    { "Bearer q7Zk2Vw9XtB4nLr8", 0, 1 },
    { "password=q7Zk2Vw9", 0, 1 },
    { "\"api_key\": \"q7Zk2Vw9\"", 0, 1 },
    { "postgres://app:q7Zk2Vw9@db.example.com/x", 0, 1 },
    { "/home/alice/q7Zk2Vw9/conf.yaml", 1, 1 },
    { "/var/lib/q7Zk2Vw9/model.bin", 1, 1 },
    { "C:\\Users\\alice\\q7Zk2Vw9.txt", 1, 1 },
    { "10.20.30.40:8080", 1, 1 },
    { "fd00:ec2::254", 1, 1 },
    { "db-7.prod.internal:5432", 1, 1 },
    { "vllm.default.svc.cluster.local", 1, 1 },
    { "localhost", 1, 1 },
};

/* What may stand next to a secret on both sides. */
static const char *const  fuzz_borders[] = {
    " ", "\n", "\t", "(", ",", ";", "\"", "'", "`", "<", "|", "\r\n"
};


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                at;
    ag_buf_t              b;
    const char           *border, *text;
    ag_sanitize_mode_t    mode;
    const fuzz_secret_t  *secret;

    if (size < FUZZ_HEAD || size > FUZZ_MAX) {
        return 0;
    }

    mode = (ag_sanitize_mode_t) (data[0] % 3);
    secret = &fuzz_secrets[data[1] % (sizeof(fuzz_secrets)
                                      / sizeof(fuzz_secrets[0]))];
    border = fuzz_borders[data[2] % (sizeof(fuzz_borders)
                                     / sizeof(fuzz_borders[0]))];

    if (!secret->apart && data[2] % 2 == 0) {
        border = "";
    }

    at = (size - FUZZ_HEAD) * data[3] / 255;
    data += FUZZ_HEAD;
    size -= FUZZ_HEAD;

    fuzz_twice(ag_str(data, size), mode);
    fuzz_json_raw(ag_str(data, size));

    ag_buf_init(&b, SIZE_MAX);
    fuzz_add(&b, data, at);
    fuzz_add(&b, border, strlen(border));
    fuzz_add(&b, secret->text, strlen(secret->text));
    fuzz_add(&b, border, strlen(border));
    fuzz_add(&b, data + at, size - at);

    /* a copy of it that is a part of a longer word is not ours to judge */

    text = fuzz_holds(ag_str(data, size),
                      ag_str(secret->text, strlen(secret->text)))
           ? NULL : secret->text;

    fuzz_text(ag_buf_str(&b), mode,
              (secret->place && mode == AG_SANITIZE_SECRETS) ? NULL : text);
    fuzz_json(ag_buf_str(&b), text);

    ag_buf_free(&b);

    return 0;
}


/* Sanitizes "text", in memory of its exact size. */
static void
fuzz_text(ag_str_t text, ag_sanitize_mode_t mode, const char *secret)
{
    unsigned    changed;
    ag_buf_t    out;
    ag_char_t  *copy;

    copy = malloc(text.len + 1);
    assert(copy != NULL);
    memcpy(copy, text.data, text.len);

    ag_buf_init(&out, SIZE_MAX);
    assert(ag_sanitize(&out, ag_str(copy, text.len), mode, &changed)
           == AG_OK);
    assert(changed == !ag_str_equal(text, ag_buf_str(&out)));
    assert(secret == NULL
           || !fuzz_holds(ag_buf_str(&out), ag_str(secret, strlen(secret))));

    fuzz_check(text, ag_buf_str(&out), mode);

    ag_buf_free(&out);
    free(copy);
}


/* Sanitizes, and what came out once more. */
static void
fuzz_twice(ag_str_t text, ag_sanitize_mode_t mode)
{
    unsigned  changed;
    ag_buf_t  out, twice;

    ag_buf_init(&out, SIZE_MAX);
    ag_buf_init(&twice, SIZE_MAX);

    assert(ag_sanitize(&out, text, mode, &changed) == AG_OK);
    fuzz_check(text, ag_buf_str(&out), mode);

    assert(ag_sanitize(&twice, ag_buf_str(&out), mode, &changed) == AG_OK);

    if (changed) {
        fuzz_again(ag_buf_str(&out), ag_buf_str(&twice));
    }

    ag_buf_free(&out);
    ag_buf_free(&twice);
}


static void
fuzz_again(ag_str_t once, ag_str_t twice)
{
    fprintf(stderr, "\"%.*s\" becomes \"%.*s\"\n", (int) once.len,
            (const char *) once.data, (int) twice.len,
            (const char *) twice.data);
    abort();
}


static void
fuzz_check(ag_str_t in, ag_str_t out, ag_sanitize_mode_t mode)
{
    size_t  i, n, characters;

    characters = 0;

    for (i = 0; i < out.len; i += n) {
        n = ag_utf8_length(out.data + i, out.data + out.len);
        assert(n > 0);
        characters++;
    }

    assert(mode != AG_SANITIZE_MESSAGE || characters <= AG_SANITIZE_MAX);

    /* "::1" makes "[host]", a byte that is no UTF-8 makes three */

    assert(out.len <= 3 * in.len + 16);
}


/* Puts the text into a string of JSON. */
static void
fuzz_json(ag_str_t text, const char *secret)
{
    ag_buf_t  json;

    ag_buf_init(&json, SIZE_MAX);
    assert(ag_buf_add_string(&json, "{\"a\":[1e0,{\"b\":\"") == AG_OK);
    assert(ag_buf_add_json(&json, text) == AG_OK);
    assert(ag_buf_add_string(&json, "\"}],\"c\":-0.10}") == AG_OK);

    fuzz_json_secrets(ag_buf_str(&json), secret);
    fuzz_json_raw(ag_buf_str(&json));

    ag_buf_free(&json);
}


/* Whatever it is: what goes out is JSON of the same shape, or nothing. */
static void
fuzz_json_raw(ag_str_t json)
{
    int          rc;
    unsigned     changed, again;
    ag_buf_t     out, twice;
    yyjson_doc  *a, *b;

    ag_buf_init(&out, SIZE_MAX);
    ag_buf_init(&twice, SIZE_MAX);

    rc = ag_sanitize_json(&out, json, NULL, 0, &changed);

    if (rc != AG_OK || !changed) {
        assert(out.len == 0);
        assert(!changed);
        return;
    }

    a = yyjson_read((const char *) json.data, json.len,
                    YYJSON_READ_NUMBER_AS_RAW);
    b = yyjson_read((const char *) out.data, out.len,
                    YYJSON_READ_NUMBER_AS_RAW);
    assert(a != NULL && b != NULL);
    fuzz_same_shape(yyjson_doc_get_root(a), yyjson_doc_get_root(b));
    yyjson_doc_free(a);
    yyjson_doc_free(b);

    assert(ag_sanitize_json(&twice, ag_buf_str(&out), NULL, 0, &again)
           == AG_OK || out.len > AG_ERROR_BODY_MAX);

    if (again) {
        fuzz_again(ag_buf_str(&out), ag_buf_str(&twice));
    }

    ag_buf_free(&out);
    ag_buf_free(&twice);
}


/* Neither the secret nor any of the given ones may stand in a string. */
static void
fuzz_json_secrets(ag_str_t json, const char *secret)
{
    size_t       i;
    unsigned     changed;
    ag_str_t     secrets[3];
    ag_buf_t     out;
    yyjson_doc  *doc;

    secrets[0] = ag_str("q7Z", 3);
    secrets[1] = ag_str(NULL, 0);
    secrets[2] = ag_str("\xe4\xb8\xad?", 4);

    ag_buf_init(&out, SIZE_MAX);

    if (ag_sanitize_json(&out, json, secrets, 3, &changed) != AG_OK) {
        assert(json.len > AG_ERROR_BODY_MAX);
        return;
    }

    assert(changed);

    doc = yyjson_read((const char *) out.data, out.len, 0);
    assert(doc != NULL);

    for (i = 0; i < 3; i += 2) {
        assert(!fuzz_strings_hold(yyjson_doc_get_root(doc), secrets[i]));
    }

    assert(secret == NULL
           || !fuzz_strings_hold(yyjson_doc_get_root(doc),
                                 ag_str(secret, strlen(secret))));
    yyjson_doc_free(doc);
    ag_buf_free(&out);
}


static unsigned
fuzz_strings_hold(yyjson_val *value, ag_str_t piece)
{
    size_t       i, n;
    yyjson_val  *key, *item;

    if (yyjson_is_str(value)) {
        return fuzz_holds(ag_json_text(value), piece);
    }

    yyjson_arr_foreach(value, i, n, item) {
        if (fuzz_strings_hold(item, piece)) {
            return 1;
        }
    }

    yyjson_obj_foreach(value, i, n, key, item) {
        if (fuzz_strings_hold(key, piece) || fuzz_strings_hold(item, piece)) {
            return 1;
        }
    }

    return 0;
}


/* Only strings may differ. */
static void
fuzz_same_shape(yyjson_val *a, yyjson_val *b)
{
    size_t       i, n;
    yyjson_val  *key, *x, *y;

    assert(yyjson_get_type(a) == yyjson_get_type(b));

    switch (yyjson_get_type(a)) {

    case YYJSON_TYPE_ARR:
        assert(yyjson_arr_size(a) == yyjson_arr_size(b));
        y = yyjson_arr_get_first(b);

        yyjson_arr_foreach(a, i, n, x) {
            fuzz_same_shape(x, y);
            y = unsafe_yyjson_get_next(y);
        }

        break;

    case YYJSON_TYPE_OBJ:
        assert(yyjson_obj_size(a) == yyjson_obj_size(b));
        y = unsafe_yyjson_get_first(b);

        yyjson_obj_foreach(a, i, n, key, x) {
            y++;                                /* behind its key */
            fuzz_same_shape(x, y);
            y = unsafe_yyjson_get_next(y);
        }

        break;

    case YYJSON_TYPE_RAW:
        assert(strcmp(yyjson_get_raw(a), yyjson_get_raw(b)) == 0);
        break;

    case YYJSON_TYPE_STR:
        break;

    default:
        assert(yyjson_equals(a, b));
    }
}


static unsigned
fuzz_holds(ag_str_t text, ag_str_t piece)
{
    size_t  i;

    for (i = 0; i + piece.len <= text.len; i++) {
        if (memcmp(text.data + i, piece.data, piece.len) == 0) {
            return 1;
        }
    }

    return 0;
}


static void
fuzz_add(ag_buf_t *b, const void *data, size_t len)
{
    assert(ag_buf_add(b, data, len) == AG_OK);
}
