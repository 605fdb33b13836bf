/*
 * Copyright (C) ngx_agent authors
 *
 * Parts of a content.
 */


#include "dialect/openai_ask_test.h"


static void
reads_texts(void **state)
{
    (void) state;

    expect_parts("{\"type\":\"text\",\"text\":\"A\"},"
                 "{\"type\":\"text\",\"text\":\"\"},"
                 "{\"type\":\"text\",\"text\":\" \"}", "\"A\" \" \"");
}


static void
reads_images(void **state)
{
    (void) state;

    expect_parts("{\"type\":\"image_url\",\"image_url\":{\"url\":"
                 "\"https://h/a.png\",\"detail\":\"high\"}}",
                 "image(@https://h/a.pngdetail:high)");
    expect_parts("{\"type\":\"image_url\",\"image_url\":\"https://h/a\"}",
                 "image(@https://h/a)");
    expect_parts("{\"type\":\"image_url\",\"image_url\":{\"url\":"
                 "\"data:image/webp;base64,AAAA\"}}",
                 "image(<image/webp>AAAA)");
}


static void
reads_files(void **state)
{
    (void) state;

    expect_parts("{\"type\":\"file\",\"file\":{\"filename\":\"a.pdf\","
                 "\"file_data\":\"data:application/pdf;base64,JVBE\"}}",
                 "file(a.pdf<application/pdf>JVBE)");
    expect_parts("{\"type\":\"file\",\"file\":{\"file_id\":\"file-1\"}}",
                 "file(file:file-1)");
    expect_parts("{\"type\":\"file\",\"file\":{\"file_id\":\"file-1\","
                 "\"file_data\":\"JVBE\"}}",
                 "file(<application/pdf>JVBE)");
}


static void
reads_audio(void **state)
{
    (void) state;

    expect_parts("{\"type\":\"input_audio\",\"input_audio\":{\"data\":"
                 "\"AAAA\",\"format\":\"wav\"}}",
                 "audio(<audio/wav>AAAA)");
    expect_parts("{\"type\":\"input_audio\",\"input_audio\":{\"data\":"
                 "\"AAAA\",\"format\":\"mp3\"}}",
                 "audio(<audio/mpeg>AAAA)");
}


static void
reads_marks_of_the_cache(void **state)
{
    (void) state;

    expect_parts("{\"type\":\"text\",\"text\":\"A\",\"cache_control\":"
                 "{\"type\":\"ephemeral\",\"ttl\":\"1h\"},"
                 "\"prompt_cache_breakpoint\":{\"mode\":\"explicit\"}},"
                 "{\"type\":\"text\",\"text\":\"B\","
                 "\"prompt_cache_breakpoint\":{\"mode\":\"explicit\"}},"
                 "{\"type\":\"image_url\",\"image_url\":{\"url\":"
                 "\"https://h/\"},\"prompt_cache_breakpoint\":{}},"
                 "{\"type\":\"text\",\"text\":\"C\",\"cache_control\":null,"
                 "\"prompt_cache_breakpoint\":null}",
                 "\"A\"!{\"type\":\"ephemeral\",\"ttl\":\"1h\"} "
                 "\"B\"!{\"type\":\"ephemeral\"} "
                 "image(@https://h/)!{\"type\":\"ephemeral\"} \"C\"");
}


static void
refuses_parts(void **state)
{
    char    message[256];
    size_t  i;

    static const char  *bad[] = {
        "1", "\"text\"", "null", "{}", "{\"type\":\"video_url\"}",
        "{\"type\":\"text\"}", "{\"type\":\"text\",\"text\":null}",
        "{\"type\":\"image_url\"}",
        "{\"type\":\"image_url\",\"image_url\":{\"url\":\"\"}}",
        "{\"type\":\"image_url\",\"image_url\":{\"url\":\"ftp://h/\"}}",
        "{\"type\":\"image_url\",\"image_url\":{\"url\":\"AAAA\"}}",
        "{\"type\":\"file\"}", "{\"type\":\"file\",\"file\":{}}",
        "{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"AAAA\"}}",
        "{\"type\":\"input_audio\",\"input_audio\":{\"format\":\"wav\"}}"
    };

    (void) state;

    for (i = 0; i < sizeof(bad) / sizeof(char *); i++) {
        sprintf(message, "{\"role\":\"user\",\"content\":[%s]}", bad[i]);
        expect_bad_turns(message, "messages[0].content");
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(reads_texts),
        cmocka_unit_test(reads_images),
        cmocka_unit_test(reads_files),
        cmocka_unit_test(reads_audio),
        cmocka_unit_test(reads_marks_of_the_cache),
        cmocka_unit_test(refuses_parts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
