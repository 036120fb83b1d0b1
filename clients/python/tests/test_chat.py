"""Chat completions of `serve --http` by OpenAI's own client; skipped without it, or without an instance to ask."""

import os

import pytest

openai = pytest.importorskip("openai", reason="expected openai, found none: run install.sh")

URL = os.environ.get("UNDERSTUDY_TEST_CHAT_URL")
pytestmark = pytest.mark.skipif(
    not URL, reason="expected the address of `serve --http` in UNDERSTUDY_TEST_CHAT_URL, found none"
)
MODEL = "dialogue/responder"
QUESTION = [{"role": "user", "content": "Do you like films? 🎬"}]


@pytest.fixture
def client():
    return openai.OpenAI(base_url=URL, api_key="any", max_retries=0, timeout=60)


def test_a_reply_says_which_model_gave_it(client):
    answer = client.chat.completions.create(model=MODEL, messages=QUESTION, temperature=0.8)
    assert answer.model.startswith(MODEL + ":")
    assert len(answer.system_fingerprint) == 64
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].message.content
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_a_conversation_goes_on(client):
    messages = list(QUESTION)
    for _ in range(3):
        answer = client.chat.completions.create(model=MODEL, messages=messages)
        messages.append({"role": "assistant", "content": answer.choices[0].message.content})
        messages.append({"role": "user", "content": "Why?"})
        assert answer.choices[0].finish_reason in ("stop", "length", "content_filter")


def test_a_stream_adds_up_to_a_reply(client):
    said = ""
    finished = None
    for chunk in client.chat.completions.create(model=MODEL, messages=QUESTION, stream=True):
        said += chunk.choices[0].delta.content or ""
        finished = chunk.choices[0].finish_reason or finished
    assert said
    assert finished in ("stop", "length", "content_filter")


def test_errors_and_models_are_those_of_the_form(client):
    assert MODEL in [model.id for model in client.models.list()]
    with pytest.raises(openai.NotFoundError, match="expected one of the policies"):
        client.chat.completions.create(model="gpt-x", messages=QUESTION)
    with pytest.raises(openai.BadRequestError, match="are drawn with temperature = 0.8, got 0.2"):
        client.chat.completions.create(model=MODEL, messages=QUESTION, temperature=0.2)
    with pytest.raises(openai.BadRequestError, match="expected text, got none"):
        client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": " "}])
