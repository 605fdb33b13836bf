/*
 * Copyright (C) ngx_agent authors
 *
 * The bytes of the mock provider: a chat completion, the events of a stream
 * as OpenAI sends them when the usage is asked for, and a refusal; the same
 * as Anthropic sends it.
 */

#define _GNU_SOURCE

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"


#define ANSWERS_STAMP  20     /* digits of a time in ns */
#define ANSWERS_SEQ    6      /* digits of a chunk's number */
#define ANSWERS_ZEROS  "00000000000000000000"

#define ANSWERS_BEGIN                                                         \
    "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\","  \
    "\"created\":1763600000,\"model\":\"upstream-model\",\"choices\":"


static size_t answers_frame(char *p, const char *event);
static size_t answers_frames(char *p, const char *const *events);
static void answers_digits(char *p, size_t n, uint64_t value);


static const char  answers_stream_head[] =
    "HTTP/1.1 200 OK\r\n"
    "Content-Type: text/event-stream; charset=utf-8\r\n"
    "Cache-Control: no-cache\r\n"
    "x-request-id: req_bench\r\n"
    "Transfer-Encoding: chunked\r\n"
    "\r\n";

static const char  answers_openai_role[] =
    ANSWERS_BEGIN "[{\"index\":0,\"delta\":{\"role\":\"assistant\","
    "\"content\":\"\"},\"finish_reason\":null}],\"usage\":null}\n\n";

static const char  answers_openai_content[] =
    ANSWERS_BEGIN "[{\"index\":0,\"delta\":{\"content\":"
    "\"" ANSWERS_ZEROS ":000000 \"},\"finish_reason\":null}],"
    "\"usage\":null}\n\n";

static const char  answers_openai_finish[] =
    ANSWERS_BEGIN "[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],"
    "\"usage\":null}\n\n";

static const char  answers_openai_usage[] =
    ANSWERS_BEGIN "[],\"usage\":{\"prompt_tokens\":200,"
    "\"completion_tokens\":150,\"total_tokens\":350}}\n\n";

static const char  answers_json_head[] =
    "HTTP/1.1 200 OK\r\n"
    "Content-Type: application/json\r\n"
    "x-request-id: req_bench\r\n"
    "Content-Length: %zu\r\n"
    "\r\n";

static const char  answers_openai_json_begin[] =
    "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion\","
    "\"created\":1763600000,\"model\":\"upstream-model\",\"choices\":"
    "[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":"
    "\"{\\\"text\\\":\\\"";

static const char  answers_openai_json_end[] =
    "\\\"}\",\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"stop\"}],"
    "\"usage\":{\"prompt_tokens\":200,\"completion_tokens\":150,"
    "\"total_tokens\":350},\"system_fingerprint\":null}";

static const char  answers_anthropic_start[] =
    "event: message_start\n"
    "data: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_bench\","
    "\"type\":\"message\",\"role\":\"assistant\","
    "\"model\":\"upstream-model\",\"content\":[],\"stop_reason\":null,"
    "\"stop_sequence\":null,\"usage\":{\"input_tokens\":200,"
    "\"output_tokens\":1}}}\n\n";

static const char  answers_anthropic_block[] =
    "event: content_block_start\n"
    "data: {\"type\":\"content_block_start\",\"index\":0,"
    "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n";

static const char  answers_anthropic_content[] =
    "event: content_block_delta\n"
    "data: {\"type\":\"content_block_delta\",\"index\":0,"
    "\"delta\":{\"type\":\"text_delta\","
    "\"text\":\"" ANSWERS_ZEROS ":000000 \"}}\n\n";

static const char  answers_anthropic_end[] =
    "event: content_block_stop\n"
    "data: {\"type\":\"content_block_stop\",\"index\":0}\n\n";

static const char  answers_anthropic_finish[] =
    "event: message_delta\n"
    "data: {\"type\":\"message_delta\",\"delta\":{"
    "\"stop_reason\":\"end_turn\",\"stop_sequence\":null},"
    "\"usage\":{\"output_tokens\":150}}\n\n";

static const char  answers_anthropic_stop[] =
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

static const char  answers_anthropic_json_begin[] =
    "{\"id\":\"msg_bench\",\"type\":\"message\",\"role\":\"assistant\","
    "\"model\":\"upstream-model\",\"content\":[{\"type\":\"text\","
    "\"text\":\"{\\\"text\\\":\\\"";

static const char  answers_anthropic_json_end[] =
    "\\\"}\"}],\"stop_reason\":\"end_turn\",\"stop_sequence\":null,"
    "\"usage\":{\"input_tokens\":200,\"output_tokens\":150}}";

static const char  answers_refusal_head[] =
    "HTTP/1.1 503 Service Unavailable\r\n"
    "Content-Type: application/json\r\n"
    "x-request-id: req_bench\r\n"
    "Content-Length: %zu\r\n"
    "\r\n";

static const char  answers_refusal[] =
    "{\"error\":{\"message\":\"The engine is currently overloaded.\","
    "\"type\":\"server_error\",\"param\":null,\"code\":null}}";

static const char  answers_filler[] =
    "It is as fast as the slowest of its parts. ";


/* A dialect's pieces; the events up to NULL. */
static const struct {
    const char  *open[3];
    const char  *content;
    const char  *end[4];
    const char  *json_begin;
    const char  *json_end;
} answers_pieces[ANSWERS_DIALECTS] = {
    { { answers_openai_role, NULL, NULL },
      answers_openai_content,
      { answers_openai_finish, answers_openai_usage, "data: [DONE]\n\n",
        NULL },
      answers_openai_json_begin,
      answers_openai_json_end },
    { { answers_anthropic_start, answers_anthropic_block, NULL },
      answers_anthropic_content,
      { answers_anthropic_end, answers_anthropic_finish,
        answers_anthropic_stop, NULL },
      answers_anthropic_json_begin,
      answers_anthropic_json_end },
};


void
answers_init(answers_t *a, answers_dialect_e dialect)
{
    a->dialect = dialect;

    a->open_len = sprintf(a->open, "%s", answers_stream_head);
    a->open_len += answers_frames(a->open + a->open_len,
                                  answers_pieces[dialect].open);

    a->delta_len = answers_frame(a->delta, answers_pieces[dialect].content);
    a->stamp = strstr(a->delta, ANSWERS_ZEROS) - a->delta;

    a->end_len = answers_frames(a->end, answers_pieces[dialect].end);
    a->end_len += sprintf(a->end + a->end_len, "0\r\n\r\n");

    a->refusal_len = sprintf(a->refusal, answers_refusal_head,
                             sizeof(answers_refusal) - 1);
    a->refusal_len += sprintf(a->refusal + a->refusal_len, "%s",
                              answers_refusal);

    answers_json(a, 0);
}


void
answers_json(answers_t *a, size_t size)
{
    char        *p;
    size_t       i, content, frame;
    const char  *begin, *end;

    begin = answers_pieces[a->dialect].json_begin;
    end = answers_pieces[a->dialect].json_end;
    frame = strlen(begin) + strlen(end);
    content = size > frame ? size - frame : 0;

    a->json = malloc(sizeof(answers_json_head) + 32 + frame + content);
    if (a->json == NULL) {
        abort();
    }

    p = a->json;
    p += sprintf(p, answers_json_head, frame + content);
    p = mempcpy(p, begin, strlen(begin));

    for (i = 0; i < content; i++) {
        *p++ = answers_filler[i % (sizeof(answers_filler) - 1)];
    }

    p = mempcpy(p, end, strlen(end));

    a->json_len = p - a->json;
}


size_t
answers_delta(const answers_t *a, char *p, uint64_t now, uint64_t seq)
{
    memcpy(p, a->delta, a->delta_len);

    answers_digits(p + a->stamp, ANSWERS_STAMP, now);
    answers_digits(p + a->stamp + ANSWERS_STAMP + 1, ANSWERS_SEQ, seq);

    return a->delta_len;
}


/* Frames an event as a chunk of HTTP; returns its length. */

static size_t
answers_frame(char *p, const char *event)
{
    return snprintf(p, ANSWERS_EVENT, "%zx\r\n%s\r\n", strlen(event), event);
}


static size_t
answers_frames(char *p, const char *const *events)
{
    size_t  len;

    for (len = 0; *events != NULL; events++) {
        len += answers_frame(p + len, *events);
    }

    return len;
}


static void
answers_digits(char *p, size_t n, uint64_t value)
{
    while (n--) {
        p[n] = '0' + value % 10;
        value /= 10;
    }
}
