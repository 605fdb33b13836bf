/*
 * Copyright (C) ngx_agent authors
 *
 * Who is on which side: the table of contents of translation.
 */


#include "dialect/ag_translate_parts.h"


const ag_translator_t  ag_openai_translator = {
    ag_openai_ask,
    ag_openai_say_event,
    ag_openai_say_answer,
    NULL,
    ag_openai_tell_path,
    ag_openai_tell,
    ag_openai_hear_event,
    ag_openai_hear_eof,
    ag_openai_hear_answer,
    0
};


const ag_translator_t  ag_anthropic_translator = {
    ag_anthropic_ask,
    ag_anthropic_say_event,
    ag_anthropic_say_answer,
    NULL,
    ag_anthropic_tell_path,
    ag_anthropic_tell,
    ag_anthropic_hear_event,
    NULL,
    ag_anthropic_hear_answer,
    1
};


const ag_translator_t  ag_responses_translator = {
    ag_responses_ask,
    ag_responses_say_event,
    ag_responses_say_answer,
    ag_responses_say_failure,
    ag_responses_tell_path,
    ag_responses_tell,
    ag_responses_hear_event,
    NULL,
    ag_responses_hear_answer,
    0
};


/* No client of ours speaks it. */
const ag_translator_t  ag_gemini_translator = {
    NULL,
    NULL,
    NULL,
    NULL,
    ag_gemini_tell_path,
    ag_gemini_tell,
    ag_gemini_hear_event,
    ag_gemini_hear_eof,
    ag_gemini_hear_answer,
    0
};


/* OpenAI's bodies at paths of its own. */
const ag_translator_t  ag_azure_translator = {
    NULL,
    NULL,
    NULL,
    NULL,
    ag_azure_tell_path,
    ag_openai_tell,
    ag_openai_hear_event,
    ag_openai_hear_eof,
    ag_openai_hear_answer,
    0
};
