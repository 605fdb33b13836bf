/*
 * Copyright (C) ngx_agent authors
 *
 * The frame of a request for a provider of the Responses API.
 */


#include "dialect/responses_test.h"


static void
says_where_to_send_it(void **state)
{
    told_t    t;
    ag_buf_t  path, args;

    (void) state;

    tell_init(&t, AG_ROLE_USER, AG_PART_TEXT);
    ag_buf_init(&path, 100);
    ag_buf_init(&args, 100);

    assert_int_equal(ag_responses_tell_path(&t.to, &path, &args), AG_OK);
    assert_text(ag_buf_str(&path), "responses");
    assert_int_equal(args.len, 0);

    t.to.api_version = text("2026-01-01");
    assert_int_equal(ag_responses_tell_path(&t.to, &path, &args), AG_OK);
    assert_text(ag_buf_str(&args), "api-version=2026-01-01");

    args.max = args.len;
    assert_int_equal(ag_responses_tell_path(&t.to, &path, &args), AG_LIMIT);

    ag_buf_free(&path);
    ag_buf_free(&args);
    tell_free(&t);
}


static void
stores_nothing_and_names_what_would(void **state)
{
    told_t       t;
    yyjson_doc  *doc;

    (void) state;

    doc = ag_json_tree(text("[true]"), NULL, 0);

    tell_init(&t, AG_ROLE_USER, AG_PART_TEXT);
    t.n.store = yyjson_arr_get_first(yyjson_doc_get_root(doc));

    assert_int_equal(tell(&t), AG_OK);
    assert_true(told(&t, "\"store\":false"));
    assert_int_equal(t.to.drop_count, 1);
    assert_text(t.to.drops[0], "store");

    tell_free(&t);
    yyjson_doc_free(doc);
}


static void
has_a_place_for_the_user_or_names_it(void **state)
{
    told_t       t;
    ag_quirks_t  quirks;

    (void) state;

    tell_init(&t, AG_ROLE_USER, AG_PART_TEXT);
    memset(&quirks, 0, sizeof(quirks));
    t.to.quirks = &quirks;
    t.n.user = text("u");

    assert_int_equal(tell(&t), AG_OK);
    assert_text(t.to.drops[0], "user");

    t.n.client = &ag_anthropic;
    assert_int_equal(tell(&t), AG_OK);
    assert_text(t.to.drops[1], "metadata");

    quirks.user = "user";
    assert_int_equal(tell(&t), AG_OK);
    assert_true(told(&t, "\"user\":\"u\""));

    tell_free(&t);
}


static void
stops_where_room_does(void **state)
{
    size_t  max;
    told_t  t;

    (void) state;

    tell_init(&t, AG_ROLE_USER, AG_PART_TEXT);
    assert_int_equal(tell(&t), AG_OK);

    for (max = t.out.len - 1; max > 0; max--) {
        t.out.max = max;
        assert_int_equal(tell(&t), AG_LIMIT);
    }

    tell_free(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(says_where_to_send_it),
        cmocka_unit_test(stores_nothing_and_names_what_would),
        cmocka_unit_test(has_a_place_for_the_user_or_names_it),
        cmocka_unit_test(stops_where_room_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
