/*
 * Copyright (C) ngx_agent authors
 *
 * Contents: as many turns as one may send, and turns without a word.
 */


#include "gemini_test.h"


#define BLANK_CONTENTS                                                        \
    "\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\" \"}]}]}"
#define BLANK  "{" BLANK_CONTENTS


static void
merges_the_longest_conversation(void **state)
{
    int      i;
    asked_t  a;

    (void) state;

    ask(&a);

    a.turn_last = &a.n.turns;
    a.n.turns = NULL;

    for (i = 0; i < AG_TURNS_MAX; i++) {
        *a.turn_last = ag_arena_alloc(&a.arena, sizeof(ag_turn_t));
        assert_non_null(*a.turn_last);
        (*a.turn_last)->role = (i % 4 < 2) ? AG_ROLE_USER : AG_ROLE_ASSISTANT;
        a.part_last = &(*a.turn_last)->parts;
        a.turn_last = &(*a.turn_last)->next;
        add_text(&a, "x");
    }

    told(&a, "{\"text\":\"x\"}]},{\"role\":\"model\"");
    told_without(&a, "\"role\":\"user\",\"parts\":[{\"text\":\"x\"}]}");

    ask_free(&a);
}


static void
has_something_to_say(void **state)
{
    asked_t  a;

    (void) state;

    ask(&a);
    a.n.turns = NULL;
    told(&a, BLANK);

    a.turn_last = &a.n.turns;
    add_turn(&a, AG_ROLE_SYSTEM);
    add_text(&a, "");
    told(&a, BLANK);

    add_turn(&a, AG_ROLE_ASSISTANT);
    add_turn(&a, AG_ROLE_USER);
    add_text(&a, "");
    told(&a, BLANK);

    add_turn(&a, AG_ROLE_DEVELOPER);
    add_text(&a, "D");
    told(&a, "{\"systemInstruction\":{\"parts\":[{\"text\":\"D\"}]},"
             BLANK_CONTENTS);

    ask_free(&a);
}


static void
ends_with_the_model(void **state)
{
    asked_t  a;

    (void) state;

    ask(&a);
    add_turn(&a, AG_ROLE_ASSISTANT);
    add_text(&a, "B");
    add_turn(&a, AG_ROLE_SYSTEM);
    told(&a, "{\"role\":\"model\",\"parts\":[{\"text\":\"B\"}]}]}");

    ask_free(&a);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merges_the_longest_conversation),
        cmocka_unit_test(has_something_to_say),
        cmocka_unit_test(ends_with_the_model),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
