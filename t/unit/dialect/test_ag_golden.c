/*
 * Copyright (C) ngx_agent authors
 *
 * Every case of t/golden: what a client's request becomes, what a provider's
 * answer becomes, and which error is told.  AG_GOLDEN names another folder,
 * or one file.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <sys/stat.h>

#include "core/ag_id.h"
#include "dialect/golden_json.h"
#include "dialect/golden_run.h"


#define SPLITS_ALL_MAX  4096    /* bytes of a stream that is cut everywhere */
#define SPLITS          97      /* of a longer one */


/* A case, and what to print if it fails. */
typedef struct {
    const char   *file;
    yyjson_val   *value;
    golden_how_t  how;
} golden_case_t;


static unsigned run_folder(const char *path);
static unsigned run_file(const char *path);
static unsigned run_case(golden_case_t *c);
static const char *read_how(golden_case_t *c);
static char *make_request(golden_case_t *c);
static unsigned check_request(golden_case_t *c, golden_asked_t *a);
static unsigned check_told(golden_case_t *c, const golden_asked_t *a);
static unsigned check_error(golden_case_t *c, const golden_asked_t *a);
static unsigned check_answer(golden_case_t *c, const golden_asked_t *a);
static unsigned check_events(golden_case_t *c, const golden_asked_t *a);
static unsigned check_split(golden_case_t *c, const golden_asked_t *a,
    const golden_heard_t *whole, ag_str_t bytes, size_t first, size_t step);
static unsigned check_failed(golden_case_t *c, const golden_heard_t *h);
static unsigned check_value(golden_case_t *c, const char *name,
    yyjson_val *expected, ag_str_t got);
static unsigned check_text(golden_case_t *c, const char *name,
    yyjson_val *expected, ag_str_t got);
static void make_stream(golden_case_t *c, ag_buf_t *out);
static unsigned read_stream(golden_case_t *c, ag_str_t bytes, ag_buf_t *list);
static unsigned wrong(golden_case_t *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static ag_str_t text_of(yyjson_val *object, const char *name);
static int by_name(const void *one, const void *two);


static const char *const  known[] = {
    "about", "client", "provider", "model", "endpoint", "quirks",
    "drop_params", "api_version", "request", "expect", "path", "args",
    "drops", "error", "answer", "expect_answer", "events", "expect_events",
    "fails"
};


static size_t  cases, splits;


static void
is_as_expected(void **state)
{
    unsigned      bad;
    const char   *path;
    struct stat   info;

    (void) state;

    path = getenv("AG_GOLDEN");
    path = (path != NULL) ? path : "t/golden";

    assert_int_equal(stat(path, &info), 0);

    bad = S_ISDIR(info.st_mode) ? run_folder(path) : run_file(path);

    printf("%zu cases, %u wrong, %zu streams cut\n", cases, bad, splits);

    assert_int_not_equal(cases, 0);
    assert_int_equal(bad, 0);
}


/* In the order of names, so that two runs print the same. */
static unsigned
run_folder(const char *path)
{
    DIR            *dir;
    char           *names[1024], full[2048];
    size_t          i, len, count;
    unsigned        bad;
    struct stat     info;
    struct dirent  *entry;

    dir = opendir(path);
    assert_non_null(dir);

    bad = 0;
    count = 0;

    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] != '.') {
            assert_true(count < sizeof(names) / sizeof(names[0]));
            names[count++] = strdup(entry->d_name);
        }
    }

    closedir(dir);
    qsort(names, count, sizeof(char *), by_name);

    for (i = 0; i < count; i++) {
        snprintf(full, sizeof(full), "%s/%s", path, names[i]);
        len = strlen(names[i]);

        if (stat(full, &info) == 0 && S_ISDIR(info.st_mode)) {
            bad += run_folder(full);

        } else if (len > 5 && strcmp(names[i] + len - 5, ".json") == 0) {
            bad += run_file(full);
        }

        free(names[i]);
    }

    return bad;
}


static unsigned
run_file(const char *path)
{
    size_t            i, max;
    unsigned          bad;
    yyjson_doc       *doc;
    yyjson_val       *value, *root;
    golden_case_t     c;
    yyjson_read_err   error;

    doc = yyjson_read_file(path, YYJSON_READ_BIGNUM_AS_RAW, NULL, &error);

    if (doc == NULL) {
        printf("%s: %s at byte %zu\n", path, error.msg, error.pos);
        return 1;
    }

    root = yyjson_doc_get_root(doc);
    bad = !yyjson_is_arr(root);

    if (bad) {
        printf("%s: is no array\n", path);
    }

    yyjson_arr_foreach(root, i, max, value) {
        memset(&c, 0, sizeof(c));
        c.file = path;
        c.value = value;
        cases++;
        bad += run_case(&c);
    }

    yyjson_doc_free(doc);

    return bad;
}


/* 0, or 1 if it is wrong. */
static unsigned
run_case(golden_case_t *c)
{
    char            *request;
    unsigned         bad;
    const char      *refused;
    golden_asked_t   asked;

    refused = read_how(c);

    if (refused != NULL) {
        return wrong(c, "%s", refused);
    }

    request = make_request(c);
    golden_ask(&asked, &c->how, ag_str(request, strlen(request)));

    bad = check_request(c, &asked);

    if (!bad && yyjson_obj_get(c->value, "answer") != NULL) {
        bad = check_answer(c, &asked);
    }

    if (!bad && yyjson_obj_get(c->value, "events") != NULL) {
        bad = check_events(c, &asked);
    }

    golden_ask_free(&asked);
    free(request);

    return bad;
}


/* NULL, or what is wrong with the case itself. */
static const char *
read_how(golden_case_t *c)
{
    size_t       i, n, max;
    ag_str_t     name;
    yyjson_val  *key, *value, *all;

    static const struct {
        const char     *name;
        ag_endpoint_t   endpoint;
    } endpoints[] = {
        { "chat", AG_ENDPOINT_CHAT },
        { "messages", AG_ENDPOINT_MESSAGES },
        { "responses", AG_ENDPOINT_RESPONSES },
        { "embeddings", AG_ENDPOINT_EMBEDDINGS },
        { "count_tokens", AG_ENDPOINT_COUNT_TOKENS },
        { "openai", AG_ENDPOINT_CHAT },             /* by its client */
        { "anthropic", AG_ENDPOINT_MESSAGES },
        { NULL, AG_ENDPOINT_MAX }
    };

    all = c->value;

    yyjson_obj_foreach(all, n, max, key, value) {
        for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
            if (yyjson_equals_str(key, known[i])) {
                break;
            }
        }

        if (i == sizeof(known) / sizeof(known[0])) {
            return "has a member that no case has";
        }
    }

    c->how.provider = ag_dialect_find(text_of(all, "provider"));

    if (c->how.provider == NULL) {
        return "\"provider\" is no dialect";
    }

    name = text_of(all, "endpoint");
    name = (name.len > 0) ? name : text_of(all, "client");

    for (i = 0; endpoints[i].name != NULL; i++) {
        if (ag_str_is(name, endpoints[i].name)) {
            break;
        }
    }

    c->how.endpoint = endpoints[i].endpoint;

    if (c->how.endpoint == AG_ENDPOINT_MAX) {
        return "\"endpoint\" is none";
    }

    name = text_of(all, "quirks");
    c->how.quirks = (name.len > 0) ? ag_quirks_find(name)
                                   : ag_quirks_of_host(ag_str("", 0));

    if (c->how.quirks == NULL) {
        return "\"quirks\" are not known";
    }

    c->how.model = text_of(all, "model");
    c->how.api_version = text_of(all, "api_version");
    c->how.drop_params = yyjson_get_bool(yyjson_obj_get(all, "drop_params"));
    c->how.stream = (yyjson_obj_get(all, "events") != NULL);

    return (c->how.model.len > 0) ? NULL : "\"model\" is missing";
}


/* The case's request with a model; a text is a body as it is. */
static char *
make_request(golden_case_t *c)
{
    char            *text;
    yyjson_val      *request;
    yyjson_mut_doc  *doc;
    yyjson_mut_val  *root;

    static const char *const  usual[AG_ENDPOINT_MAX] = {
        [AG_ENDPOINT_CHAT] =
            "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}",
        [AG_ENDPOINT_MESSAGES] =
            "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],"
            "\"max_tokens\":100}",
        [AG_ENDPOINT_COUNT_TOKENS] =
            "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}",
        [AG_ENDPOINT_RESPONSES] = "{\"input\":\"Hi\"}",
        [AG_ENDPOINT_EMBEDDINGS] = "{\"input\":\"Hi\"}"
    };

    request = yyjson_obj_get(c->value, "request");

    if (yyjson_is_str(request)) {
        return strdup(yyjson_get_str(request));
    }

    doc = yyjson_mut_doc_new(NULL);

    if (request == NULL) {
        yyjson_doc  *made;

        text = strdup(usual[c->how.endpoint]);
        made = yyjson_read(text, strlen(text), 0);
        root = yyjson_val_mut_copy(doc, yyjson_doc_get_root(made));
        yyjson_doc_free(made);
        free(text);

    } else {
        root = yyjson_val_mut_copy(doc, request);
    }

    yyjson_mut_doc_set_root(doc, root);

    if (yyjson_mut_obj_get(root, "model") == NULL) {
        yyjson_mut_obj_add_str(doc, root, "model",
                               (const char *) c->how.model.data);
    }

    if (request == NULL && c->how.stream) {
        yyjson_mut_obj_add_bool(doc, root, "stream", 1);
    }

    text = yyjson_mut_write(doc, 0, NULL);
    yyjson_mut_doc_free(doc);
    assert_non_null(text);

    return text;
}


static unsigned
check_request(golden_case_t *c, golden_asked_t *a)
{
    ag_json_t  json;

    if (yyjson_obj_get(c->value, "error") != NULL) {
        return check_error(c, a);
    }

    if (a->rc != AG_OK) {
        return wrong(c, "rc %d, \"%.*s\" (param \"%.*s\")", a->rc,
                     (int) a->error.message.len,
                     (const char *) a->error.message.data,
                     (int) a->error.param.len,
                     (const char *) a->error.param.data);
    }

    if (ag_json_scan(&json, ag_buf_str(&a->body)) != AG_OK) {
        return wrong(c, "the provider's body is not JSON at byte %zu: %.*s",
                     json.error_at, (int) a->body.len,
                     (const char *) a->body.data);
    }

    return check_told(c, a);
}


static unsigned
check_told(golden_case_t *c, const golden_asked_t *a)
{
    size_t       i;
    unsigned     found;
    yyjson_val  *drops, *one;

    if (check_text(c, "path", yyjson_obj_get(c->value, "path"),
                   ag_buf_str(&a->path))
        || check_text(c, "args", yyjson_obj_get(c->value, "args"),
                      ag_buf_str(&a->args)))
    {
        return 1;
    }

    if (yyjson_obj_get(c->value, "expect") != NULL
        && check_value(c, "expect", yyjson_obj_get(c->value, "expect"),
                       ag_buf_str(&a->body)))
    {
        return 1;
    }

    drops = yyjson_obj_get(c->value, "drops");
    found = (drops == NULL || yyjson_arr_size(drops) == a->to.drop_count);

    for (i = 0; i < a->to.drop_count && drops != NULL; i++) {
        yyjson_arr_iter  it = yyjson_arr_iter_with(drops);

        while ((one = yyjson_arr_iter_next(&it)) != NULL
               && !ag_str_equal(ag_json_text(one), a->to.drops[i]))
        {
            /* void */
        }

        found &= (one != NULL);
    }

    if (!found) {
        wrong(c, "drops");

        for (i = 0; i < a->to.drop_count; i++) {
            printf("  got: %.*s\n", (int) a->to.drops[i].len,
                   (const char *) a->to.drops[i].data);
        }

        golden_print("expected", drops);
    }

    return !found;
}


static unsigned
check_error(golden_case_t *c, const golden_asked_t *a)
{
    char                   text[2048];
    ag_str_t               message;
    yyjson_val            *error, *expected;
    const ag_error_row_t  *row;

    error = yyjson_obj_get(c->value, "error");

    if (a->rc == AG_OK) {
        return wrong(c, "no error, but the body %.*s", (int) a->body.len,
                     (const char *) a->body.data);
    }

    row = ag_error_row(a->error.class);
    message = (a->error.message.len > 0)
              ? a->error.message : ag_str(row->message, strlen(row->message));

    if (a->error.class == AG_E_NONE) {
        return wrong(c, "rc %d without an error", a->rc);
    }

    if (check_text(c, "error.code", yyjson_obj_get(error, "code"),
                      ag_str(row->code, strlen(row->code)))
        || check_text(c, "error.param", yyjson_obj_get(error, "param"),
                      a->error.param))
    {
        return 1;
    }

    expected = yyjson_obj_get(error, "message");

    snprintf(text, sizeof(text), "%.*s", (int) message.len,
             (const char *) message.data);

    if (expected != NULL && strstr(text, yyjson_get_str(expected)) == NULL) {
        return wrong(c, "message \"%s\"", text);
    }

    return 0;
}


static unsigned
check_answer(golden_case_t *c, const golden_asked_t *a)
{
    char            *body;
    unsigned         bad;
    yyjson_val      *answer;
    golden_heard_t   h;

    answer = yyjson_obj_get(c->value, "answer");
    body = yyjson_is_str(answer) ? strdup(yyjson_get_str(answer))
                                 : yyjson_val_write(answer, 0, NULL);

    golden_hear_init(&h);
    golden_hear_answer(&h, a, ag_str(body, strlen(body)));

    bad = check_failed(c, &h);

    if (!bad && yyjson_obj_get(c->value, "expect_answer") != NULL) {
        bad = check_value(c, "expect_answer",
                          yyjson_obj_get(c->value, "expect_answer"),
                          ag_buf_str(&h.out));

    } else if (!bad && h.failed != AG_E_NONE && h.out.len > 0) {
        bad = wrong(c, "failed, and says all the same: %.*s",
                    (int) h.out.len, (const char *) h.out.data);
    }

    ag_buf_free(&h.out);
    free(body);

    return bad;
}


static unsigned
check_events(golden_case_t *c, const golden_asked_t *a)
{
    size_t           i;
    uint64_t         random[2] = { 7, 11 };
    unsigned         bad;
    ag_buf_t         bytes, list;
    yyjson_val      *expected;
    golden_heard_t   h;

    ag_buf_init(&bytes, GOLDEN_BODY_MAX);
    ag_buf_init(&list, GOLDEN_BODY_MAX);
    golden_hear_init(&h);

    make_stream(c, &bytes);
    golden_hear(&h, a, ag_buf_str(&bytes), bytes.len, 0);

    expected = yyjson_obj_get(c->value, "expect_events");

    bad = check_failed(c, &h) || read_stream(c, ag_buf_str(&h.out), &list);

    if (!bad && expected != NULL) {
        bad = check_value(c, "expect_events", expected, ag_buf_str(&list));
    }

    bad = bad || check_split(c, a, &h, ag_buf_str(&bytes), 1, 1);

    for (i = 1; i < bytes.len && bytes.len < SPLITS_ALL_MAX && !bad; i++) {
        bad = check_split(c, a, &h, ag_buf_str(&bytes), i, bytes.len);
    }

    for (i = 0; i < SPLITS && bytes.len >= SPLITS_ALL_MAX && !bad; i++) {
        bad = check_split(c, a, &h, ag_buf_str(&bytes),
                          ag_id_random(random) % bytes.len,
                          1 + ag_id_random(random) % bytes.len);
    }

    ag_buf_free(&bytes);
    ag_buf_free(&list);
    ag_buf_free(&h.out);

    return bad;
}


static unsigned
check_split(golden_case_t *c, const golden_asked_t *a,
    const golden_heard_t *whole, ag_str_t bytes, size_t first, size_t step)
{
    unsigned        bad;
    golden_heard_t  h;

    golden_hear_init(&h);
    golden_hear(&h, a, bytes, first, step);
    splits++;

    bad = h.failed != whole->failed
          || !ag_str_equal(ag_buf_str(&h.out), ag_buf_str(&whole->out))
          || memcmp(&h.usage, &whole->usage, sizeof(ag_usage_t)) != 0;

    if (bad) {
        wrong(c, "pieces of %zu and %zu bytes make another answer", first,
              step);
        printf("  expected:\n%.*s\n  got:\n%.*s\n", (int) whole->out.len,
               (const char *) whole->out.data, (int) h.out.len,
               (const char *) h.out.data);
    }

    ag_buf_free(&h.out);

    return bad;
}


static unsigned
check_failed(golden_case_t *c, const golden_heard_t *h)
{
    ag_str_t     expected;
    const char  *name;

    name = ag_error_row(h->failed)->name;
    expected = text_of(c->value, "fails");

    if (expected.len > 0 ? !ag_str_is(expected, name)
                         : h->failed != AG_E_NONE)
    {
        return wrong(c, "fails: expected \"%.*s\", got \"%s\" behind %.*s",
                     (int) expected.len,
                     expected.len > 0 ? (const char *) expected.data : "",
                     name, (int) h->out.len, (const char *) h->out.data);
    }

    return 0;
}


static unsigned
check_value(golden_case_t *c, const char *name, yyjson_val *expected,
    ag_str_t got)
{
    unsigned     equal;
    yyjson_doc  *doc;
    golden_at_t  at;

    doc = (got.len > 0) ? yyjson_read_opts((char *) got.data, got.len,
                                           YYJSON_READ_BIGNUM_AS_RAW, NULL,
                                           NULL)
                        : NULL;
    if (doc == NULL) {
        return wrong(c, "%s: got what is not JSON: %.*s", name,
                     (int) got.len, got.len > 0 ? (const char *) got.data
                                                : "");
    }

    memset(&at, 0, sizeof(at));
    equal = golden_equal(expected, yyjson_doc_get_root(doc), &at);

    if (!equal) {
        wrong(c, "%s differs at \"%s\"", name, at.path);
        golden_print("expected", expected);
        golden_print("got", yyjson_doc_get_root(doc));
    }

    yyjson_doc_free(doc);

    return !equal;
}


/* A text that is not there is not looked at. */
static unsigned
check_text(golden_case_t *c, const char *name, yyjson_val *expected,
    ag_str_t got)
{
    if (expected == NULL
        || (yyjson_is_null(expected) && got.len == 0)
        || (yyjson_is_str(expected)
            && ag_str_equal(ag_json_text(expected), got)))
    {
        return 0;
    }

    return wrong(c, "%s: expected \"%s\", got \"%.*s\"", name,
                 yyjson_is_str(expected) ? yyjson_get_str(expected) : "null",
                 (int) got.len, got.len > 0 ? (const char *) got.data : "");
}


/* The provider's bytes: an object is one event, a text stands for itself. */
static void
make_stream(golden_case_t *c, ag_buf_t *out)
{
    char        *text;
    size_t       i, max;
    unsigned     named;
    ag_str_t     type;
    yyjson_val  *event;

    named = (c->how.provider == &ag_anthropic
             || c->how.provider == &ag_responses);

    yyjson_arr_foreach(yyjson_obj_get(c->value, "events"), i, max, event) {

        if (yyjson_is_str(event)) {
            ag_buf_add(out, yyjson_get_str(event), yyjson_get_len(event));
            continue;
        }

        type = text_of(event, "type");

        if (named && type.len > 0) {
            ag_buf_add_string(out, "event: ");
            ag_buf_add(out, type.data, type.len);
            ag_buf_add_string(out, "\n");
        }

        text = yyjson_val_write(event, 0, NULL);
        ag_buf_add_string(out, "data: ");
        ag_buf_add_string(out, text);
        ag_buf_add_string(out, "\n\n");
        free(text);
    }
}


/*
 * The client's events as a JSON array: data that is no JSON as a text.  Each
 * has data, since clients stumble over one without; its name is its type
 * where the dialect has names, and there is none where it has not.
 */
static unsigned
read_stream(golden_case_t *c, ag_str_t bytes, ag_buf_t *list)
{
    int              rc;
    unsigned         bad;
    ag_sse_t         sse;
    ag_json_t        json;
    ag_sse_event_t   event;
    const ag_json_member_t  *type;

    ag_sse_init(&sse);
    ag_buf_add_string(list, "[");
    bad = 0;

    while (bytes.len > 0 && !bad) {
        rc = ag_sse_next(&sse, bytes, &event);

        if (rc != AG_OK || event.data.len == 0) {
            bad = wrong(c, "rest of the stream has no event: \"%.*s\"",
                        (int) bytes.len, (const char *) bytes.data);
            break;
        }

        bytes = ag_str(bytes.data + event.raw.len,
                       bytes.len - event.raw.len);

        if (list->len > 1) {
            ag_buf_add_string(list, ",");
        }

        if (ag_json_scan(&json, event.data) != AG_OK) {
            ag_buf_add_string(list, "\"");
            ag_buf_add_json(list, event.data);
            ag_buf_add_string(list, "\"");
            continue;
        }

        ag_buf_add(list, event.data.data, event.data.len);
        type = ag_json_find(&json, "type");

        if (c->how.endpoint == AG_ENDPOINT_CHAT
            ? event.type.len > 0
            : (type == NULL || event.type.len + 2 != type->value.len
               || memcmp(event.type.data, type->value.data + 1,
                         event.type.len) != 0))
        {
            bad = wrong(c, "the name of an event: %.*s", (int) event.raw.len,
                        (const char *) event.raw.data);
        }
    }

    ag_buf_add_string(list, "]");
    ag_sse_free(&sse);

    return bad;
}


static unsigned
wrong(golden_case_t *c, const char *format, ...)
{
    va_list   rest;
    ag_str_t  about;

    about = text_of(c->value, "about");

    printf("\n%s: %.*s\n  ", c->file, (int) about.len,
           about.len > 0 ? (const char *) about.data : "");

    va_start(rest, format);
    vprintf(format, rest);
    va_end(rest);

    printf("\n");

    return 1;
}


static ag_str_t
text_of(yyjson_val *object, const char *name)
{
    return ag_json_text(yyjson_obj_get(object, name));
}


static int
by_name(const void *one, const void *two)
{
    return strcmp(*(char *const *) one, *(char *const *) two);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(is_as_expected),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
