/*
 * Copyright (C) ngx_agent authors
 *
 * Every dialect is on the side where somebody looks for it.
 */


#include "dialect_test.h"

#include "dialect/ag_translate.h"


static void
every_endpoints_clients_are_understood(void **state)
{
    unsigned                i;
    const ag_translator_t  *t;

    static const ag_endpoint_t  endpoints[] = {
        AG_ENDPOINT_CHAT, AG_ENDPOINT_MESSAGES, AG_ENDPOINT_RESPONSES,
        AG_ENDPOINT_EMBEDDINGS, AG_ENDPOINT_COUNT_TOKENS
    };

    (void) state;

    for (i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++) {
        t = ag_endpoint_dialect(endpoints[i])->translator;

        assert_non_null(t->ask);
        assert_non_null(t->say_event);
        assert_non_null(t->say_answer);
    }
}


static void
every_provider_is_told_and_heard(void **state)
{
    unsigned                i;
    const ag_translator_t  *t;
    const ag_dialect_t     *dialect;

    static const char *const  names[] = {
        "openai", "azure", "responses", "anthropic", "gemini"
    };

    (void) state;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        dialect = ag_dialect_find(text(names[i]));
        assert_non_null(dialect);
        assert_ptr_equal(dialect->next_event, ag_sse_next);

        t = dialect->translator;
        assert_non_null(t->tell_path);
        assert_non_null(t->tell);
        assert_non_null(t->hear_event);
        assert_non_null(t->hear_answer);
        assert_int_equal(t->exact_finish, dialect == &ag_anthropic);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(every_endpoints_clients_are_understood),
        cmocka_unit_test(every_provider_is_told_and_heard)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
