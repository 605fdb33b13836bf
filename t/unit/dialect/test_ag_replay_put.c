/*
 * Copyright (C) ngx_agent authors
 *
 * What a stream has become, written.
 */


#include "replay_chat_test.h"


static void
every_kind_is_written(void **state)
{
    size_t             i;
    ag_buf_t           out;
    ag_put_t           p;
    ag_arena_t         arena;
    yyjson_doc        *doc;
    ag_replay_node_t  *object;
    ag_replay_merge_t  m;

    static const char  json[] = "{\"a\\\"\":null,\"b\":\"\\u00e9\\n\","
        "\"c\":[],\"d\":{},\"e\":[1,{\"index\":2,\"x\":true},[],\"s\"],"
        "\"f\":-0.5}";

    static const char *const  without[] = { "c", "d", "e", NULL };

    (void) state;

    memset(&m, 0, sizeof(m));
    ag_arena_init(&arena, AG_TRANSLATE_ARENA_MAX);
    object = ag_replay_merge_object(&arena);
    m.arena = &arena;

    doc = yyjson_read(json, strlen(json), 0);
    assert_int_equal(ag_replay_merge(&m, object, yyjson_doc_get_root(doc)),
                     AG_OK);
    yyjson_doc_free(doc);

    for (i = 0; i < 3; i++) {
        ag_buf_init(&out, SIZE_MAX);
        ag_put_init(&p, &out);

        if (i == 0) {
            ag_replay_put(&p, NULL, object);
            same_json(text(json), ag_buf_str(&out));

        } else if (i == 1) {
            ag_put_open(&p, NULL, '{');
            ag_replay_put_members(&p, object, without);
            ag_put_close(&p, '}');
            assert_text(ag_buf_str(&out), "{\"a\\\"\":null,"
                        "\"b\":\"\xc3\xa9\\n\",\"f\":-0.5}");

        } else {
            ag_replay_put(&p, "none", NULL);
            assert_text(ag_buf_str(&out), "\"none\":null");
        }

        assert_int_equal(p.rc, AG_OK);
        ag_buf_free(&out);
    }

    ag_arena_free(&arena);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(every_kind_is_written)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
