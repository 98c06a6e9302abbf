"""The layer of faults by itself: which rule acts on which call, what it makes of the answer, and what the log says."""

import base64
import io
import json
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from helpers.schemas.fields import in_english
from helpers.studio.fault_rules import MAX_RULES, FaultRule, rule_from
from helpers.studio.known_errors import error_names
from helpers.studio.replies import BedrockError, Reply
from helpers.studio.wire.faults import MAX_CALLS, MAX_KEYS, FaultBook, FaultLayer
from helpers.studio.wire.messages import Caller, Headers, HttpRequest, RequestHead

SDXL = "stability.stable-diffusion-xl-v1"
CORE = "stability.stable-image-core-v1:1"
ANNA, BO = Caller("STUDIOANNA", "us-west-2"), Caller("STUDIOBO", "us-west-2")


def picture(form: str = "PNG", size: int = 64) -> bytes:
    file = io.BytesIO()
    Image.effect_noise((size, size), 80).convert("RGB").save(file, form)
    return base64.b64encode(file.getvalue())


DRAWN = Reply(
    200,
    (b'{"result":"success","artifacts":[{"seed":7,"base64":"', picture(), b'","finishReason":"SUCCESS"}]}'),
    (("content-type", "application/json"),),
    drew=True,
)


@dataclass
class Model:
    """An application that draws the same picture each time, and remembers what it was asked."""

    reply: Reply | Exception = DRAWN
    asked: list[HttpRequest] = field(default_factory=list)
    refused: bool = False

    def admit(self, head: RequestHead) -> Caller:
        return ANNA

    def verify(self, request: HttpRequest, caller: Caller) -> None:
        if self.refused:
            raise BedrockError("InvalidSignatureException", "no")

    def respond(self, request: HttpRequest, caller: Caller) -> Reply:
        self.asked.append(request)
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply


class Clock:
    """A clock that goes on when it is told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Setup:
    """A layer with rules, its application, its clock, and the pauses that it made."""

    model: Model = field(default_factory=Model)
    clock: Clock = field(default_factory=Clock)
    pauses: list[float] = field(default_factory=list)
    from_file: tuple[FaultRule, ...] = ()
    seconds: float | None = None
    waits: bool = True

    def __post_init__(self) -> None:
        self.book = FaultBook(self.from_file, seconds=self.seconds, clock=self.clock)

        def pause(seconds: float, client_waits: Callable[[], bool]) -> bool:
            self.pauses.append(seconds)
            return self.waits

        self.layer = FaultLayer(self.model, self.book, pause=pause)

    def set(self, caller: Caller = ANNA, /, **said: Any) -> int:
        return self.book.set_rule(caller.access_key, rule_from(said, in_english))

    def call(self, model: str = SDXL, caller: Caller = ANNA, method: str = "POST", operation: str = "invoke") -> Reply:
        path = f"/model/{model.replace(':', '%3A').replace('/', '%2F')}/{operation}"
        return self.layer.answer(HttpRequest(RequestHead(method, path, "", Headers()), b"{}", "r-1", 1), caller)

    def kinds(self, caller: Caller = ANNA) -> list[str | None]:
        return [call["fault"] for call in self.book.calls(caller.access_key)]


def code(reply: Reply) -> str:
    return dict(reply.headers).get("x-amzn-errortype", "").partition(":")[0]


@pytest.fixture
def here() -> Setup:
    return Setup()


class TestWhichCallsAreHit:
    def test_without_a_rule_every_answer_passes_as_it_is(self, here: Setup) -> None:
        assert here.call() is DRAWN
        assert here.pauses == []

    def test_a_number_is_so_many_calls(self, here: Setup) -> None:
        here.set(throttle=2)
        assert [here.call().status for _ in range(4)] == [429, 429, 200, 200]
        assert len(here.model.asked) == 2

    def test_of_many_calls_at_once_exactly_so_many_are_hit(self, here: Setup) -> None:
        here.set(throttle=37)
        with ThreadPoolExecutor(16) as threads:
            statuses = [reply.status for reply in threads.map(lambda _: here.call(), range(400))]
        assert (statuses.count(429), len(here.kinds())) == (37, 400)

    def test_true_is_every_call_until_the_rule_ends(self, here: Setup) -> None:
        number = here.set(unavailable=True)
        assert {here.call().status for _ in range(50)} == {503}
        assert here.book.end_rule(ANNA.access_key, number) == 50
        assert here.call().status == 200

    def test_kinds_act_in_the_order_written(self, here: Setup) -> None:
        here.set(reset=1, throttle=2, not_ready=0, cut=True)
        for _ in range(5):
            here.call()
        assert here.kinds() == ["reset", "throttle", "throttle", "cut", "cut"]

    def test_a_newer_rule_acts_first_and_the_older_one_keeps_its_calls(self, here: Setup) -> None:
        here.set(throttle=2)
        inner = here.set(unavailable=1)
        for _ in range(4):
            here.call()
        assert here.kinds() == ["unavailable", "throttle", "throttle", None]
        assert [one["used"] for one in here.book.rules(ANNA.access_key)] == [2, 1]
        here.book.end_rule(ANNA.access_key, inner)

    def test_rules_of_the_file_come_last_and_hold_for_each_access_key_by_itself(self) -> None:
        here = Setup(from_file=(FaultRule((("timeout", 1),)), FaultRule((("legacy", 1),))))
        here.set(reset=1)
        for caller in (ANNA, BO):
            for _ in range(4):
                here.call(caller=caller)
        assert here.kinds() == ["reset", "timeout", "legacy", None]
        assert here.kinds(BO) == ["timeout", "legacy", None, None]

    def test_one_access_key_does_not_disturb_another(self, here: Setup) -> None:
        number = here.set(throttle=True)
        assert here.call(caller=BO).status == 200
        assert here.call().status == 429
        assert (here.kinds(), here.kinds(BO)) == (["throttle"], [None])
        assert here.book.rules(BO.access_key) == []
        with pytest.raises(BedrockError, match=f"no rule {number}"):
            here.book.end_rule(BO.access_key, number)

    @pytest.mark.parametrize(
        ("model", "said"),
        [
            (SDXL, "sdxl"),
            (f"{SDXL}:0", SDXL),
            (f"arn:aws:bedrock:us-west-2::foundation-model/{SDXL}", "sdxl"),
            (SDXL, f"arn:aws:bedrock:us-west-2::foundation-model/{SDXL}"),
        ],
    )
    def test_a_rule_for_a_model_finds_it_under_all_its_names(self, here: Setup, model: str, said: str) -> None:
        here.set(throttle=True, model=said)
        assert [here.call(one).status for one in (model, CORE, "no.such-model")] == [429, 200, 200]

    @pytest.mark.parametrize(
        ("method", "operation"), [("POST", "converse"), ("POST", "invoke-with-response-stream"), ("GET", "invoke")]
    )
    def test_other_operations_pass_and_are_not_in_the_log(self, here: Setup, method: str, operation: str) -> None:
        here.set(throttle=True)
        assert here.call(method=method, operation=operation).status == 200
        assert here.kinds() == []

    def test_a_request_that_is_not_signed_rightly_is_neither_hit_nor_logged(self, here: Setup) -> None:
        here.set(throttle=1)
        here.model.refused = True
        assert code(here.call()) == "InvalidSignatureException"
        here.model.refused = False
        assert (here.kinds(), here.call().status) == ([], 429)


class TestShare:
    def hits(self, **said: Any) -> list[str | None]:
        here = Setup()
        here.set(**said)
        for _ in range(400):
            here.call()
        return here.kinds()

    def test_it_is_near_its_value_and_the_same_again(self) -> None:
        first = self.hits(throttle=True, share=0.3)
        assert 90 <= first.count("throttle") <= 150
        assert first == self.hits(throttle=True, share=0.3)
        assert first != self.hits(throttle=True, share=0.3, seed=1)

    def test_a_number_counts_the_calls_that_were_hit(self) -> None:
        assert self.hits(throttle=5, share=0.3).count("throttle") == 5

    @pytest.mark.parametrize(("share", "hit"), [(0, 0), (1, 400)])
    def test_none_and_all(self, share: float, hit: int) -> None:
        assert self.hits(reset=True, share=share).count("reset") == hit


class TestSlow:
    def test_it_holds_for_every_call_beside_other_faults_and_adds_up(self, here: Setup) -> None:
        here.set(slow=0.5, throttle=1)
        here.set(slow=0.25)
        here.call(), here.call()
        assert here.pauses == [0.75, 0.75]
        assert here.kinds() == ["throttle", None]
        assert [one["used"] for one in here.book.rules(ANNA.access_key)] == [2, 2]

    def test_jitter_adds_up_to_so_much_and_the_same_again(self) -> None:
        pauses = []
        for _ in range(2):
            here = Setup()
            here.set(slow=1, jitter=0.5, seed=4)
            for _ in range(40):
                here.call()
            pauses.append(here.pauses)
        assert pauses[0] == pauses[1]
        assert len(set(pauses[0])) == 40
        assert 1.0 <= min(pauses[0]) < 1.1 < 1.4 < max(pauses[0]) <= 1.5

    def test_only_the_share_is_slow(self, here: Setup) -> None:
        here.set(slow=1, share=0.25)
        for _ in range(400):
            here.call()
        assert 70 <= len(here.pauses) <= 130

    def test_nothing_is_drawn_for_a_client_that_hangs_up_meanwhile(self) -> None:
        here = Setup(waits=False)
        here.set(slow=5)
        here.call()
        assert here.model.asked == []
        (call,) = here.book.calls(ANNA.access_key)
        assert (call["status"], call["drew"]) == (None, False)

    def test_the_wait_ends_when_the_client_hangs_up(self) -> None:
        model, book = Model(), FaultBook()
        book.set_rule(ANNA.access_key, FaultRule(slow=3))
        head = RequestHead("POST", f"/model/{SDXL}/invoke")
        FaultLayer(model, book).answer(HttpRequest(head, b"{}", "r-1", 1, client_waits=lambda: False), ANNA)
        assert model.asked == []


class TestQuota:
    def test_more_in_a_minute_are_throttled_with_the_time_of_the_next_place(self, here: Setup) -> None:
        here.set(quota=2)
        assert here.call().status == 200
        here.clock.now += 10
        assert here.call().status == 200
        here.clock.now += 20.5
        reply = here.call()
        assert (reply.status, code(reply)) == (429, "ThrottlingException")
        hints = dict(reply.headers)
        assert (hints["retry-after"], hints["x-amz-retry-after"]) == ("30", "29500")
        here.clock.now += 29.5
        assert [here.call().status, here.call().status] == [200, 429]
        assert here.kinds() == [None, None, "quota", None, "quota"]

    def test_refused_calls_take_no_place(self, here: Setup) -> None:
        here.set(quota=1)
        here.call()
        for _ in range(7):
            here.clock.now += 9
            here.call()
        assert here.kinds() == [None, *["quota"] * 6, None]

    def test_plain_throttling_says_no_time_as_aws_does_not(self, here: Setup) -> None:
        here.set(throttle=1)
        assert not {"retry-after", "x-amz-retry-after"} & set(dict(here.call().headers))

    def test_it_counts_the_calls_of_its_model_alone(self, here: Setup) -> None:
        here.set(quota=1, model="core")
        assert [here.call(model).status for model in (SDXL, CORE, SDXL, CORE)] == [200, 200, 200, 429]


class TestAnswers:
    @pytest.mark.parametrize("name", error_names())
    def test_every_error_comes_before_the_model_is_asked(self, here: Setup, name: str) -> None:
        here.set(**{name: 1})
        reply = here.call(CORE)
        body = json.loads(b"".join(reply.body))
        assert 400 <= reply.status <= 503
        assert code(reply).endswith("Exception")
        assert "{model}" not in body["message"]
        assert here.model.asked == []
        (call,) = here.book.calls(ANNA.access_key)
        assert (call["status"], call["fault"], call["drew"]) == (reply.status, name, False)

    def test_a_message_names_what_was_asked_for(self, here: Setup) -> None:
        said = {}
        for name in ("access_denied", "needs_profile", "bad_model_id"):
            here.set(**{name: 1})
            said[name] = json.loads(b"".join(here.call(CORE).body))["message"]
        arn = f"arn:aws:bedrock:us-west-2::foundation-model/{CORE}"
        assert f"bedrock:InvokeModel on resource: {arn} because" in said["access_denied"]
        assert said["needs_profile"].startswith(f"Invocation of model ID {CORE} with on-demand throughput isn\u2019t")
        assert f"Value '{CORE}' at 'modelId'" in said["bad_model_id"]
        assert "pattern: (arn:aws" in said["bad_model_id"]

    def test_a_profile_and_an_arn_are_named_by_their_own_arn(self, here: Setup) -> None:
        profile = "us.stability.stable-image-inpaint-v1:0"
        arn = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/x"
        for asked, named in [(profile, f"000000000000:inference-profile/{profile}"), (arn, f"resource: {arn} ")]:
            here.set(access_denied=1)
            assert named in json.loads(b"".join(here.call(asked).body))["message"]

    @pytest.mark.parametrize(
        ("kind", "refusal"),
        [("filtered_prompt", "invalid_prompts"), ("filtered_output", "content_filtered"), ("finish_error", "error")],
    )
    def test_refusals_go_down_to_the_models_family(self, here: Setup, kind: str, refusal: str) -> None:
        here.set(**{kind: 1})
        assert here.call() is DRAWN
        assert [request.refusal for request in here.model.asked] == [refusal]
        here.call()
        assert here.model.asked[-1].refusal is None

    @pytest.mark.parametrize(
        ("kind", "delivery", "status"), [("reset", "reset", None), ("cut", "cut", 200), ("no_answer", "none", None)]
    )
    def test_what_is_lost_on_the_way_was_drawn(self, here: Setup, kind: str, delivery: str, status: int | None) -> None:
        here.set(**{kind: 1})
        assert here.call() == replace(DRAWN, delivery=delivery)  # type: ignore[arg-type]
        (call,) = here.book.calls(ANNA.access_key)
        assert (call["status"], call["fault"], call["drew"]) == (status, kind, True)

    def test_a_proxys_page_takes_the_answers_place(self, here: Setup) -> None:
        here.set(wrong_type=1)
        reply = here.call()
        assert (reply.status, dict(reply.headers)) == (200, {"content-type": "text/html"})
        assert b"".join(reply.body).startswith(b"<!DOCTYPE html>")
        assert here.book.calls(ANNA.access_key)[0]["drew"]

    @pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
    @pytest.mark.parametrize("flat", [False, True])
    @pytest.mark.parametrize("joined", [False, True])
    def test_a_corrupt_picture_is_valid_base64_in_valid_json_and_opens_nowhere(
        self, here: Setup, form: str, flat: bool, joined: bool
    ) -> None:
        file = io.BytesIO()
        (Image.new("RGB", (320, 320), "teal") if flat else Image.effect_noise((64, 64), 80)).save(file, form)
        whole = base64.b64encode(file.getvalue())
        pieces = (b'{"seeds":[7],"finish_reasons":[null],"images":["', whole, b'","', picture(form), b'"]}')
        here.model.reply = replace(DRAWN, body=(b"".join(pieces),) if joined else pieces)
        here.set(corrupt=1)
        reply = here.call()
        assert len(reply.body) == (1 if joined else len(pieces))
        images = json.loads(b"".join(reply.body))["images"]
        assert len(images) == 2
        for text in images:
            damaged = base64.b64decode(text, validate=True)
            assert 0.3 < len(damaged) / len(base64.b64decode(whole if text == images[0] else picture(form))) < 0.7
            with pytest.raises((OSError, SyntaxError)):
                Image.open(io.BytesIO(damaged)).load()

    def test_an_answer_without_a_picture_cannot_be_corrupt(self, here: Setup) -> None:
        here.model.reply = Reply(200, (b'{"finish_reasons":["Filter reason: prompt"]}',))
        here.set(corrupt=1)
        assert here.call() == here.model.reply
        assert not here.book.calls(ANNA.access_key)[0]["drew"]

    def test_errors_of_the_application_are_answers_and_in_the_log(
        self, here: Setup, capsys: pytest.CaptureFixture[str]
    ) -> None:
        here.model.reply = BedrockError("ValidationException", "no")
        assert here.call().status == 400
        here.model.reply = ZeroDivisionError("oh")
        assert here.call().status == 500
        assert [call["status"] for call in here.book.calls(ANNA.access_key)] == [400, 500]
        assert "ZeroDivisionError: oh" in capsys.readouterr().err

    def test_a_damaged_delivery_of_an_error_is_no_picture(self, here: Setup) -> None:
        here.model.reply = BedrockError("ValidationException", "no")
        here.set(reset=1)
        assert here.call().delivery == "reset"
        assert not here.book.calls(ANNA.access_key)[0]["drew"]


class TestLimits:
    def test_a_key_has_so_many_rules(self, here: Setup) -> None:
        numbers = [here.set(throttle=1) for _ in range(MAX_RULES)]
        with pytest.raises(BedrockError, match="20 rules for this access key already"):
            here.set(throttle=1)
        here.set(BO, throttle=1)
        here.book.end_rule(ANNA.access_key, numbers[0])
        here.set(throttle=1)

    def test_a_rule_on_a_shared_studio_ends_by_itself(self) -> None:
        here = Setup(seconds=3600)
        number = here.set(throttle=True)
        here.clock.now += 3599
        assert here.call().status == 429
        here.clock.now += 2
        assert here.call().status == 200
        assert here.book.rules(ANNA.access_key) == []
        with pytest.raises(BedrockError, match="or it has ended"):
            here.book.end_rule(ANNA.access_key, number)

    def test_the_log_holds_the_last_calls(self, here: Setup) -> None:
        for number in range(MAX_CALLS + 5):
            here.call(f"m{number}")
        calls = here.book.calls(ANNA.access_key)
        assert (len(calls), calls[0]["model"], calls[-1]["model"]) == (MAX_CALLS, "m5", f"m{MAX_CALLS + 4}")

    def test_a_long_id_is_cut_in_the_log(self, here: Setup) -> None:
        here.call("a" * 2000)
        assert len(here.book.calls(ANNA.access_key)[0]["model"]) == 200

    def test_keys_that_nobody_has_used_for_long_are_forgotten(self, here: Setup) -> None:
        here.call()
        for number in range(MAX_KEYS):
            here.call(caller=Caller(f"K{number}", "us-west-2"))
        assert here.kinds() == []
        assert here.kinds(Caller(f"K{MAX_KEYS - 1}", "us-west-2")) == [None]


KIND = st.sampled_from(["throttle", "reset", "filtered_prompt", "corrupt", "legacy"])
RULE = st.fixed_dictionaries(
    {"kinds": st.dictionaries(KIND, st.integers(0, 3), max_size=3), "last": st.booleans()},
    optional={
        "quota": st.integers(1, 4),
        "slow": st.sampled_from([0.5, 1.0]),
        "share": st.sampled_from([0.25, 0.75]),
        "model": st.sampled_from(["sdxl", "core"]),
        "seed": st.integers(0, 5),
    },
)


def words_of(drawn: dict[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = dict(drawn["kinds"])
    if drawn["last"]:
        said["unavailable"] = True
    return said | {name: value for name, value in drawn.items() if name not in ("kinds", "last")}


def expected(rules: list[dict[str, Any]], calls: list[tuple[str, float]]) -> list[tuple[str | None, float]]:
    """What the description says: for each call its fault and its delay. `rules` are in the order in which they act."""
    queues = [
        [kind for kind, count in rule.items() if kind in ("throttle", "reset", "filtered_prompt", "corrupt", "legacy")
         for _ in range(count)]
        for rule in rules
    ]  # fmt: skip
    draws = [random.Random(f"studio {rule.get('seed', 0)}") for rule in rules]
    admitted: list[list[float]] = [[] for _ in rules]
    answers: list[tuple[str | None, float]] = []
    now = Clock.now
    for model, later in calls:
        now += later
        fault, delay = None, 0.0
        for rule, queue, draw, times in zip(rules, queues, draws, admitted, strict=True):
            if rule.get("model", model) != model:
                continue
            inside, _ = draw.random() < rule.get("share", 1), draw.random()
            if not inside:
                continue
            delay += rule.get("slow", 0)
            if fault is not None:
                continue
            if "quota" in rule:
                if len([time for time in times if time > now - 60]) >= rule["quota"]:
                    fault = "quota"
                    continue
                times.append(now)
            fault = queue.pop(0) if queue else "unavailable" if rule.get("unavailable") else None
        answers.append((fault, delay))
    return answers


@settings(max_examples=200, deadline=None)
@given(
    rules=st.lists(RULE, max_size=4),
    from_file=st.lists(RULE, max_size=2),
    calls=st.lists(st.tuples(st.sampled_from(["sdxl", "core"]), st.sampled_from([0.0, 5.0, 30.0])), max_size=25),
)
def test_each_call_is_answered_by_the_rule_that_the_description_names(
    rules: list[dict[str, Any]], from_file: list[dict[str, Any]], calls: list[tuple[str, float]]
) -> None:
    def does_something(said: dict[str, Any]) -> bool:
        return bool(said.keys() - {"share", "model", "seed"})

    own = [said for said in map(words_of, rules) if does_something(said)]
    shared = [said for said in map(words_of, from_file) if does_something(said)]
    here = Setup(from_file=tuple(rule_from(said, in_english) for said in shared))
    for said in own:
        here.set(**said)
    delays = []
    for model, later in calls:
        here.clock.now += later
        here.pauses.clear()
        here.call(SDXL if model == "sdxl" else CORE)
        delays.append(sum(here.pauses))
    assert list(zip(here.kinds(), delays, strict=True)) == expected([*reversed(own), *shared], calls)


class TestClientsThatLeave:
    def gone(self, here: Setup) -> None:
        request = HttpRequest(
            RequestHead("POST", f"/model/{SDXL}/invoke", "", Headers()), b"{}", "r-1", 1, lambda: False
        )
        here.layer.answer(request, ANNA)

    def test_no_status_is_noted_where_nobody_was_there_for_the_answer(self, here: Setup) -> None:
        self.gone(here)
        (call,) = here.book.calls(ANNA.access_key)
        assert (call["status"], call["drew"]) == (None, True)

    def test_a_fault_that_did_not_act_is_for_the_next_call(self, here: Setup) -> None:
        here.waits = False
        here.set(throttle=1, slow=2)
        self.gone(here)
        here.waits = True
        assert here.call().status == 429
        assert here.kinds() == [None, "throttle"]
