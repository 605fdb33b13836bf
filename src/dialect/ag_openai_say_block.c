/*
 * Copyright (C) ngx_agent authors
 *
 * The blocks of a streamed chat completion.  The surface knows no blocks: a
 * message has one content, and lists of calls, sources, images and signatures
 * whose entries are numbered, so that clients can put them together.
 *
 * An image and a signed reasoning are held until they are whole: nobody can
 * put a URL or a signed text together from pieces.
 */


#include "dialect/ag_openai_say_parts.h"


static int ag_openai_say_block_call(ag_openai_chunk_t *c);
static int ag_openai_say_block_called(ag_openai_chunk_t *c);
static int ag_openai_say_block_text(ag_openai_chunk_t *c, const char *name);
static int ag_openai_say_block_more(ag_openai_chunk_t *c, const char *object,
    const char *name);
static int ag_openai_say_block_hold(ag_openai_chunk_t *c, ag_buf_t **held);
static int ag_openai_say_block_function(ag_openai_chunk_t *c);
static unsigned ag_openai_say_block_is_google(const ag_openai_chunk_t *c);
static void ag_openai_say_block_late(ag_openai_chunk_t *c);
static void ag_openai_say_block_google(ag_openai_chunk_t *c);
static ag_str_t ag_openai_say_block_id(const ag_openai_chunk_t *c);
static int ag_openai_say_block_sources(ag_openai_chunk_t *c);
static int ag_openai_say_block_image(ag_openai_chunk_t *c);
static ag_str_t ag_openai_say_block_held(const ag_buf_t *held);
static unsigned ag_openai_say_block_keep(ag_openai_chunk_t *c,
    ag_str_t text, ag_str_t *kept);


int
ag_openai_say_block_open(ag_openai_chunk_t *c)
{
    switch (c->event->type) {

    case AG_BLOCK_TEXT:
        c->said->begun = c->said->characters;
        return AG_OK;

    case AG_BLOCK_REASONING:

        if (c->said->thought != NULL) {
            c->said->thought->len = 0;
        }

        return ag_openai_say_block_keep(c, c->event->id,
                                        &c->said->thought_id)
               ? AG_OK : AG_NOMEM;

    case AG_BLOCK_TOOL:
    case AG_BLOCK_CUSTOM:
        return ag_openai_say_block_call(c);

    case AG_BLOCK_IMAGE:
        return ag_openai_say_block_keep(c, c->event->name,
                                        &c->said->image_type)
               ? AG_OK : AG_NOMEM;

    default:
        return AG_OK;
    }
}


/*
 * The arguments begin empty, and follow: clients join what they get.  Held
 * until the next event: some clients read a signature only here.
 */
static int
ag_openai_say_block_call(ag_openai_chunk_t *c)
{
    unsigned   custom;
    ag_put_t  *p;
    ag_buf_t  *out;

    p = &c->put;

    if (c->say->functions) {
        return ag_openai_say_block_function(c);
    }

    if (c->say->call == NULL) {
        c->say->call = ag_arena_buf(c->w->arena, AG_ANSWER_MAX);

        if (c->say->call == NULL) {
            return AG_NOMEM;
        }
    }

    custom = (c->event->type == AG_BLOCK_CUSTOM);

    out = p->out;
    p->out = c->say->call;
    p->out->len = 0;

    ag_openai_say_open(c);
    ag_put_open(p, "tool_calls", '[');
    ag_put_open(p, NULL, '{');
    ag_put_number(p, "index", c->event->tool);
    ag_put_text(p, "id", c->event->id);
    ag_put_word(p, "type", custom ? "custom" : "function");
    ag_put_open(p, custom ? "custom" : "function", '{');
    ag_put_text(p, "name", c->event->name);
    ag_put_word(p, custom ? "input" : "arguments", "");
    ag_put_close(p, '}');

    p->out = out;

    c->say->calling = 1;
    c->say->call_choice = c->event->choice;
    c->say->call_block = c->event->block;

    return (p->rc == AG_OK) ? ag_openai_say_block_called(c) : p->rc;
}


unsigned
ag_openai_say_block_awaits(const ag_openai_chunk_t *c)
{
    return c->event->kind == AG_EVENT_SIGN
           && c->event->choice == c->say->call_choice
           && c->event->block == c->say->call_block
           && ag_openai_say_block_is_google(c);
}


int
ag_openai_say_block_begun(ag_openai_chunk_t *c, unsigned is_signed)
{
    ag_put_t  *p;

    p = &c->put;

    c->say->calling = 0;

    if (p->rc == AG_OK) {
        p->rc = ag_buf_add(p->out, c->say->call->data, c->say->call->len);
    }

    p->comma = 1;

    if (is_signed) {
        ag_openai_say_block_google(c);
    }

    ag_put_close(p, '}');
    ag_put_close(p, ']');

    if (!is_signed) {
        ag_openai_say_close(c);
    }

    return p->rc;
}


/* The id, for a signature that may follow. */
static int
ag_openai_say_block_called(ag_openai_chunk_t *c)
{
    ag_openai_called_t  *called;

    called = ag_arena_alloc(c->w->arena, sizeof(ag_openai_called_t));

    if (called == NULL
        || !ag_openai_say_block_keep(c, c->event->id, &called->id))
    {
        return AG_NOMEM;
    }

    called->tool = c->event->tool;
    called->next = c->said->called;
    c->said->called = called;

    return AG_OK;
}


int
ag_openai_say_block_add(ag_openai_chunk_t *c)
{
    int  rc;

    switch (c->event->type) {

    case AG_BLOCK_TEXT:
        c->said->characters += ag_openai_say_extra_characters(c->event->text);
        return ag_openai_say_block_text(c, "content");

    case AG_BLOCK_REASONING:
        rc = ag_openai_say_block_hold(c, &c->said->thought);
        return (rc == AG_OK)
               ? ag_openai_say_block_text(c, "reasoning_content") : rc;

    case AG_BLOCK_REFUSAL:
        return ag_openai_say_block_text(c, "refusal");

    case AG_BLOCK_TOOL:
        return c->say->functions
               ? ag_openai_say_block_function(c)
               : ag_openai_say_block_more(c, "function", "arguments");

    case AG_BLOCK_CUSTOM:
        return ag_openai_say_block_more(c, "custom", "input");

    case AG_BLOCK_IMAGE:
        return ag_openai_say_block_hold(c, &c->said->image);
    }

    return AG_OK;
}


static int
ag_openai_say_block_text(ag_openai_chunk_t *c, const char *name)
{
    ag_openai_say_open(c);
    ag_put_text(&c->put, name, c->event->text);
    ag_openai_say_close(c);

    return c->put.rc;
}


/* A number and a piece: strict clients refuse a name that comes twice. */
static int
ag_openai_say_block_more(ag_openai_chunk_t *c, const char *object,
    const char *name)
{
    ag_put_t  *p;

    p = &c->put;

    ag_openai_say_open(c);
    ag_put_open(p, "tool_calls", '[');
    ag_put_open(p, NULL, '{');
    ag_put_number(p, "index", c->event->tool);
    ag_put_open(p, object, '{');
    ag_put_text(p, name, c->event->text);
    ag_put_close(p, '}');
    ag_put_close(p, '}');
    ag_put_close(p, ']');
    ag_openai_say_close(c);

    return p->rc;
}


/* The deprecated place has room for one call: its first. */
static int
ag_openai_say_block_function(ag_openai_chunk_t *c)
{
    ag_put_t  *p;

    if (c->event->tool > 0) {
        return AG_OK;
    }

    p = &c->put;

    ag_openai_say_open(c);
    ag_put_open(p, "function_call", '{');

    if (c->event->kind == AG_EVENT_OPEN) {
        ag_put_text(p, "name", c->event->name);
    }

    ag_put_text(p, "arguments", c->event->text);
    ag_put_close(p, '}');
    ag_openai_say_close(c);

    return p->rc;
}


/* At most a whole answer's bytes: AG_LIMIT past that, and the stream ends. */
static int
ag_openai_say_block_hold(ag_openai_chunk_t *c, ag_buf_t **held)
{
    if (*held == NULL) {
        *held = ag_arena_buf(c->w->arena, AG_ANSWER_MAX);

        if (*held == NULL) {
            return AG_NOMEM;
        }
    }

    return ag_buf_add(*held, c->event->text.data, c->event->text.len);
}


/* ---- signatures ---- */


/*
 * With the text that it signs, though that was said before: the whole entry is
 * what comes back, and reasoning_content may be several blocks in one.
 */
int
ag_openai_say_block_sign(ag_openai_chunk_t *c)
{
    ag_put_t            *p;
    uint32_t             made;
    ag_openai_detail_t   detail;

    if (!ag_openai_say_extra_signs(c->event->signer)) {
        return AG_OK;
    }

    memset(&detail, 0, sizeof(ag_openai_detail_t));

    p = &c->put;

    detail.index = c->said->details;
    detail.signer = c->event->signer;
    detail.redacted = c->event->redacted;
    detail.signature = c->event->text;

    if (c->event->type == AG_BLOCK_REASONING) {
        detail.text = ag_openai_say_block_held(c->said->thought);
        detail.id = c->said->thought_id;

    } else {
        detail.id = ag_openai_say_block_id(c);
    }

    if (!ag_openai_say_block_is_google(c)) {
        ag_openai_say_open(c);

    } else if (c->say->calling) {
        (void) ag_openai_say_block_begun(c, 1);

    } else {
        ag_openai_say_open(c);
        ag_openai_say_block_late(c);
    }

    ag_put_open(p, "reasoning_details", '[');
    made = ag_openai_say_extra_detail(p, &detail);
    ag_put_close(p, ']');

    ag_openai_say_close(c);
    c->said->details += made;

    if (detail.text.len > 0) {
        c->said->thought->len = 0;      /* a second one signs what follows */
    }

    return p->rc;
}


static unsigned
ag_openai_say_block_is_google(const ag_openai_chunk_t *c)
{
    return c->event->type == AG_BLOCK_TOOL
           && c->event->signer == AG_SIGNER_GEMINI && !c->say->functions;
}


/* The call was begun before; clients want a "function" in every entry. */
static void
ag_openai_say_block_late(ag_openai_chunk_t *c)
{
    ag_put_t  *p;

    p = &c->put;

    ag_put_open(p, "tool_calls", '[');
    ag_put_open(p, NULL, '{');
    ag_put_number(p, "index", c->event->tool);
    ag_put_open(p, "function", '{');
    ag_put_word(p, "arguments", "");
    ag_put_close(p, '}');
    ag_openai_say_block_google(c);
    ag_put_close(p, '}');
    ag_put_close(p, ']');
}


/* Google's own place. */
static void
ag_openai_say_block_google(ag_openai_chunk_t *c)
{
    ag_put_t  *p;

    p = &c->put;

    ag_put_open(p, "extra_content", '{');
    ag_put_open(p, "google", '{');
    ag_put_text(p, "thought_signature", c->event->text);
    ag_put_close(p, '}');
    ag_put_close(p, '}');
}


/* Of a call; a text has none. */
static ag_str_t
ag_openai_say_block_id(const ag_openai_chunk_t *c)
{
    ag_openai_called_t  *called;

    if (c->event->type != AG_BLOCK_TOOL && c->event->type != AG_BLOCK_CUSTOM) {
        return ag_str(NULL, 0);
    }

    for (called = c->said->called; called != NULL; called = called->next) {
        if (called->tool == c->event->tool) {
            return called->id;
        }
    }

    return ag_str(NULL, 0);
}


/* ---- what goes out with the end of a block ---- */


/* Kept until the text ends: only then its range is known. */
int
ag_openai_say_block_cite(ag_openai_chunk_t *c)
{
    ag_cited_t  *cited;

    cited = ag_arena_alloc(c->w->arena, sizeof(ag_cited_t));

    if (cited == NULL
        || !ag_openai_say_block_keep(c, c->event->url, &cited->url)
        || !ag_openai_say_block_keep(c, c->event->title, &cited->title))
    {
        return AG_NOMEM;
    }

    *c->said->cited_last = cited;
    c->said->cited_last = &cited->next;

    return AG_OK;
}


int
ag_openai_say_block_close(ag_openai_chunk_t *c)
{
    if (c->event->type == AG_BLOCK_TEXT && c->said->cited != NULL) {
        return ag_openai_say_block_sources(c);
    }

    if (c->event->type == AG_BLOCK_IMAGE && c->said->image != NULL) {
        return ag_openai_say_block_image(c);
    }

    return AG_OK;
}


static int
ag_openai_say_block_sources(ag_openai_chunk_t *c)
{
    ag_cited_t        *cited;
    ag_openai_said_t  *said;

    said = c->said;

    ag_openai_say_open(c);
    ag_put_open(&c->put, "annotations", '[');

    for (cited = said->cited; cited != NULL; cited = cited->next) {
        ag_openai_say_extra_cited(&c->put, cited, said->begun,
                                  said->characters, said->annotations++);
    }

    ag_put_close(&c->put, ']');
    ag_openai_say_close(c);

    said->cited = NULL;
    said->cited_last = &said->cited;

    return c->put.rc;
}


static int
ag_openai_say_block_image(ag_openai_chunk_t *c)
{
    ag_openai_said_t  *said;

    said = c->said;

    if (said->image->len == 0) {
        return AG_OK;
    }

    ag_openai_say_open(c);
    ag_put_open(&c->put, "images", '[');
    ag_openai_say_extra_image(&c->put, said->images++, said->image_type,
                              ag_buf_str(said->image));
    ag_put_close(&c->put, ']');
    ag_openai_say_close(c);

    said->image->len = 0;

    return c->put.rc;
}


static ag_str_t
ag_openai_say_block_held(const ag_buf_t *held)
{
    return (held != NULL) ? ag_buf_str(held) : ag_str(NULL, 0);
}


static unsigned
ag_openai_say_block_keep(ag_openai_chunk_t *c, ag_str_t text,
    ag_str_t *kept)
{
    *kept = ag_arena_copy(c->w->arena, text);

    return kept->data != NULL;
}
