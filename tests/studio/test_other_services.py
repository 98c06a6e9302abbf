"""What other clients of AWS hear where their calls end at the studio: an error in a form that each of them reads."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.parsers import create_parser
from botocore.session import Session

from helpers.studio.keys import client_keys
from helpers.studio.process import Studio
from helpers.studio.replies import BedrockError
from helpers.studio.wire.other_services import OtherServiceError

Call = Callable[[Any], Any]

CALLS: dict[str, tuple[str, Call]] = {
    "s3": ("s3", lambda client: client.list_buckets()),
    "s3 get": ("s3", lambda client: client.get_object(Bucket="bucket", Key="model/a b.png")),
    "s3 put": ("s3", lambda client: client.put_object(Bucket="bucket", Key="key", Body=b"private")),
    "iam": ("iam", lambda client: client.list_users()),
    "ec2": ("ec2", lambda client: client.describe_instances()),
    "dynamodb": ("dynamodb", lambda client: client.list_tables()),
    "lambda": ("lambda", lambda client: client.list_functions()),
    "sqs": ("sqs", lambda client: client.list_queues()),
    "sns": ("sns", lambda client: client.list_topics()),
    "cloudwatch": ("cloudwatch", lambda client: client.list_metrics()),
    "logs": ("logs", lambda client: client.describe_log_groups()),
    "budgets": ("budgets", lambda client: client.describe_budgets(AccountId="000000000000")),
    "ce": ("ce", lambda client: client.list_cost_allocation_tags()),
    "sagemaker": ("sagemaker", lambda client: client.list_models()),
    "kms": ("kms", lambda client: client.list_keys()),
    "secretsmanager": ("secretsmanager", lambda client: client.list_secrets()),
    "route53": ("route53", lambda client: client.list_hosted_zones()),
    "cloudfront": ("cloudfront", lambda client: client.list_distributions()),
    "cloudformation": ("cloudformation", lambda client: client.list_stacks()),
    "codebuild": ("codebuild", lambda client: client.list_projects()),
}
SIGNED_AS = {"cloudwatch": "monitoring"}


def refused(call: Callable[[], Any]) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as caught:
        call()
    told = caught.value.response
    return told["Error"]["Code"], told["ResponseMetadata"]["HTTPStatusCode"], told["Error"]["Message"]


@pytest.mark.parametrize(("service", "call"), CALLS.values(), ids=CALLS.keys())
def test_each_is_told_that_its_service_is_not_here(wire: Any, studio: Studio, service: str, call: Call) -> None:
    named = SIGNED_AS.get(service, service)
    told = refused(lambda: call(wire.client_of(studio, service)))
    sentence = f"The offline studio has Amazon Bedrock only; {named} is not here."
    assert told == (
        ("NotImplemented", 501, sentence) if service == "s3" else ("UnknownOperationException", 404, sentence)
    )


def test_one_with_real_keys_is_told_the_same(wire: Any, studio: Studio) -> None:
    real = {"aws_access_key_id": "AKIAREALREALREALREAL", "aws_secret_access_key": "real"}
    assert "s3 is not here" in refused(wire.client_of(studio, "s3", **real).list_buckets)[2]


def test_none_is_asked_to_try_again(studio: Studio) -> None:
    keys = {"aws_access_key_id": studio.access_key, "aws_secret_access_key": studio.secret_key}
    for service, call in CALLS.values():
        client = boto3.client(
            service,
            endpoint_url=studio.endpoint,
            region_name="us-west-2",
            config=Config(retries={"mode": "standard"}),
            **keys,
        )
        with pytest.raises(ClientError) as caught:
            call(client)
        assert caught.value.response["ResponseMetadata"]["RetryAttempts"] == 0, service


def test_the_answer_to_a_question_about_a_bucket_does_not_say_that_it_is_missing(wire: Any, studio: Studio) -> None:
    assert refused(lambda: wire.client_of(studio, "s3").head_bucket(Bucket="bucket"))[:2] == ("501", 501)


def test_a_presigned_url_is_told_too(wire: Any, studio: Studio) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=studio.endpoint,
        region_name="us-west-2",
        aws_access_key_id="AKIAREAL",
        aws_secret_access_key="real",
        config=Config(signature_version="s3v4"),
    )
    url = client.generate_presigned_url("get_object", {"Bucket": "bucket", "Key": "key"})
    answer = requests.get(url, timeout=60)
    assert (answer.status_code, answer.headers["content-type"]) == (501, "text/xml")
    assert answer.text.startswith("<Error><Code>NotImplemented</Code><Message>The offline studio has")


def test_a_client_that_speaks_cbor_is_told_in_cbor(studio: Studio) -> None:
    scope = "Credential=STUDIO/20260101/us-west-2/monitoring/aws4_request"
    headers = {
        "Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature={'0' * 64}",
        "Content-Type": "application/cbor",
        "smithy-protocol": "rpc-v2-cbor",
    }
    url = f"{studio.endpoint}/service/GraniteServiceVersion20100801/operation/ListMetrics"
    answer = requests.post(url, b"\xa0", headers=headers, timeout=60)
    assert answer.headers["smithy-protocol"] == "rpc-v2-cbor"
    received = {"status_code": answer.status_code, "headers": answer.headers, "body": answer.content}
    shape = Session().get_service_model("cloudwatch").operation_model("ListMetrics").output_shape
    assert create_parser("smithy-rpc-v2-cbor").parse(received, shape)["Error"] == {
        "Code": "UnknownOperationException",
        "Message": "The offline studio has Amazon Bedrock only; monitoring is not here.",
    }


def test_other_services_of_bedrock_hear_what_the_studio_has(wire: Any, studio: Studio) -> None:
    code, status, message = refused(wire.client_of(studio, "bedrock-agent").list_agents)
    assert (code, status) == ("UnknownOperationException", 404)
    assert message.startswith("The offline studio has InvokeModel, ListFoundationModels, ")


def test_what_is_in_a_request_is_no_markup_in_the_answer(studio: Studio) -> None:
    signature = "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/<b>&amp;/aws4_request, SignedHeaders=host, Signature="
    headers = {"Authorization": signature + "0" * 64, "Content-Type": "application/x-www-form-urlencoded"}
    answer = requests.post(studio.endpoint + "/", "Action=<b>", headers=headers, timeout=60)
    assert answer.status_code == 404
    assert "<b>" not in answer.text


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("s3", "<Error><Code>C</Code><Message>a &lt; b</Message></Error>"),
        ("ec2", "<Response><Errors><Error><Code>C</Code><Message>a &lt; b</Message></Error></Errors></Response>"),
        (
            "xml",
            "<ErrorResponse><Error><Type>Sender</Type><Code>C</Code><Message>a &lt; b</Message></Error></ErrorResponse>",
        ),
        ("json", '{"message": "a < b", "__type": "C"}'),
    ],
)
def test_each_form_is_as_aws_documents_it(form: str, written: str) -> None:
    reply = OtherServiceError(BedrockError("C", "a < b", status=400), form).reply()
    assert (reply.status, b"".join(reply.body).decode()) == (400, written)


class TestTheCallersIdentity:
    @pytest.mark.parametrize("region", ["us-west-2", "eu-central-1", "aws-global"])
    def test_it_is_nobodys_account_and_the_callers_own_key(self, wire: Any, studio: Studio, region: str) -> None:
        ana = client_keys(studio.keys, "ana")
        for keys in (studio.keys, ana):
            here = replace(studio, access_key=keys.access_key, secret_key=keys.secret_key)
            told = wire.client_of(here, "sts", region=region).get_caller_identity()
            assert told["ResponseMetadata"]["HTTPStatusCode"] == 200
            assert len(told["ResponseMetadata"]["RequestId"]) == 36
            assert (told["Account"], told["Arn"], told["UserId"]) == (
                "000000000000",
                "arn:aws:sts::000000000000:assumed-role/offline-studio/learner",
                keys.access_key,
            )

    @pytest.mark.parametrize(
        ("keys", "code"),
        [
            ({"aws_access_key_id": "AKIDEXAMPLE"}, "InvalidClientTokenId"),
            ({"aws_secret_access_key": "wrong"}, "SignatureDoesNotMatch"),
        ],
    )
    def test_wrong_keys_are_refused_as_sts_does(
        self, wire: Any, studio: Studio, keys: dict[str, str], code: str
    ) -> None:
        assert refused(wire.client_of(studio, "sts", **keys).get_caller_identity)[:2] == (code, 403)

    def test_the_rest_of_sts_is_not_here(self, wire: Any, studio: Studio) -> None:
        code, status, message = refused(wire.client_of(studio, "sts").get_session_token)
        assert (code, status) == ("UnknownOperationException", 404)
        assert message == "The offline studio has Amazon Bedrock only; of sts it has GetCallerIdentity."

    def test_nor_is_what_sts_answers_without_a_signature(self, wire: Any, studio: Studio) -> None:
        role = {"RoleArn": "arn:aws:iam::111122223333:role/x", "RoleSessionName": "ana", "WebIdentityToken": "token"}
        code, status, _ = refused(lambda: wire.client_of(studio, "sts").assume_role_with_web_identity(**role))
        assert (code, status) == ("UnknownOperationException", 404)
