/*
 * Copyright (C) ngx_agent authors
 *
 * ag_validate with any bytes: an answer that is invalid has a reason, and
 * only such a one; what was mended is the same JSON but for strings that are
 * JSON now, and is valid as it is; a stream is never mended; a header never
 * asks for less than the operator.
 *
 * An answer that is no object is the text of one, said in every dialect at
 * once, and streamed in two pieces: all verdicts are the same, but that what
 * would need mending makes a stream invalid.  What is valid where the request
 * was promised JSON is JSON.
 *
 * The first byte of the input chooses the endpoint, the operator's rule,
 * whether the answer is a stream, and where a text is cut; then come a line
 * that is the header, a line that is the request, and the answer.
 */


#include <assert.h>
#include <stdlib.h>

#include "dialect/ag_validate.h"


#define FUZZ_STREAM   0x04
#define FUZZ_REQUEST  0x08
#define FUZZ_SCHEMA   0x10
#define FUZZ_REGEX    0x20
#define FUZZ_FORMS    4


/* How a dialect says a text, and asks for one that is JSON. */
typedef struct {
    ag_endpoint_t   endpoint;
    const char     *request;    /* NULL: it cannot */
    const char     *before;     /* of a whole answer */
    const char     *behind;
    const char     *start;      /* of a stream */
    const char     *delta;      /* to its text; the rest is the same for all */
    const char     *end;
} fuzz_form_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static void fuzz_operator(unsigned wanted, ag_validate_rule_t *rule);
static void fuzz_header(ag_str_t value);
static void fuzz_judge(const ag_validate_rule_t *rule,
    ag_endpoint_t endpoint, ag_str_t request, ag_str_t answer);
static int fuzz_whole(const ag_validate_rule_t *rule, ag_endpoint_t endpoint,
    ag_str_t request, ag_str_t answer, ag_buf_t *out);
static int fuzz_stream(const ag_validate_rule_t *rule,
    ag_endpoint_t endpoint, ag_str_t request, ag_str_t events);
static void fuzz_mended(ag_str_t before, ag_str_t after, unsigned tagged);
static size_t fuzz_string(ag_str_t text, size_t at);
static void fuzz_says_json(ag_str_t string);
static void fuzz_text(const ag_validate_rule_t *rule, ag_str_t text,
    unsigned quarter);
static int fuzz_form(const ag_validate_rule_t *rule, const fuzz_form_t *form,
    ag_str_t text, ag_buf_t *mended);
static int fuzz_form_stream(const ag_validate_rule_t *rule,
    const fuzz_form_t *form, ag_str_t text, size_t cut);
static void fuzz_add(ag_buf_t *out, const char *before, ag_str_t text,
    const char *behind);
static ag_str_t fuzz_line(ag_str_t *text);
static ag_str_t fuzz_copy(ag_str_t text);
static ag_str_t fuzz_str(const char *text);


static const fuzz_form_t  fuzz_forms[FUZZ_FORMS] = {
    { AG_ENDPOINT_CHAT,
      "{\"response_format\":{\"type\":\"json_object\"}}",
      "{\"choices\":[{\"message\":{\"content\":\"",
      "\"},\"finish_reason\":\"stop\"}]}",
      "data: {\"choices\":[{\"delta\":{\"content\":\"\"}}]}\n\n",
      "data: {\"choices\":[{\"delta\":{\"content\":\"",
      "\"}}]}\n\n" },

    { AG_ENDPOINT_COMPLETIONS,
      NULL,
      "{\"choices\":[{\"text\":\"",
      "\",\"finish_reason\":\"stop\"}]}",
      "",
      "data: {\"choices\":[{\"text\":\"",
      "\"}]}\n\n" },

    { AG_ENDPOINT_RESPONSES,
      "{\"text\":{\"format\":{\"type\":\"json_object\"}}}",
      "{\"output\":[{\"type\":\"message\",\"content\":"
      "[{\"type\":\"output_text\",\"text\":\"",
      "\"}]}],\"status\":\"completed\"}",
      "data: {\"type\":\"response.output_item.added\","
      "\"item\":{\"type\":\"message\",\"content\":[]}}\n\n",
      "data: {\"type\":\"response.output_text.delta\",\"delta\":\"",
      "\"}\n\n" },

    { AG_ENDPOINT_MESSAGES,
      "{\"output_format\":{\"type\":\"json_schema\"}}",
      "{\"content\":[{\"type\":\"text\",\"text\":\"",
      "\"}],\"stop_reason\":\"end_turn\"}",
      "data: {\"type\":\"content_block_start\","
      "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
      "data: {\"type\":\"content_block_delta\","
      "\"delta\":{\"type\":\"text_delta\",\"text\":\"",
      "\"}}\n\n" }
};


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ag_str_t            rest, value, request, answer;
    ag_endpoint_t       endpoint;
    ag_validate_rule_t  rule;

    if (size == 0) {
        return 0;
    }

    /* blocks of their own: reading past their ends is seen */

    rest = ag_str(data + 1, size - 1);
    value = fuzz_copy(fuzz_line(&rest));
    request = fuzz_copy(fuzz_line(&rest));
    answer = fuzz_copy(rest);

    fuzz_header(value);

    endpoint = fuzz_forms[data[0] % FUZZ_FORMS].endpoint;
    fuzz_operator(data[0], &rule);
    (void) ag_validate_header(value, &rule);

    if (data[0] & FUZZ_STREAM) {
        (void) fuzz_stream(&rule, endpoint, request, answer);

    } else if (answer.len > 0 && answer.data[0] == '{') {
        fuzz_judge(&rule, endpoint, request, answer);

    } else {
        fuzz_text(&rule, answer, data[0] / 64);
    }

    free((void *) value.data);
    free((void *) request.data);
    free((void *) answer.data);

    return 0;
}


static void
fuzz_operator(unsigned wanted, ag_validate_rule_t *rule)
{
    static ag_regex_t   *regex;
    static ag_schema_t  *schema;

    if (schema == NULL) {
        schema = ag_schema_compile(fuzz_str("{\"type\":[\"object\","
                                            "\"array\"]}"), NULL);
        regex = ag_regex_compile(fuzz_str("[a-z0-9{]"), NULL, NULL);
        assert(schema != NULL && regex != NULL);
    }

    memset(rule, 0, sizeof(*rule));

    rule->request = (wanted & FUZZ_REQUEST) != 0;
    rule->schema = (wanted & FUZZ_SCHEMA) ? schema : NULL;
    rule->regex = (wanted & FUZZ_REGEX) ? regex : NULL;
}


static void
fuzz_header(ag_str_t value)
{
    int                 rc;
    ag_validate_rule_t  operators, rule;

    fuzz_operator(FUZZ_REQUEST | FUZZ_SCHEMA | FUZZ_REGEX, &operators);
    operators.tag = fuzz_str("out");
    operators.min_length = 2;
    operators.again = 1;
    rule = operators;

    rc = ag_validate_header(value, &rule);

    assert(rc == AG_OK || rc == AG_INVALID);
    assert(rule.tag.data == operators.tag.data && rule.tag.len == 3);
    assert(rule.schema == operators.schema);
    assert(rule.regex == operators.regex);
    assert(rule.again);
    assert(rule.min_length >= operators.min_length);

    /* refused, it asks for nothing */

    assert(rc == AG_OK || (rule.request && !rule.json
                           && rule.min_length == operators.min_length));

    memset(&rule, 0, sizeof(rule));
    rc = ag_validate_header(value, &rule);

    assert(rule.schema == NULL && rule.regex == NULL && !rule.again);
    assert(rc == AG_OK || (rule.tag.len == 0 && rule.min_length == 0
                           && !rule.request && !rule.json));
}


static void
fuzz_judge(const ag_validate_rule_t *rule, ag_endpoint_t endpoint,
    ag_str_t request, ag_str_t answer)
{
    int       rc;
    ag_buf_t  out, again;
    ag_str_t  mended;

    rc = fuzz_whole(rule, endpoint, request, answer, &out);

    if (!ag_validate_needed(rule, endpoint, request) && !rule->request) {
        assert(rc == AG_OK && out.len == 0);
    }

    if (out.len > 0) {
        mended = fuzz_copy(ag_buf_str(&out));
        fuzz_mended(answer, mended, rule->tag.len > 0);

        assert(fuzz_whole(rule, endpoint, request, mended, &again) == AG_OK);
        assert(again.len == 0);

        free((void *) mended.data);
    }

    ag_buf_free(&out);
}


/* "out" is empty, or holds what was mended. */
static int
fuzz_whole(const ag_validate_rule_t *rule, ag_endpoint_t endpoint,
    ag_str_t request, ag_str_t answer, ag_buf_t *out)
{
    int                   rc;
    ag_validate_result_t  result;

    ag_buf_init(out, AG_ANSWER_MAX);
    memset(&result, 0xff, sizeof(result));

    rc = ag_validate(rule, endpoint, request, answer, out, &result);

    assert(rc == AG_OK || rc == AG_INVALID || rc == AG_LIMIT);
    assert((result.reason != NULL) == (rc == AG_INVALID));
    assert((out->len > 0) == result.repaired);
    assert(rc == AG_OK || !result.repaired);

    return rc;
}


static int
fuzz_stream(const ag_validate_rule_t *rule, ag_endpoint_t endpoint,
    ag_str_t request, ag_str_t events)
{
    int                   rc;
    ag_validate_result_t  result;

    memset(&result, 0xff, sizeof(result));

    rc = ag_validate_stream(rule, endpoint, request, events, &result);

    assert(rc == AG_OK || rc == AG_INVALID || rc == AG_LIMIT);
    assert((result.reason != NULL) == (rc == AG_INVALID));
    assert(!result.repaired);

    return rc;
}


/* Every byte outside of strings stays; a string that does not is JSON. */
static void
fuzz_mended(ag_str_t before, ag_str_t after, unsigned tagged)
{
    size_t    i, j, changes;
    ag_str_t  was, is;

    i = 0;
    j = 0;
    changes = 0;

    while (i < before.len && j < after.len) {

        if (after.data[j] != '"') {
            assert(before.data[i] == after.data[j]);
            i++;
            j++;
            continue;
        }

        was = ag_str(before.data + i, fuzz_string(before, i));
        is = ag_str(after.data + j, fuzz_string(after, j));
        i += was.len;
        j += is.len;

        if (!ag_str_equal(was, is)) {
            changes++;
            assert(was.data[0] == '"' || ag_str_is(is, "\"{}\""));

            if (!tagged) {
                fuzz_says_json(is);
            }
        }
    }

    assert(i == before.len && j == after.len);
    assert(changes > 0);
}


/* The length of the string at "at", with its quotes, or of a null. */
static size_t
fuzz_string(ag_str_t text, size_t at)
{
    size_t  i;

    if (text.len - at >= 4 && memcmp(text.data + at, "null", 4) == 0) {
        return 4;
    }

    assert(text.data[at] == '"');

    for (i = at + 1; i < text.len && text.data[i] != '"'; i++) {
        i += (text.data[i] == '\\');
    }

    assert(i < text.len);

    return i + 1 - at;
}


static void
fuzz_says_json(ag_str_t string)
{
    yyjson_doc  *doc, *said;

    doc = ag_json_tree(string, NULL, 0);
    assert(doc != NULL);

    said = ag_json_tree(ag_json_text(yyjson_doc_get_root(doc)), NULL, 0);
    assert(said != NULL);

    yyjson_doc_free(said);
    yyjson_doc_free(doc);
}


static void
fuzz_text(const ag_validate_rule_t *rule, ag_str_t text, unsigned quarter)
{
    int       rc, verdict;
    size_t    i, cut;
    ag_buf_t  mended, other;

    cut = text.len * quarter / 4;

    while (cut > 0 && (text.data[cut] & 0xc0) == 0x80) {
        cut--;
    }

    verdict = fuzz_form(rule, &fuzz_forms[0], text, &mended);

    for (i = 0; i < FUZZ_FORMS; i++) {

        if (rule->request && fuzz_forms[i].request == NULL) {
            continue;
        }

        assert(fuzz_form(rule, &fuzz_forms[i], text, &other) == verdict);
        assert(ag_str_equal(ag_buf_str(&mended), ag_buf_str(&other)));
        ag_buf_free(&other);

        rc = fuzz_form_stream(rule, &fuzz_forms[i], text, cut);
        assert(rc == ((mended.len > 0) ? AG_INVALID : verdict));
    }

    ag_buf_free(&mended);
}


/* "mended" becomes the text of the answer, as it stands in JSON. */
static int
fuzz_form(const ag_validate_rule_t *rule, const fuzz_form_t *form,
    ag_str_t text, ag_buf_t *mended)
{
    int       rc;
    size_t    before, behind;
    ag_buf_t  made;
    ag_str_t  answer, said;

    ag_buf_init(&made, SIZE_MAX);
    fuzz_add(&made, form->before, text, form->behind);
    answer = fuzz_copy(ag_buf_str(&made));
    ag_buf_free(&made);

    rc = fuzz_whole(rule, form->endpoint, fuzz_str(form->request), answer,
                    mended);

    before = strlen(form->before);
    behind = strlen(form->behind);
    said = (mended->len > 0) ? ag_buf_str(mended) : answer;

    if (rc == AG_OK && rule->request) {
        fuzz_says_json(ag_str(said.data + before - 1,
                              said.len - before - behind + 2));
    }

    if (mended->len > 0) {
        fuzz_mended(answer, said, rule->tag.len > 0);
        mended->len -= behind;
        ag_buf_shift(mended, before);
    }

    free((void *) answer.data);

    return rc;
}


static int
fuzz_form_stream(const ag_validate_rule_t *rule, const fuzz_form_t *form,
    ag_str_t text, size_t cut)
{
    int       rc;
    ag_buf_t  made;
    ag_str_t  events;

    ag_buf_init(&made, SIZE_MAX);
    assert(ag_buf_add_string(&made, form->start) == AG_OK);
    fuzz_add(&made, form->delta, ag_str(text.data, cut), form->end);
    fuzz_add(&made, form->delta, ag_str(text.data + cut, text.len - cut),
             form->end);
    assert(ag_buf_add_string(&made, "data: [DONE]\n\n") == AG_OK);
    events = fuzz_copy(ag_buf_str(&made));
    ag_buf_free(&made);

    rc = fuzz_stream(rule, form->endpoint, fuzz_str(form->request), events);

    free((void *) events.data);

    return rc;
}


static void
fuzz_add(ag_buf_t *out, const char *before, ag_str_t text,
    const char *behind)
{
    assert(ag_buf_add_string(out, before) == AG_OK);
    assert(ag_buf_add_json(out, text) == AG_OK);
    assert(ag_buf_add_string(out, behind) == AG_OK);
}


/* Cuts the first line off. */
static ag_str_t
fuzz_line(ag_str_t *text)
{
    size_t            len;
    ag_str_t          line;
    const ag_char_t  *lf;

    lf = (text->len > 0) ? memchr(text->data, '\n', text->len) : NULL;
    len = (lf != NULL) ? (size_t) (lf - text->data) : text->len;
    line = ag_str(text->data, len);

    len += (lf != NULL);
    *text = ag_str(text->data + len, text->len - len);

    return line;
}


static ag_str_t
fuzz_copy(ag_str_t text)
{
    ag_char_t  *copy;

    copy = malloc(text.len + (text.len == 0));
    assert(copy != NULL);

    if (text.len > 0) {
        memcpy(copy, text.data, text.len);
    }

    return ag_str(copy, text.len);
}


static ag_str_t
fuzz_str(const char *text)
{
    return (text != NULL) ? ag_str(text, strlen(text)) : ag_str(NULL, 0);
}
