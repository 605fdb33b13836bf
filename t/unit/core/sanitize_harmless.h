/*
 * Copyright (C) ngx_agent authors
 *
 * Error messages in their senders' own wording.  Nothing in them is secret:
 * they must come out as they went in.
 */


#ifndef _SANITIZE_HARMLESS_H_INCLUDED_
#define _SANITIZE_HARMLESS_H_INCLUDED_


static const char *const  sanitize_harmless[] = {

    /* OpenAI */

    "This model's maximum context length is 128000 tokens. However, your "
    "messages resulted in 130512 tokens. Please reduce the length of the "
    "messages.",
    "This model's maximum context length is 16385 tokens. However, you "
    "requested 17012 tokens (12916 in the messages, 4096 in the "
    "completion). Please reduce the length of the messages or completion.",
    "The model `gpt-5-turbo` does not exist or you do not have access to it.",
    "The model `gpt-4o-mini-2024-07-18` has been deprecated, learn more "
    "here: https://platform.openai.com/docs/deprecations",
    "Unsupported parameter: 'max_tokens' is not supported with this model. "
    "Use 'max_completion_tokens' instead.",
    "Unsupported value: 'temperature' does not support 0.2 with this model. "
    "Only the default (1) value is supported.",
    "Invalid value for 'content': expected a string, got null.",
    "Missing required parameter: 'messages[0].content[1].image_url.url'.",
    "Invalid type for 'messages[1].content': expected one of a string or "
    "array of objects, but got an object instead.",
    "Invalid parameter: messages with role 'tool' must be a response to a "
    "preceeding message with 'tool_calls'.",
    "An assistant message with 'tool_calls' must be followed by tool "
    "messages responding to each 'tool_call_id'. The following "
    "tool_call_ids did not have response messages: "
    "call_Zb3XyQk9vLmT2nRp7sWdEf4H",
    "Invalid schema for response_format 'weather_report': In context=(), "
    "'additionalProperties' is required to be supplied and to be false.",
    "Invalid schema for function 'get_current_weather': In "
    "context=('properties', 'unit'), 'required' is required to be supplied "
    "and to be an array including every key in properties. Missing "
    "'location'.",
    "You exceeded your current quota, please check your plan and billing "
    "details. For more information on this error, read the docs: "
    "https://platform.openai.com/docs/guides/error-codes/api-errors.",
    "You didn't provide an API key. You need to provide your API key in an "
    "Authorization header using Bearer auth (i.e. Authorization: Bearer "
    "YOUR_KEY), or as the password field (with blank username) if you're "
    "accessing the API from your browser and are prompted for a username "
    "and password. You can obtain an API key from "
    "https://platform.openai.com/account/api-keys.",
    "The server had an error while processing your request. Sorry about "
    "that! You can retry your request, or contact us through our help "
    "center at help.openai.com if the error persists. (Please include the "
    "request ID req_fd2a5c1e8b8e4c4a8e9b8c8f7a6d5e4c in your message.)",
    "The server is currently overloaded with other requests. Sorry about "
    "that! You can retry your request, or contact us through our help "
    "center at help.openai.com if the error persists.",
    "That model is currently overloaded with other requests. You can retry "
    "your request, or contact us through our help center at help.openai.com "
    "if the error persists. (Please include the request ID "
    "7f3c1b2a9d8e4f60b1c2d3e4f5a6b7c8 in your message.)",
    "Invalid URL (POST /v1/chat/completion)",
    "Unknown request URL: GET /v1/model. Please check the URL for typos, or "
    "see the docs at https://platform.openai.com/docs/api-reference/.",
    "Not allowed to POST on /v1/models. (HINT: Perhaps you meant to use a "
    "different HTTP method?)",
    "Could not parse the JSON body of your request. (HINT: This likely "
    "means you aren't using your HTTP library correctly. The OpenAI API "
    "expects a JSON payload, but what was sent was not valid JSON. If you "
    "have trouble figuring out how to fix this, please contact us through "
    "our help center at help.openai.com.)",
    "you must provide a model parameter",
    "Invalid 'messages': empty array. Expected an array with minimum length "
    "1, but got an empty array instead.",
    "Invalid 'tools': array too long. Expected an array with maximum length "
    "128, but got an array with length 131 instead.",
    "Invalid 'messages[3].tool_calls[0].id': string too long. Expected a "
    "string with maximum length 40, but got a string with length 44 instead.",
    "Invalid 'tools[0].function.name': string does not match pattern. "
    "Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
    "Invalid 'max_output_tokens': integer below minimum value. Expected a "
    "value >= 16, but got 1 instead.",
    "Failed to download image from "
    "https://upload.wikimedia.org/wikipedia/commons/thumb/d/dd/Gfp-wisconsin"
    "-madison-the-nature-boardwalk.jpg/2560px-Gfp.jpg.",
    "You uploaded an unsupported image. Please make sure your image has of "
    "one the following formats: ['png', 'jpeg', 'gif', 'webp'].",
    "Your request was rejected as a result of our safety system. Your "
    "prompt may contain text that is not allowed by our safety system.",
    "Item with id 'rs_68af4030baa48193b0b43b4c2a176a1a' not found. Items "
    "are not persisted when `store` is set to false. Try again with `store` "
    "set to true, or remove this item from your input.",
    "Previous response with id 'resp_67ccd2bed1ec8190b14f964abc054267' not "
    "found.",
    "Item 'fc_67ca09c6bef8819095' of type 'function_call' was provided "
    "without its required 'reasoning' item.",
    "No tool output found for function call call_4Xo9RzPq1kVb7Tn2LcYw8Js3.",
    "Hosted tool 'web_search_preview' is not supported with "
    "gpt-4.1-nano-2025-04-14.",
    "Your organization must be verified to stream this model. Please go to: "
    "https://platform.openai.com/settings/organization/general and click on "
    "Verify Organization. If you just verified, it can take up to 15 "
    "minutes for access to propagate.",
    "This is a chat model and not supported in the v1/completions endpoint. "
    "Did you mean to use v1/chat/completions?",
    "This model is only supported in v1/responses and not in "
    "v1/chat/completions.",
    "Incorrect API key provided. You can find your API key at "
    "https://platform.openai.com/account/api-keys.",
    "Request too large for gpt-4o on tokens per min (TPM): Limit 30000, "
    "Requested 41823. The input or output tokens must be reduced in order "
    "to run successfully. Visit "
    "https://platform.openai.com/account/rate-limits to learn more.",
    "Rate limit reached for gpt-4o-mini on requests per min (RPM): Limit 3, "
    "Used 3, Requested 1. Please try again in 20s. Visit "
    "https://platform.openai.com/account/rate-limits to learn more.",
    "'messages' must contain the word 'json' in some form, to use "
    "'response_format' of type 'json_object'.",
    "$.input is invalid. Please check the API reference: "
    "https://platform.openai.com/docs/api-reference.",
    "Invalid file format. Supported formats: ['flac', 'm4a', 'mp3', 'mp4', "
    "'mpeg', 'mpga', 'oga', 'ogg', 'wav', 'webm']",
    "Maximum content size limit (26214400) exceeded (27310480 bytes read)",
    "Invalid base64-encoded content in 'input[0].content[0].image_url'.",
    "Country, region, or territory not supported",
    "'$.messages[2].content' is invalid: expected text/plain; "
    "charset=utf-8, got application/json",
    "The `logprobs` parameter is not supported with reasoning models such "
    "as o1-mini-2024-09-12 and o3-mini.",
    "Tools with type 'mcp' require server_label; see "
    "https://platform.openai.com/docs/guides/tools-remote-mcp",
    "This fine-tuned model `ft:gpt-3.5-turbo-0125:acme::9AbCdEfG` has been "
    "deleted.",

    /* Anthropic */

    "messages: roles must alternate between \"user\" and \"assistant\", but "
    "found multiple \"user\" roles in a row",
    "messages: first message must use the \"user\" role",
    "messages.1.content.0.text: Field required",
    "max_tokens: Field required",
    "max_tokens: 8192 > 4096, which is the maximum allowed number of output "
    "tokens for claude-3-opus-20240229",
    "prompt is too long: 208310 tokens > 200000 maximum",
    "input length and `max_tokens` exceed context limit: 199758 + 20000 > "
    "200000, decrease input length or `max_tokens` and try again",
    "model: claude-3-sonnet-latest",
    "tools.0: Input tag 'computer_20241022' found using 'type' does not "
    "match any of the expected tags: 'bash_20250124', 'custom', "
    "'text_editor_20250124', 'text_editor_20250429', "
    "'text_editor_20250728', 'web_search_20250305'",
    "tools.0.custom.input_schema.type: Field required",
    "tools.3.custom.name: String should match pattern "
    "'^[a-zA-Z0-9_-]{1,128}$'",
    "tools.0.custom.input_schema: JSON schema is invalid. It must match "
    "JSON Schema draft 2020-12 (https://json-schema.org/draft/2020-12). "
    "Learn more about tool use at https://docs.claude.com/en/docs/tool-use.",
    "messages.65.content.1.tool_use.text: Extra inputs are not permitted",
    "messages.2: `tool_use` ids were found without `tool_result` blocks "
    "immediately after: toolu_01X9iRaHj1UQHF3dNawNXHy5. Each `tool_use` "
    "block must have a corresponding `tool_result` block in the next "
    "message.",
    "messages.0.content.1: unexpected `tool_use_id` found in `tool_result` "
    "blocks: toolu_vrtx_01GqTWzK8mYb3RpLx5VnQd7C. Each `tool_result` block "
    "must have a corresponding `tool_use` block in the previous message.",
    "messages.1.content.0: Invalid `signature` in `thinking` block",
    "messages.3.content.0.type: Expected `thinking` or `redacted_thinking`, "
    "but found `tool_use`. When `thinking` is enabled, a final `assistant` "
    "message must start with a thinking block (preceeding the lastmost set "
    "of `tool_use` and `tool_result` blocks). We recommend you include "
    "thinking blocks from previous turns.",
    "`temperature` may only be set to 1 when thinking is enabled. Please "
    "consult our documentation at "
    "https://docs.claude.com/en/docs/build-with-claude/extended-thinking#imp"
    "ortant-considerations-when-using-extended-thinking",
    "`temperature` and `top_p` cannot both be specified for this model. "
    "Please use only one.",
    "thinking.enabled.budget_tokens: Input should be greater than or equal "
    "to 1024",
    "`max_tokens` must be greater than `thinking.budget_tokens`. Please "
    "consult our documentation at "
    "https://docs.claude.com/en/docs/build-with-claude/extended-thinking#max"
    "-tokens-and-context-window-size",
    "system.1.cache_control.ephemeral.scope: Extra inputs are not permitted",
    "system.0.cache_control.ephemeral.ttl: a ttl='1h' cache_control block "
    "must not come after a ttl='5m' cache_control block; see "
    "usage.cache_creation.ephemeral_1h_input_tokens",
    "A maximum of 4 blocks with cache_control may be provided. Found 5.",
    "messages.0.content.0.image.source.base64.data: Image does not match "
    "the provided media type image/png",
    "messages.4.content.0.image.source.base64: image exceeds 5 MB maximum: "
    "6843044 bytes > 5242880 bytes",
    "messages: text content blocks must be non-empty",
    "messages: final assistant content cannot end with trailing whitespace",
    "Overloaded",
    "Internal server error",
    "invalid x-api-key",
    "x-api-key header is required",
    "Invalid bearer token",
    "Your credit balance is too low to access the Anthropic API. Please go "
    "to Plans & Billing to upgrade or purchase credits.",
    "This request would exceed your organization's rate limit of 40,000 "
    "input tokens per minute. For details, refer to: "
    "https://docs.claude.com/en/api/rate-limits. You can see the response "
    "headers for current usage. Please reduce the prompt length or the "
    "maximum tokens requested, or try again later.",
    "Number of request tokens has exceeded your per-minute rate limit "
    "(https://docs.anthropic.com/en/api/rate-limits); see the response "
    "headers for current usage.",
    "anthropic-version: header is required",
    "Unexpected value(s) `computer-use-2025-01-24` for the `anthropic-beta` "
    "header. Please consult our documentation at docs.claude.com or try "
    "again without the header.",
    "`claude-sonnet-4-5-20250929` does not support assistant message "
    "prefill. The conversation must end with a user message.",
    "Streaming is strongly recommended for operations that may take longer "
    "than 10 minutes. See "
    "https://github.com/anthropics/anthropic-sdk-python#long-requests for "
    "more details",
    "Output blocked by content filtering policy",
    "tool_choice: Input should be a valid dictionary or object to extract "
    "fields from",
    "stop_sequences.0: each stop sequence must contain non-whitespace",
    "container: Container is expired: container_011CPR5CNjB747bTd36fQLFk",
    "context_management.edits.0: Input tag 'clear_tool_uses_20250919' "
    "requires the beta header context-management-2025-06-27",
    "Request timed out; request-id req_011CQ8iJzFQpLYZWYBMTkQjr",

    /* Gemini and Vertex AI */

    "* "
    "GenerateContentRequest.tools[0].function_declarations[0].parameters.pro"
    "perties: should be non-empty for OBJECT type\n",
    "* "
    "GenerateContentRequest.generation_config.response_schema.properties[\"a"
    "ction\"].items.any_of[3].properties[\"go_back\"].properties: should be "
    "non-empty for OBJECT type\n* GenerateContentRequest.contents: contents "
    "is not specified\n",
    "Invalid JSON payload received. Unknown name \"additionalProperties\" "
    "at "
    "'tools[0].function_declarations[8].parameters.properties[1].value.items"
    "': Cannot find field.",
    "Invalid value at 'contents[0].parts[0]' (oneof), oneof field 'data' is "
    "already set. Cannot set 'inlineData'",
    "Invalid value at 'generation_config.response_mime_type' (TYPE_STRING), "
    "12",
    "API key not valid. Please pass a valid API key.",
    "API Key not found. Please pass a valid API key.",
    "API key expired. Please renew the API key.",
    "Method doesn't allow unregistered callers (callers without established "
    "identity). Please use API Key or other form of API consumer identity "
    "to call this API.",
    "models/gemini-1.5-pro-001 is not found for API version v1beta, or is "
    "not supported for generateContent. Call ListModels to see the list of "
    "available models and their supported methods.",
    "The input token count (1052632) exceeds the maximum number of tokens "
    "allowed (1048576).",
    "The input token count exceeds the maximum number of tokens allowed "
    "1048576.",
    "You exceeded your current quota, please check your plan and billing "
    "details. For more information on this error, head to: "
    "https://ai.google.dev/gemini-api/docs/rate-limits. To monitor your "
    "current usage, head to: https://ai.dev/rate-limit. \n* Quota exceeded "
    "for metric: "
    "generativelanguage.googleapis.com/generate_content_free_tier_requests, "
    "limit: 20, model: gemini-2.5-flash\nPlease retry in 34.074824224s.",
    "Resource has been exhausted (e.g. check quota).",
    "Resource exhausted. Please try again later. Please refer to "
    "https://cloud.google.com/vertex-ai/generative-ai/docs/error-code-429 "
    "for more details.",
    "The model is overloaded. Please try again later.",
    "An internal error has occurred. Please retry or report in "
    "https://developers.generativeai.google/guide/troubleshooting",
    "User location is not supported for the API use.",
    "Please ensure that function call turn comes immediately after a user "
    "turn or after a function response turn.",
    "Please ensure that the number of function response parts is equal to "
    "the number of function call parts of the function call turn.",
    "Function call is missing a thought_signature in functionCall parts. "
    "This is required for tools to work correctly, and missing "
    "thought_signature may lead to degraded model performance. Additional "
    "data, function call `default_api:get_weather` , position 2.",
    "Publisher Model "
    "`projects/my-project/locations/us-central1/publishers/google/models/gem"
    "ini-2.0-flash-lite-001` was not found or your project does not have "
    "access to it. Please ensure you are using a valid model version. For "
    "more information, see: "
    "https://cloud.google.com/vertex-ai/generative-ai/docs/learn/model-versi"
    "ons",
    "Unable to submit request because it must have a text parameter. Add a "
    "text parameter and try again. Learn more: "
    "https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/g"
    "emini",
    "Unable to process input image. Please retry or report in "
    "https://developers.generativeai.google/guide/troubleshooting",
    "Generative Language API has not been used in project 123456789012 "
    "before or it is disabled. Enable it by visiting "
    "https://console.developers.google.com/apis/api/generativelanguage.googl"
    "eapis.com/overview?project=123456789012 then retry.",
    "Request had invalid authentication credentials. Expected OAuth 2 "
    "access token, login cookie or other valid authentication credential. "
    "See "
    "https://developers.google.com/identity/sign-in/web/devconsole-project.",
    "Permission denied on resource project my-project (or it may not "
    "exist). reason: \"CONSUMER_INVALID\" domain: \"googleapis.com\"",
    "Thinking budget is not supported for this model: "
    "gemini-2.0-flash-thinking-exp-01-21",
    "CachedContent can not be used with GenerateContent request setting "
    "system_instruction, tools or tool_config.",
    "The GenerateContentRequest proto is invalid:\n  * "
    "contents[0].parts[1].inline_data.mime_type: unsupported MIME type: "
    "application/zip",
    "[{\"@type\": \"type.googleapis.com/google.rpc.BadRequest\", "
    "\"fieldViolations\": [{\"field\": "
    "\"generation_config.max_output_tokens\", \"description\": \"must be in "
    "[1, 8193)\"}]}]",
    "Retry after 39s: retryDelay: \"39s\", quotaId: "
    "\"GenerateRequestsPerDayPerProjectPerModel-FreeTier\"",
    "claude-3-5-sonnet-v2@20241022 is not servable in region us-east5.",

    /* Azure OpenAI */

    "The API deployment for this resource does not exist. If you created "
    "the deployment within the last 5 minutes, please wait a moment and try "
    "again.",
    "Access denied due to invalid subscription key or wrong API endpoint. "
    "Make sure to provide a valid key for an active subscription and use a "
    "correct regional API endpoint for your resource.",
    "The response was filtered due to the prompt triggering Azure OpenAI's "
    "content management policy. Please modify your prompt and retry. To "
    "learn more about our content filtering policies please read our "
    "documentation: https://go.microsoft.com/fwlink/?linkid=2198766",
    "Requests to the ChatCompletions_Create Operation under Azure OpenAI "
    "API version 2024-02-01 have exceeded token rate limit of your current "
    "OpenAI S0 pricing tier. Please retry after 26 seconds. Please go here: "
    "https://aka.ms/oai/quotaincrease if you would like to further increase "
    "the default rate limit.",
    "Requests to the Embeddings_Create Operation under Azure OpenAI API "
    "version 2023-05-15 have exceeded call rate limit of your current "
    "OpenAI S0 pricing tier. Please retry after 6 seconds.",
    "The specified deployment could not be found; check the path "
    "openai/deployments/gpt-4o/chat/completions?api-version=2024-08-01-previ"
    "ew",
    "Unsupported API version 2024-13-01; expected YYYY-MM-DD or "
    "YYYY-MM-DD-preview",
    "Resource not found",
    "Model gpt-35-turbo-16k 0613 is deprecated and cannot be used for new "
    "deployments. See "
    "https://learn.microsoft.com/azure/ai-services/openai/concepts/model-ret"
    "irements",
    "Operation returned an invalid status 'Unavailable For Legal Reasons'",
    "ResponsibleAIPolicyViolation: content_filter_result: hate: "
    "filtered=False severity=safe; self_harm: filtered=False severity=safe; "
    "jailbreak: filtered=True detected=True",
    "Token limit exceeded: 131072 tokens per minute for deployment "
    "'gpt-4.1-mini-2' in region swedencentral",
    "Principal does not have access to API/Operation.",
    "Audience is incorrect: expected https://cognitiveservices.azure.com",
    "Invalid apim-request-id: 3c0f5d2e-8a41-4f7b-9c2d-5e6f7a8b9c0d",

    /* Bedrock */

    "Invocation of model ID anthropic.claude-3-5-sonnet-20241022-v2:0 with "
    "on-demand throughput isn\342\200\231t supported. Retry your request "
    "with the ID or ARN of an inference profile that contains this model.",
    "An error occurred (ValidationException) when calling the "
    "ConverseStream operation: The provided model identifier is invalid.",
    "An error occurred (ThrottlingException) when calling the InvokeModel "
    "operation (reached max retries: 4): Too many requests, please wait "
    "before trying again.",
    "An error occurred (AccessDeniedException) when calling the Converse "
    "operation: You don't have access to the model with the specified model "
    "ID.",
    "Malformed input request: #/max_tokens: 200001 is not less or equal to "
    "200000, please reformat your input and try again.",
    "Malformed input request: #: extraneous key [top_k] is not permitted, "
    "please reformat your input and try again.",
    "The model returned the following errors: "
    "messages.0.content.0.tool_result.content.0.image.source.base64.media_ty"
    "pe: Input should be 'image/jpeg', 'image/png', 'image/gif' or "
    "'image/webp'",
    "us.anthropic.claude-3-7-sonnet-20250219-v1:0 is not available in "
    "eu-central-1.",
    "The model amazon.nova-pro-v1:0:300k reached its end of life; use "
    "amazon.nova-premier-v1:0:1000k.",
    "The text field in the ContentBlock object at messages.0.content.1 is "
    "blank. Add text to the text field, and try again.",
    "A conversation must alternate between user and assistant roles. Make "
    "sure the conversation alternates between user and assistant roles and "
    "try again.",
    "The toolConfig field must be defined when using toolUse and toolResult "
    "content blocks.",
    "Expected toolResult blocks at messages.2.content for the following "
    "Ids: tooluse_mGa1Hb2Kc3",
    "Input is too long for requested model.",
    "The security token included in the request is invalid.",
    "The request signature we calculated does not match the signature you "
    "provided. Check your AWS Secret Access Key and signing method. Consult "
    "the service documentation for details.",
    "ModelNotReadyException: The model is not ready for inference, retry "
    "attempt 2 of 5 "
    "(arn:aws:bedrock:us-east-1::foundation-model/meta.llama3-1-405b-instruc"
    "t-v1:0)",

    /* Mistral */

    "Expected last role User or Tool (or Assistant with prefix True) for "
    "serving but got assistant",
    "{\"detail\":[{\"type\":\"extra_forbidden\",\"loc\":[\"body\",\"messages"
    "\",0,\"user\",\"name\"],\"msg\":\"Extra inputs are not "
    "permitted\",\"input\":\"\",\"url\":\"https://errors.pydantic.dev/2.6/v/"
    "extra_forbidden\"}]}",
    "Invalid model: mistral-large-2512",
    "Requests rate limit exceeded",
    "Service tier capacity exceeded for this model.",
    "Function name was get.weather but must be a-z, A-Z, 0-9, or contain "
    "underscores and dashes, with a maximum length of 64.",
    "Tool call id was call_1234567890 but must be a-z, A-Z, 0-9, with a "
    "length of 9.",
    "Not the same number of function calls and responses",
    "Prompt contains 40211 tokens and 0 draft tokens, too large for model "
    "with 32768 maximum context length",
    "Image, {'url': 'https://example.org/a.png'}, could not be loaded as a "
    "valid image.",
    "Unexpected role 'user' after role 'tool'",
    "Unauthorized",

    /* vLLM, SGLang and TGI */

    "This model's maximum context length is 32768 tokens. However, you "
    "requested 41648 tokens (37552 in the messages, 4096 in the "
    "completion). Please reduce the length of the messages or completion. "
    "None",
    "max_tokens must be at least 1, got -186.",
    "\"auto\" tool choice requires --enable-auto-tool-choice and "
    "--tool-call-parser to be set",
    "The model `Qwen/Qwen2.5-Coder-32B-Instruct` does not exist.",
    "'max_tokens' or 'max_completion_tokens' is too large: 4096. This "
    "model's maximum context length is 8192 tokens and your request has "
    "6120 input tokens (4096 > 8192 - 6120). (parameter=max_tokens, "
    "value=4096)",
    "As of transformers v4.44, default chat template is no longer allowed, "
    "so you must provide a chat template if the tokenizer does not define "
    "one.",
    "At most 1 image(s) may be provided in one request. You can set "
    "`--limit-mm-per-prompt` to increase this limit if the model supports "
    "it.",
    "Conversation roles must alternate user/assistant/user/assistant/...",
    "guided_json error: Unsupported JSON schema feature: patternProperties "
    "at $.properties.tags",
    "{'type': 'missing', 'loc': ('body', 'messages'), 'msg': 'Field "
    "required', 'input': {'model': "
    "'meta-llama/Llama-3.3-70B-Instruct-Turbo', 'temperature': 0.7}}",
    "1 validation error for ValidatorIterator\n"
    "0.ChatCompletionContentPartTextParam.text\n  Input should be a valid "
    "string [type=string_type, input_value=None, input_type=NoneType]\n    "
    "For further information visit "
    "https://errors.pydantic.dev/2.10/v/string_type",
    "Please provide either `messages` or `prompt`; "
    "max_position_embeddings=8192, rope_scaling=None",
    "Requested token count exceeds the model's maximum context length of "
    "131072 tokens. You requested a total of 140301 tokens: 132109 tokens "
    "from the input messages and 8192 tokens for the completion.",
    "Input validation error: `inputs` tokens + `max_new_tokens` must be <= "
    "4096. Given: 3990 `inputs` tokens and 512 `max_new_tokens`",
    "Template error: template not found",
    "LoRA adapter sql-lora-7b-v2 is not loaded; loaded: base, chat-lora",
    "engine_core: request chatcmpl-4f0d2c2b8a8f4a3cb0e5b5d7e1a9c3d2 was "
    "aborted",
    "The decoder prompt (length 5012) is longer than the maximum model "
    "length of 4096. Make sure that `max_model_len` is no smaller than the "
    "number of text tokens.",

    /* llama.cpp, Ollama, LM Studio */

    "request (33056 tokens) exceeds the available context size (32768 "
    "tokens), try increasing it",
    "the request exceeds the available context size. try increasing the "
    "context size or enable context shift",
    "{\"error\":{\"code\":400,\"message\":\"Failed to parse messages: "
    "Unsupported content part type\",\"type\":\"invalid_request_error\"}}",
    "Unexpected token: '}' at row 1, column 37: {{ bos_token }}{% for "
    "message in messages %}",
    "tools param requires --jinja flag",
    "Loading model",
    "This server does not support embeddings. Start it with `--embeddings`",
    "Failed to initialize samplers: Failed to parse grammar: expecting ::= "
    "at root",
    "model 'llama3:8b' not found, try pulling it first",
    "model \"qwen2.5-coder:32b-instruct-q4_K_M\" not found, try pulling it "
    "first",
    "model requires more system memory (48.0 GiB) than is available (31.2 "
    "GiB)",
    "registry.ollama.ai/library/deepseek-r1:671b does not support tools",
    "invalid format: expected \"json\" or a JSON schema, got \"xml\"",
    "Invalid model identifier \"qwen3-coder-30b-a3b-instruct@q4_k_m\". "
    "Please specify a valid downloaded model (e.g. qwen/qwen3-4b-2507, "
    "google/gemma-3-12b).",
    "Trying to keep the first 5211 tokens when context the overflows. "
    "However, the model is loaded with context length of only 4096 tokens, "
    "which is not enough.",
    "hf.co/unsloth/Qwen3-Coder-30B-A3B-Instruct-GGUF:UD-Q4_K_XL is not a "
    "GGUF file of version 3",

    /* Groq */

    "Failed to call a function. Please adjust your prompt. See "
    "'failed_generation' for more details.",
    "Failed to generate JSON. Please adjust your prompt. See "
    "'failed_generation' for more details.",
    "Rate limit reached for model `llama-3.3-70b-versatile` service tier "
    "`on_demand` on tokens per day (TPD): Limit 100000, Used 97050, "
    "Requested 3619. Please try again in 9m38.016s. Need more tokens? "
    "Upgrade to Dev Tier today at https://console.groq.com/settings/billing",
    "The model `mixtral-8x7b-32768` has been decommissioned and is no "
    "longer supported. Please refer to "
    "https://console.groq.com/docs/deprecations for a recommendation on "
    "which model to use instead.",
    "Please reduce the length of the messages or completion.",
    "'messages.2' : for 'role:assistant' the following must be "
    "satisfied[('messages.2' : property 'refusal' is unsupported)]",
    "`max_tokens` must be less than or equal to `8192`, the maximum value "
    "for `max_tokens` is less than the `context_window` for this model",
    "Invalid API Key",
    "tool call validation failed: attempted to call tool 'brave_search' "
    "which was not request.tools",
    "The model `openai/gpt-oss-120b` is over capacity and unavailable. "
    "Visit https://groqstatus.com to see if there is an active incident. "
    "(request id req_01hxnxvkfjf6ttkqzfpw23ng08)",

    /* OpenRouter */

    "No endpoints found that support tool use. To learn more about provider "
    "routing, visit: "
    "https://openrouter.ai/docs/guides/routing/provider-selection",
    "No endpoints found for deepseek/deepseek-r1-0528-qwen3-8b:free.",
    "Provider returned error",
    "Rate limit exceeded: free-models-per-day. Add 10 credits to unlock "
    "1000 free model requests per day",
    "Insufficient credits. Add more using "
    "https://openrouter.ai/settings/credits",
    "This request requires more credits, or fewer max_tokens. You requested "
    "up to 32000 tokens, but can only afford 1215. To increase, visit "
    "https://openrouter.ai/settings/credits and upgrade to a paid account",
    "google/gemini-2.0-flash-exp:free is temporarily rate-limited upstream. "
    "Please retry shortly, or add your own key to accumulate your rate "
    "limits: https://openrouter.ai/settings/integrations",
    "No auth credentials found",
    "tngtech/deepseek-r1t2-chimera:free is not a valid model ID",
    "This endpoint's maximum context length is 163840 tokens. However, you "
    "requested about 180214 tokens (172022 of text input, 8192 in the "
    "output). Please reduce the length of either one, or use the "
    "\"middle-out\" transform to compress your prompt automatically.",
    "User not found.",
    "gen-1721312345-AbCdEfGhIjKlMnOpQrSt was cancelled",

    /* Cohere, AI21, Voyage, Jina */

    "invalid request: message must be at least 1 token long or tool results "
    "must be specified.",
    "model 'command-r-plus-2' not found, make sure the correct model ID was "
    "used and that you have access to the model.",
    "too many tokens: size limit exceeded by 2412 tokens. Try using shorter "
    "or fewer inputs. The limit for this model is 128000 tokens.",
    "You are using a Trial key, which is limited to 10 API calls / minute. "
    "You can continue to use the Trial key for free or upgrade to a "
    "Production key with higher rate limits at "
    "'https://dashboard.cohere.com/api-keys'. Contact us on "
    "'https://discord.gg/XW44jPfYJu' or email us at support@cohere.com with "
    "any questions",
    "invalid type: parameter input_type is of type string, should be one of "
    "search_document, search_query, classification, clustering",
    "no api key supplied",
    "invalid api token",
    "The batch is too large: 1001 texts. The limit for voyage-3-large is "
    "1000 texts, 120000 tokens per batch.",
    "Provided API key is invalid.",
    "jamba-1.5-large: messages.0.content must not be empty",

    /* DeepSeek, Qwen, Zhipu, Moonshot, MiniMax */

    "Insufficient Balance",
    "Authentication Fails (no such user)",
    "The reasoning_content is an intermediate result for display purposes "
    "only and will not be included in the context for inference. Please "
    "remove the reasoning_content from your message to reduce network "
    "traffic.",
    "Failed to deserialize the JSON body into the target type: messages[0]: "
    "missing field `role` at line 1 column 53",
    "The last message of deepseek-reasoner must be a user message, or an "
    "assistant message with prefix mode on (refer to "
    "https://api-docs.deepseek.com/guides/chat_prefix_completion).",
    "Range of input length should be [1, 129024]",
    "parameter.enable_thinking must be set to false for non-streaming calls",
    "\345\217\202\346\225\260\351\235\236\346\263\225\343\200\202\350\257"
    "\267\346\243\200\346\237\245\346\226\207\346\241\243\343\200\202",
    "\346\202\250\347\232\204\350\264\246\346\210\267\345\267\262\350\276"
    "\276\345\210\260\351\200\237\347\216\207\351\231\220\345\210\266\357"
    "\274\214\350\257\267\346\202\250\346\216\247\345\210\266\350\257\267"
    "\346\261\202\351\242\221\347\216\207",
    "\346\250\241\345\236\213\344\270\215\345\255\230\345\234\250\357\274"
    "\214\350\257\267\346\243\200\346\237\245\346\250\241\345\236\213\344"
    "\273\243\347\240\201\343\200\202\346\250\241\345\236\213\357\274\232glm"
    "-4-plus-0111",
    "\350\276\223\345\205\245\347\232\204 token \346\225\260\351\207\217 "
    "131072 \350\266\205\350\277\207\344\272\206\346\250\241\345\236\213 "
    "moonshot-v1-128k "
    "\347\232\204\346\234\200\345\244\247\344\270\212\344\270\213\346\226"
    "\207\351\225\277\345\272\246",
    "Invalid request: Your request exceeded model token limit: 131072 "
    "(requested: 140012)",
    "max organization concurrency: 3, please try again after 1 seconds",
    "The engine is currently overloaded, please try again later",
    "invalid params, messages role invalid: developer (2013)",
    "The tokenization is failed, please check the input. (request id: "
    "2024071812304512345678901234567)",

    /* Together, Fireworks, Cloudflare, Perplexity, xAI and others */

    "Unable to access model meta-llama/Llama-3.3-70B-Instruct-Turbo. Please "
    "visit https://api.together.ai/models to see the list of supported "
    "models.",
    "Input validation error: `inputs` must have less than 8192 tokens. "
    "Given: 9211",
    "Model not found, inaccessible, and/or not deployed: "
    "accounts/fireworks/models/deepseek-v3",
    "The prompt is too long: 140211, model maximum context length: 131071",
    "No such model: @cf/meta/llama-3.1-8b-instruct-fp8 or task",
    "AiError: Invalid or incomplete input for the model: model returned: "
    "Maximum context length exceeded (7968 > 7952), code 3030",
    "After the (optional) system message(s), user and assistant roles "
    "should be alternating.",
    "Invalid model 'llama-3.1-sonar-small-128k-online'. Permitted models "
    "can be found in the documentation at "
    "https://docs.perplexity.ai/guides/model-cards.",
    "The model grok-3-mini-beta does not exist or your team does not have "
    "access to it. Please ensure you're using the correct API key and if "
    "you believe this is a mistake, contact support.",
    "Argument not supported on this model: stop",
    "Model nvidia/llama-3.1-nemotron-70b-instruct is unknown (NVCF)",
    "Bad request: Task 'text-generation' is not supported for "
    "NousResearch/Nous-Hermes-2-Mixtral-8x7B-DPO",
    "Model microsoft/Phi-3.5-MoE-instruct is currently loading; "
    "estimated_time: 183.7",
    "mistralai/Mixtral-8x22B-Instruct-v0.1 is gated. Visit "
    "https://huggingface.co/mistralai/Mixtral-8x22B-Instruct-v0.1 to ask "
    "for access.",
    "Deployment is scaled to zero; it takes 30-90 seconds to start. "
    "TheBloke/Mistral-7B-Instruct-v0.2-GPTQ:gptq-4bit-32g-actorder_True",
    "Please reduce the length of the messages or completion. Current length "
    "is 9021 while limit is 8192",
    "llama-4-maverick-17b-128e-instruct is being upgraded; llama3.1-8b and "
    "qwen-3-235b-a22b-instruct-2507 are available",
    "ibm/granite-3-8b-instruct: time limit exceeded after 60000 ms",
    "Streaming is not enabled for snowflake/snowflake-arctic-embed-l-v2.0",
    "Replicate prediction failed: version 'v1.2.3' of stability-ai/sdxl has "
    "no field `num_inference_steps2`",
    "upstage/solar-pro2-preview-250710 expects `reasoning_effort` to be one "
    "of: low, medium, high",
    "nousresearch/hermes-3-llama-3.1-405b:extended is not supported",
    "Model claude_3_5_sonnet_20241022 is not in the list: "
    "gpt_4_1_mini_2025_04_14, deepseek_r1_distill_qwen_32b",
    "Invalid tool name 'lookup_customer_order_by_id_v2': it was not "
    "declared; did you mean 'get_current_weather_in_location_v2'?",
    "BetaToolComputerUse20241022Param is not a valid tool; expected "
    "GoogleCloudAiplatformV1beta1Tool",
    "text_editor_code_execution_tool_result and "
    "bash_code_execution_20250825 need a newer version",

    /* gateways, libraries and the web */

    "upstream connect error or disconnect/reset before headers. reset "
    "reason: connection timeout",
    "no healthy upstream",
    "502 Bad Gateway",
    "Error 1015: You are being rate limited (Ray ID: 8828f41b9aba80aa, BOM)",
    "cf-ray: 8828f41b9aba80aa-BOM",
    "The read operation timed out",
    "Error code: 529 - {'type': 'error', 'error': {'type': "
    "'overloaded_error', 'message': 'Overloaded'}}",
    "SSL routines: certificate verify failed: self-signed certificate in "
    "certificate chain",
    "HTTP/2 stream 1 was not closed cleanly: INTERNAL_ERROR (err 2)",
    "rpc error: code = Unavailable desc = error reading from server: EOF",
    "<_InactiveRpcError of RPC that terminated with: status = "
    "StatusCode.RESOURCE_EXHAUSTED>",
    "status = StatusCode.INTERNAL details = \"Internal error encountered.\"",
    "Expecting value: line 1 column 1 (char 0)",
    "Expecting ',' delimiter: line 4 column 12 (char 87)",
    "Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON",
    "invalid character 'd' looking for beginning of value",
    "unexpected end of JSON input",
    "json: cannot unmarshal string into Go struct field "
    "ChatCompletionRequest.messages.0.content of type "
    "[]openai.ChatMessagePart",
    "key must be a string at line 1 column 2",
    "413 Request Entity Too Large: 20971520 bytes, at most 10485760",
    "Invalid HTTP request received.",
    "Stream ended after 12:30:45 with 1,024 of 2,048 tokens (50%); "
    "finish_reason=length",
    "The request was made at 2024-07-18T12:30:45.123Z and expired on "
    "2025-01-01.",
    "Retry-After: Thu, 18 Jul 2024 12:30:45 GMT",
    "Response could not be decoded: utf-8 codec can't decode byte 0xe9 in "
    "position 17",
    "Request id 550e8400-e29b-41d4-a716-446655440000 was not found.",
    "traceparent 00-0af7651916cd43dd-b7ad6b7169203331-01 is malformed",
    "Version 1.2.3 of the client is no longer supported; please upgrade to "
    "2.0.0-rc.1 or newer.",
    "Ratio 1/2, 3/4 or and/or is no number; km/h and tokens/s are units.",
    "Sizes: 1024x1024, 1792x1024, 1:1, 16:9 and 4:3",
    "Colors must be like #ff8800 or rgb(255, 136, 0)",
    "The pattern ^[\\w\\-]+\\.(png|jpe?g)$ does not match",
    "price: $0.15 / 1M tokens, i.e. 1.5e-07 per token",
    "Only std::vector<float> and Foo::Bar are supported; list[::2] is not.",
    "See section 4.2.1 of RFC 7231, ISO 8601 and draft-07.",
    "sha256, base64, utf-8, gzip and br are known; x-snappy-framed is not",
    "model=gpt-4o-mini, max_completion_tokens=4096, temperature=0.7, "
    "presence_penalty=-1.5",
    "token_count=1234567890 budget_tokens: 32000 "
    "completion_tokens_details.reasoning_tokens=128",
    "max_tokens: 4096, token: null, api_key: required, password: must not "
    "be empty, secret: not set",
    "{\"loc\": [\"header\", \"authorization\"], \"msg\": \"Field "
    "required\", \"type\": \"missing\"}",
    "{\"error\":{\"message\":\"Missing or invalid Authorization "
    "header\",\"type\":\"invalid_request_error\",\"param\":null,\"code\":\"i"
    "nvalid_api_key\"}}",
    "Set the environment variable OPENAI_API_KEY or pass "
    "api_key=YOUR_API_KEY, api_key=$OPENAI_API_KEY or "
    "api_key=os.environ[\"KEY\"].",
    "The api_key client option must be set either by passing api_key to the "
    "client or by setting the OPENAI_API_KEY environment variable",
    "Could not resolve authentication method. Expected either api_key or "
    "auth_token to be set. Or for one of the `X-Api-Key` or `Authorization` "
    "headers to be explicitly omitted",
    "Authorization header must be of the form: Bearer <token>",
    "Basic authentication is not supported; use a Bearer token.",
    "WWW-Authenticate: Bearer realm=\"api\", error=\"invalid_token\", "
    "error_description=\"The access token expired\"",
    "Asking to pad but the tokenizer does not have a padding token. Please "
    "select a token to use as `pad_token` `(tokenizer.pad_token = "
    "tokenizer.eos_token e.g.)`",
    "Special tokens <|im_start|>, <|endoftext|>, [INST], </s> and <0x0A> "
    "are not allowed.",
    "eos_token='</s>' bos_token='<s>' unk_token='<unk>'",
    "scikit-sk-learn, task-specific, risk-averse, disk-full and "
    "ask-me-anything are words",
    "hf_hub_download and hf_transfer are not installed; see "
    "https://huggingface.co/docs/hub/security-tokens",
    "An error occurred at messages.3.content.0 (type image_url).",
    "at most 4 images (2 given) are allowed at position 3 (char 4)",
    "We're at capacity (code: 529). Look at https://status.anthropic.com "
    "for updates.",
    "Tool 'read_file' was called with path=\"src/main.py\" and "
    "encoding=\"utf-8\"",
    "File \"report.pdf\" is too large (34 MB)",
    "POST /app/chat and GET /data/0/embedding are not served here.",
    "$ref '#/definitions/Address' or '#/$defs/node' cannot be resolved; "
    "pointer /properties/items/0 is not an object",
    "https://example.com/docs/a_b-c.html?lang=en&page=2#section-3 could not "
    "be fetched: 404",

    /* many languages */

    "L'organisation a d\303\251pass\303\251 son quota\342\200\257: veuillez "
    "r\303\251essayer ult\303\251rieurement (anticonstitutionnellement).",
    "Die Gesamtl\303\244nge der Rechtsschutzversicherungsgesellschaften "
    "\303\274berschreitet das Kontextfenster von 8192 Tokens.",
    "La solicitud supera el l\303\255mite de 4096 tokens; reduzca el "
    "par\303\241metro \302\253max_tokens\302\273.",
    "O modelo n\303\243o est\303\241 dispon\303\255vel: "
    "otorrinolaringologista",
    "\320\237\321\200\320\265\320\262\321\213\321\210\320\265\320\275 "
    "\320\273\320\270\320\274\320\270\321\202 "
    "\320\267\320\260\320\277\321\200\320\276\321\201\320\276\320\262: 60 "
    "\320\262 \320\274\320\270\320\275\321\203\321\202\321\203, "
    "\320\274\320\276\320\264\320\265\320\273\321\214 yandexgpt-lite",
    "\346\234\200\345\244\247\343\202\263\343\203\263\343\203\206\343\202"
    "\255\343\202\271\343\203\210\351\225\267\343\201\25732768\343\203\210"
    "\343\203\274\343\202\257\343\203\263\343\201\247\343\201\231\343\200"
    "\202\343\203\241\343\203\203\343\202\273\343\203\274\343\202\270\343"
    "\202\222\347\237\255\343\201\217\343\201\227\343\201\246\343\201\217"
    "\343\201\240\343\201\225\343\201\204\343\200\202",
    "\354\232\224\354\262\255\354\235\264 \353\204\210\353\254\264 "
    "\353\247\216\354\212\265\353\213\210\353\213\244. "
    "\354\236\240\354\213\234 \355\233\204 \353\213\244\354\213\234 "
    "\354\213\234\353\217\204\355\225\264 "
    "\354\243\274\354\204\270\354\232\224. (HCX-005)",
    "\330\252\330\254\330\247\331\210\330\262\330\252 "
    "\330\247\331\204\330\255\330\257 "
    "\330\247\331\204\331\205\330\263\331\205\331\210\330\255 "
    "\330\250\331\207 \331\205\331\206 "
    "\330\247\331\204\330\267\331\204\330\250\330\247\330\252",
    "\327\224\327\236\327\225\327\223\327\234 gpt-4o "
    "\327\220\327\231\327\240\327\225 \327\226\327\236\327\231\327\237",
    "\340\244\205\340\244\250\340\245\201\340\244\260\340\245\213\340\244"
    "\247 \340\244\225\340\245\200 "
    "\340\244\270\340\245\200\340\244\256\340\244\276 "
    "\340\244\252\340\244\276\340\244\260 \340\244\271\340\245\213 "
    "\340\244\227\340\244\210 \340\244\271\340\245\210\340\245\244",
    "Lopadotemachoselachogaleokranioleipsanodrimhypotrimmatosilphioparaomeli"
    "tokatakechymenokichl is one token too many",
    "Muvaffakiyetsizle\305\237tiricile\305\237tiriveremeyebileceklerimizdenm"
    "i\305\237sinizcesine \303\247ok uzun.",
    "Pyynt\303\266 hyl\303\244ttiin: "
    "lentokonesuihkuturbiinimoottoriapumekaanikkoaliupseerioppilas",
    "Emoji "
    "\360\237\230\200\360\237\221\250\342\200\215\360\237\221\251\342\200"
    "\215\360\237\221\247 and \342\200\234curly quotes\342\200\235 "
    "\342\200\224 dashes \342\200\224 survive, 5 \342\211\245 4 and "
    "\342\210\236 too",
    "Ph\341\272\243n h\341\273\223i kh\303\264ng h\341\273\243p "
    "l\341\273\207 t\341\273\253 m\303\264 h\303\254nh",
    "\340\271\202\340\270\241\340\271\200\340\270\224\340\270\245\340\271"
    "\204\340\270\241\340\271\210\340\270\236\340\270\243\340\271\211\340"
    "\270\255\340\270\241\340\271\203\340\270\212\340\271\211\340\270\207"
    "\340\270\262\340\270\231"
};


#endif /* _SANITIZE_HARMLESS_H_INCLUDED_ */
