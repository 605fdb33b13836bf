/*
 * Copyright (C) ngx_agent authors
 *
 * Where a fenced block begins, what it holds and where it ends.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ag_extract_parts.h"


#define JSON      1
#define LABELLED  2
#define CLOSED    4


/* "rest" is what follows the block. */
static void
expect(const char *text, const char *inside, const char *rest, unsigned is)
{
    size_t               len;
    unsigned             was;
    ag_char_t           *copy;
    ag_extract_fence_t   fence;

    len = strlen(text);
    copy = malloc(len);
    memcpy(copy, text, len);

    if (!ag_extract_fence(copy, copy + len, &fence)) {
        fail_msg("no fence: %s", text);
    }

    was = (fence.json ? JSON : 0) | (fence.labelled ? LABELLED : 0)
          | (fence.closed ? CLOSED : 0);

    if (!ag_str_is(fence.inside, inside) || was != is
        || !ag_str_is(ag_str(fence.next, (size_t) (copy + len - fence.next)),
                      rest))
    {
        fail_msg("%u, \"%.*s\" in: %s", was, (int) fence.inside.len,
                 fence.inside.data, text);
    }

    free(copy);
}


static void
refuse(const char *text)
{
    size_t               len;
    ag_char_t           *copy;
    ag_extract_fence_t   fence;

    len = strlen(text);
    copy = malloc(len + (len == 0));
    memcpy(copy, text, len);

    if (ag_extract_fence(copy, copy + len, &fence)) {
        fail_msg("a fence: %s", text);
    }

    free(copy);
}


static void
reads_a_block_up_to_its_last_line(void **state)
{
    (void) state;

    expect("```\n1\n```\n2", "\n1\n", "2", JSON | CLOSED);
    expect("```\n1\n```", "\n1\n", "", JSON | CLOSED);
    expect("```\n```", "\n", "", JSON | CLOSED);
    expect("```\r\n1\r\n```\r\n2", "\r\n1\r\n", "2", JSON | CLOSED);
    expect("~~~\n1\n~~~", "\n1\n", "", JSON | CLOSED);
    expect(" \t```\n1\n\t ```\t \n", "\n1\n", "", JSON | CLOSED);
    expect("````\n1\n```\n````\n", "\n1\n```\n", "", JSON | CLOSED);
    expect("```\n1\n`````\n", "\n1\n", "", JSON | CLOSED);
    expect("```\n1\n~~~\n```\n", "\n1\n~~~\n", "", JSON | CLOSED);
    expect("```\n1```\n```json\n```\n", "\n1```\n```json\n", "",
           JSON | CLOSED);
}


static void
reads_a_block_that_is_open_to_the_end(void **state)
{
    (void) state;

    expect("```", "", "", JSON);
    expect("```\n", "\n", "", JSON);
    expect("```json", "", "", JSON | LABELLED);
    expect("```\n1\n``\n2", "\n1\n``\n2", "", JSON);
    expect("```\n1\n``` 2\n", "\n1\n``` 2\n", "", JSON);
    expect("````\n1\n```", "\n1\n```", "", JSON);
}


static void
reads_the_word(void **state)
{
    (void) state;

    expect("```json\n```", "\n", "", JSON | LABELLED | CLOSED);
    expect("``` JSON \n```", " \n", "", JSON | LABELLED | CLOSED);
    expect("```Jsonc\n```", "\n", "", JSON | LABELLED | CLOSED);
    expect("```json5\n```", "\n", "", JSON | LABELLED | CLOSED);
    expect("```json x=1\n```", " x=1\n", "", JSON | LABELLED | CLOSED);
    expect("```json{\n```", "{\n", "", JSON | LABELLED | CLOSED);
    expect("``` [\n```", "[\n", "", JSON | CLOSED);
    expect("```\"a\"\n```", "\"a\"\n", "", JSON | CLOSED);
    expect("```python\n```", "\n", "", LABELLED | CLOSED);
    expect("```js\n```", "\n", "", LABELLED | CLOSED);
    expect("```jsonl\n```", "\n", "", LABELLED | CLOSED);
    expect("```jso\n```", "\n", "", LABELLED | CLOSED);
    expect("```bson\n```", "\n", "", LABELLED | CLOSED);
    expect("```json-schema\n```", "\n", "", LABELLED | CLOSED);
    expect("```\xe2\x82\xac\n```", "\n", "", LABELLED | CLOSED);
}


static void
sees_where_there_is_none(void **state)
{
    (void) state;

    refuse("");
    refuse("a");
    refuse(" ");
    refuse("``\n1\n``");
    refuse("~~");
    refuse("1 ```");
    refuse("\n```");
    refuse("> ```");
    refuse("```a```");
    refuse("```json {}```\n");
    refuse("``` ```");
    refuse("~~~a~~~");
}


static void
sees_a_fence_anywhere(void **state)
{
    (void) state;

    assert_true(ag_extract_fence_is_in(ag_str("```", 3)));
    assert_true(ag_extract_fence_is_in(ag_str("~~~~", 4)));
    assert_true(ag_extract_fence_is_in(ag_str("a `` ```b", 9)));
    assert_false(ag_extract_fence_is_in(ag_str("```", 2)));
    assert_false(ag_extract_fence_is_in(ag_str("`` ` ~~ ~", 9)));
    assert_false(ag_extract_fence_is_in(ag_str("``~", 3)));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(reads_a_block_up_to_its_last_line),
        cmocka_unit_test(reads_a_block_that_is_open_to_the_end),
        cmocka_unit_test(reads_the_word),
        cmocka_unit_test(sees_where_there_is_none),
        cmocka_unit_test(sees_a_fence_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
