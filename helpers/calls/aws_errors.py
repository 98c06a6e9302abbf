"""Errors of AWS and botocore as the workshop's own: what happened, why, and the fix."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import botocore.exceptions as boto
from urllib3.exceptions import HTTPError, ProtocolError

from helpers import bodies, models
from helpers.calls.answers import Call
from helpers.errors import (
    AccessError,
    CallError,
    CallSetupError,
    ConnectionCallError,
    MalformedBodyError,
    ModelFailedError,
    NoCredentialsError,
    PromptRefusedError,
    RegionError,
    RetiredModelError,
    Scope,
    ServiceError,
    ThrottledError,
    TimeoutCallError,
    UnknownModelError,
)
from helpers.language import joined, listed, mark, tr


def call_error(error: BaseException, call: Call) -> CallError:
    """Return the workshop's error for an exception of boto3. Raise it `from error`, so that this stays its cause."""
    if isinstance(error, boto.ClientError):
        return _refused(error, call)
    if call.backend == "studio" and isinstance(error, _STUDIO_GONE):
        return _studio_gone(call)
    if call.backend == "aws" and type(error) is RuntimeError:  # credentials that are still expired after a refresh
        return no_credentials_error(str(error), call)
    for kinds, make in _UNANSWERED:
        if isinstance(error, kinds):
            return make(str(error), call)
    return _unforeseen(error, call)


def cut_off_error(error: BaseException, call: Call) -> CallError:
    """Return the workshop's error for an answer that was cut off: the picture was made by then."""
    if isinstance(error, (boto.ReadTimeoutError, TimeoutError)):
        return _timed_out(str(error), call)
    if isinstance(error, (boto.BotoCoreError, HTTPError, OSError)):
        return _connection_broken(str(error), call)
    return _unforeseen(error, call)


def attempts_of(metadata: Mapping[str, Any]) -> int:
    """Return how often botocore sent a request, from the `ResponseMetadata` of its answer."""
    return int(metadata.get("RetryAttempts") or 0) + 1


def _unforeseen(error: BaseException, call: Call) -> ServiceError:
    """Return the error for any other exception: an odd answer, or a mistake in the code that reads it."""
    unknown = {"retry": None, "billed": None, **call.details}  # nobody knows what a second call would do, or cost
    return ServiceError(
        tr("The call failed in a way that the workshop does not know."),
        repr(error),
        tr("Look at its cause before you make the call again."),
        **unknown,
    )


# --- The service answered with an error ---------------------------------------------------------------------------


@dataclass(frozen=True)
class _Row:
    """One documented refusal: its code, a phrase of its message, and the error for it.

    `what` and `fix` may hold `{model}` and `{rpm}`, and are translated when the error is made.
    """

    code: str
    phrase: str  # in lower case; "" matches every message
    error: type[CallError]
    what: str
    fix: str
    scope: Scope | None = None  # None: that of the error's class


_RETRY = mark("Wait a little and make the call again.")
_KEYS = mark(
    "Run `aws configure` again (`python -m pip install awscli` installs that command), or renew your sign-in with "
    '`aws sso login` (AWS CLI version 2); then helpers.connect("aws").'
)
_REWRITE = mark("Say it in other words, or name the thing differently: the filter looks at single words too.")
_SCHEMA = mark("Compare the body with the one that helpers.text_to_image (SDXL) or helpers.core_body (Core) writes.")

# The first row whose code and phrase match is used. The phrases are from messages that users report, the codes from
# https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html
_ANSWERS = (
    _Row("ResourceNotFoundException", "marked by provider as legacy", RetiredModelError,
         "{model} is closed to accounts that have not used it lately.", "Move to a model that is not legacy."),
    _Row("ResourceNotFoundException", "", UnknownModelError,
         "There is no {model} to call here.", "Look up ids and Regions with helpers.models.all()."),
    _Row("AccessDeniedException", "invalid_payment_instrument", AccessError,
         "This account may not use {model} yet: it has no valid means of payment.",
         "Add one in the AWS console under Billing > Payment preferences, then wait two minutes.", "account"),
    _Row("AccessDeniedException", "aws-marketplace", AccessError,
         "This user may not switch {model} on for the account.",
         "Ask an administrator to make the first call, or for aws-marketplace:Subscribe and aws-marketplace:ViewSubscriptions; "
         "then wait up to 15 minutes."),
    _Row("AccessDeniedException", "not authorized to perform", AccessError,
         "This user's permissions do not allow the call.",
         "Ask an administrator for bedrock:InvokeModel on {model}."),
    _Row("AccessDeniedException", "api key", NoCredentialsError,
         "AWS did not accept the Bedrock API key.", "Make a new key, or unset AWS_BEARER_TOKEN_BEDROCK to use access keys."),
    _Row("AccessDeniedException", "bearer token", NoCredentialsError,
         "AWS did not accept the Bedrock API key.", "Make a new key, or unset AWS_BEARER_TOKEN_BEDROCK to use access keys."),
    _Row("AccessDeniedException", "", AccessError,
         "This account has no access to {model}.",
         "The first call by a user with Marketplace rights switches it on (up to 15 minutes); ask an administrator to make it."),
    _Row("ValidationException", "operation not allowed", AccessError,
         "This account is not allowed to use {model}.",
         "Its Marketplace agreement failed or the account is barred: write to AWS Support."),
    _Row("ValidationException", "data retention mode", AccessError,
         "This account's data retention mode does not fit {model}.",
         "Ask an administrator to change the mode, or use another model."),
    _Row("ValidationException", "at 'modelid'", UnknownModelError,
         "That is no model id.", "Use an id or a role from helpers.models.all()."),
    _Row("ValidationException", "on-demand throughput", UnknownModelError,
         "{model} cannot be called by its bare id.", "Call it through its inference profile: the id with us. before it."),
    _Row("ValidationException", "not on this offline studio", UnknownModelError,
         "{model} is not on the studio.", 'It lives on AWS: helpers.connect("aws").'),
    _Row("ValidationException", "filtered words", PromptRefusedError, "A word in the prompt is filtered.", _REWRITE),
    _Row("ValidationException", "invalid_prompts", PromptRefusedError, "The prompt is filtered.", _REWRITE),
    _Row("ValidationException", "content filters", PromptRefusedError, "A content filter stopped the request.", _REWRITE),
    _Row("ValidationException", "less than or equal to 25000000", MalformedBodyError,
         "The request body is larger than 25 MB.", "Send a smaller init image, or save it as JPEG first."),
    _Row("ValidationException", "", MalformedBodyError, "{model} refused the request body.", _SCHEMA),
    _Row("ServiceQuotaExceededException", "", ThrottledError,
         "The account's quota for {model} is used up.", "Wait for the next minute or day, or ask AWS for a higher quota."),
    _Row("ThrottlingException", "", ThrottledError,
         "Too many requests: the account's quota for {model} is {rpm}.", "Wait a minute, or send fewer at once."),
    _Row("TooManyRequestsException", "", ThrottledError,
         "Too many requests: the account's quota for {model} is {rpm}.", "Wait a minute, or send fewer at once."),
    _Row("ModelNotReadyException", "", ThrottledError, "{model} is not ready to answer yet.", _RETRY),
    _Row("ModelTimeoutException", "", TimeoutCallError,
         "{model} took too long and was stopped.", "Make the call again; fewer steps or a smaller picture take less time."),
    _Row("ModelErrorException", "", ModelFailedError, "{model} failed on this request.", "Make the call again, with another seed if it fails twice."),
    _Row("InternalServerException", "", ServiceError, "The service failed; the request may be in order.", _RETRY),
    _Row("ServiceUnavailableException", "", ServiceError, "The service has no room at the moment.", _RETRY),
    _Row("ExpiredToken", "", NoCredentialsError, "The credentials have expired.", _KEYS),
    _Row("RequestExpired", "", NoCredentialsError, "The request was signed too long ago.", "Set this computer's clock right."),
    _Row("InvalidSignatureException", "signature expired", NoCredentialsError,
         "The request was signed at another time than AWS's.", "Set this computer's clock right."),
    _Row("InvalidSignatureException", "signature not yet current", NoCredentialsError,
         "The request was signed at another time than AWS's.", "Set this computer's clock right."),
    _Row("InvalidSignatureException", "", NoCredentialsError, "The secret access key does not fit the access key.", _KEYS),
    _Row("SignatureDoesNotMatch", "signature expired", NoCredentialsError,
         "The request was signed at another time than AWS's.", "Set this computer's clock right."),
    _Row("SignatureDoesNotMatch", "", NoCredentialsError, "The secret access key does not fit the access key.", _KEYS),
    _Row("UnrecognizedClientException", "", NoCredentialsError, "The access key is not known.", _KEYS),
    _Row("InvalidClientTokenId", "", NoCredentialsError, "The access key is not known.", _KEYS),
    _Row("MissingAuthenticationToken", "", NoCredentialsError, "The request was not signed.", _KEYS),
    _Row("IncompleteSignature", "", NoCredentialsError, "The request's signature is incomplete.", _KEYS),
)  # fmt: skip

# Codes for answers without an error code, by HTTP status.
_BY_STATUS = {
    400: "ValidationException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    413: "ValidationException",
    424: "ModelErrorException",
    429: "ThrottlingException",
    500: "InternalServerException",
    503: "ServiceUnavailableException",
}


def _refused(error: boto.ClientError, call: Call) -> CallError:
    refusal = error.response.get("Error", {})
    answer = error.response.get("ResponseMetadata", {})
    code, message, status = str(refusal.get("Code", "")), str(refusal.get("Message", "")), answer.get("HTTPStatusCode")
    details = {**call.details, "code": code, "status": status, "request_id": answer.get("RequestId")}
    details["attempts"] = attempts_of(answer)
    who = tr("The studio") if call.backend == "studio" else "AWS"
    tries = tr(" after {attempts} attempts", attempts=details["attempts"]) if details["attempts"] > 1 else ""
    why = _sentence(tr("{who} answered {code}{tries}: {message}", who=who, code=code, tries=tries, message=message))
    if call.model is not None and "end of its life" in message:
        return _retired(call, call.model, why, details)
    if call.model is not None and "model identifier is invalid" in message:
        return _not_offered(call, why, details)
    row = _matching_row(code, message) or _matching_row(_BY_STATUS.get(status or 0, ""), message)
    if row is None:
        if status and 300 <= status < 500:  # the request is at fault; 408, 424 and 429 have rows
            details["retry"] = None
        return ServiceError(tr("The call was refused."), why, tr(_RETRY), **details)
    fill = {"model": call.model.name if call.model else tr("the model"), "rpm": _rpm(call.model)}
    fix = tr(row.fix, **fill)
    if (
        row.error is NoCredentialsError
        and call.backend == "studio"
        and row.fix == _KEYS
        and not row.code.startswith("Expired")
    ):
        fix = tr("Each studio has keys of its own: use the client that helpers.connect() gives back.")
    if row.error is RetiredModelError and call.model is not None:
        details["successor"] = call.model.successor
    if row.error in (PromptRefusedError, ModelFailedError):
        details["body"] = call.body
    if row.scope is not None:
        details["scope"] = row.scope
    return row.error(tr(row.what, **fill), why, fix, **details)


def _matching_row(code: str, message: str) -> _Row | None:
    lowered = message.lower()
    return next((row for row in _ANSWERS if code in (row.code, row.code + "Exception") and row.phrase in lowered), None)


def _retired(call: Call, model: models.Model, why: str, details: dict[str, Any]) -> CallError:
    """Return the error of `bodies.retired` with the details of a call that was made."""
    known = bodies.retired(model, call.body, on_studio=call.backend == "studio")
    since = tr(" on {day}", day=model.eol.isoformat()) if model.eol else ""
    return RetiredModelError(
        tr("{name} left Amazon Bedrock{since}.", name=model.name, since=since),
        why,
        known.fix,
        eol=known.eol,
        body=known.body,
        successor=known.successor,
        **details,
    )


def _not_offered(call: Call, why: str, details: dict[str, Any]) -> CallError:
    """Return the error for an id that Bedrock calls invalid: no such model, or one that another Region offers."""
    assert call.model is not None
    homes = call.model.regions
    if homes and call.region not in homes:
        return RegionError(
            tr("{model} is not offered in {region}.", model=call.model.name, region=call.region),
            why,
            tr(
                'It lives in {regions}: bedrock = helpers.connect("aws", region="{home}").',
                regions=listed(homes),
                home=homes[-1],
            ),
            **details,
        )
    return UnknownModelError(
        tr("The service knows no model {model}.", model=call.model.invoke_id),
        why,
        tr("Look up ids and Regions with helpers.models.all()."),
        **details,
    )


def _rpm(model: models.Model | None) -> str:
    return tr("{rpm} requests a minute", rpm=model.rpm) if model and model.rpm else tr("spent for this minute")


# --- No answer came ----------------------------------------------------------------------------------------------


def no_credentials_error(message: str, call: Call) -> NoCredentialsError:
    """Return the error for a call that could not be signed; `message` is botocore's reason, or empty."""
    return NoCredentialsError(
        tr("No AWS credentials that work were found."),
        _sentence(message),
        tr(
            "Run `aws configure` (never with the root user's keys; `python -m pip install awscli` installs that command), "
            "or `aws sso login` if you sign in that way (AWS CLI version 2; the first time, `aws configure sso`); "
            "or stay on the studio: helpers.connect()."
        ),
        **call.details,
    )


def _no_region(message: str, call: Call) -> CallError:
    return RegionError(
        tr("No AWS Region is set."),
        _sentence(message),
        tr(
            'Give one: helpers.connect("aws", region="{home}"), or set it with `aws configure` '
            "(`python -m pip install awscli` installs that command).",
            home=_home_region(),
        ),
        scope="account",
        **call.details,
    )


def _invalid_region(message: str, call: Call) -> CallError:
    fix = tr('Give the name of one, such as helpers.connect("aws", region="{home}").', home=_home_region())
    if call.backend == "studio":
        fix = tr('Give the name of one, such as helpers.connect(region="{home}").', home=_home_region())
    return RegionError(tr("That is no AWS Region."), _sentence(message), fix, scope="account", **call.details)


def _timed_out(message: str, call: Call) -> CallError:
    why = joined(_sentence(message), _may_be_billed(call))
    return TimeoutCallError(tr("No answer came in time."), why, tr(_RETRY), **call.details)


def _unreachable(message: str, call: Call) -> CallError:
    return ConnectionCallError(
        tr("The service could not be reached."),
        _sentence(message),
        tr("Check the network, the proxy settings and the Region; the studio needs none of them: helpers.connect()."),
        **call.details,
    )


def _connection_broken(message: str, call: Call) -> CallError:
    return ConnectionCallError(
        tr("The connection broke before the answer was there."),
        joined(_sentence(message), _may_be_billed(call)),
        tr(_RETRY),
        was_sent=True,
        **call.details,
    )


def _may_be_billed(call: Call) -> str:
    return "" if call.backend == "studio" else tr("AWS may have made the picture and may bill it.")


def _tls_failed(message: str, call: Call) -> CallError:
    if not any(word in message.lower() for word in _UNTRUSTED):  # cut off or damaged on the way
        return _connection_broken(message, call)
    return CallSetupError(
        tr("The connection to AWS is not trusted."),
        _sentence(message),
        tr("Where a company proxy reads the traffic, point AWS_CA_BUNDLE at its certificate file."),
        **call.details,
    )


def _endpoint_mismatch(message: str, call: Call) -> CallError:
    return CallSetupError(
        tr("The endpoint set for Bedrock does not fit the credentials."),
        _sentence(message),
        tr(
            "Unset AWS_ENDPOINT_URL_BEDROCK_RUNTIME, AWS_ENDPOINT_URL and AWS_BEARER_TOKEN_BEDROCK, then connect again."
        ),
        **call.details,
    )


def _not_sent(message: str, call: Call) -> CallError:
    return MalformedBodyError(tr("boto3 did not send the call."), _sentence(message), tr(_SCHEMA), **call.details)


def _studio_gone(call: Call) -> CallError:
    return ConnectionCallError(
        tr("The studio is gone."),
        tr("Nothing answers at its address: it was stopped, or the process that started it has ended."),
        tr("Call bedrock = helpers.connect() again and repeat the call."),
        **call.details,
    )


_UNTRUSTED = ("certificate", "hostname", "self-signed", "self signed", "wrong_version_number")
# The connection was made, so the request may have arrived.
_BROKEN = (boto.HTTPClientError, boto.IncompleteReadError, ProtocolError, ConnectionResetError, ConnectionAbortedError)
_MakeError = Callable[[str, Call], CallError]


def _botocore_errors(names: str) -> tuple[type[BaseException], ...]:
    """Return botocore's exceptions of these names, without those that an older botocore lacks."""
    return tuple(getattr(boto, name) for name in names.split() if hasattr(boto, name))


_CREDENTIALS = _botocore_errors(
    "NoCredentialsError PartialCredentialsError CredentialRetrievalError ProfileNotFound ConfigParseError SSOError"
    " NoAuthTokenError MetadataRetrievalError TokenRetrievalError InvalidConfigError LoginError"
)
_BEARER = _botocore_errors("InvalidEndpointConfigurationError")
_STUDIO_GONE = (boto.EndpointConnectionError, boto.ConnectTimeoutError, ConnectionRefusedError)

_UNANSWERED: tuple[tuple[tuple[type[BaseException], ...], _MakeError], ...] = (
    (_CREDENTIALS, no_credentials_error),
    ((boto.NoRegionError,), _no_region),
    ((boto.InvalidRegionError,), _invalid_region),
    ((boto.ReadTimeoutError, TimeoutError), _timed_out),
    ((boto.SSLError,), _tls_failed),
    (_BEARER, _endpoint_mismatch),
    ((boto.ParamValidationError,), _not_sent),
    (_BROKEN, _connection_broken),
    ((boto.ConnectionError, HTTPError, OSError), _unreachable),
)


def _home_region() -> str:
    """Return the first Region of the lessons' model on AWS."""
    return models.first("aws").regions[0]


def _sentence(text: str) -> str:
    """Return the text as one line that ends in a full stop."""
    line = " ".join(text.split())
    return line if not line or line.endswith((".", "!", "?", ")", "。", "！", "？", "）")) else line + "."
