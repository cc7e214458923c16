"""Rules over template.yaml that no public linter knows."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.infra.template_reading import (
    ROOT,
    TABLE,
    allows,
    events,
    functions,
    grants,
    of_type,
    template,
)

FOLDERS = sorted(functions())
WITHOUT_TABLE = {"root"}
READS_SECRET = {
    "accept", "audit", "connections", "manage_invitation", "members", "scim", "send_mail", "set_password", "sso",
}  # fmt: skip
SIGNS = {"product_token"}
SEALS = {"connections", "sso"}
HASHES_PASSWORDS = {"accept", "set_password", "sign_in"}
READS = ("BatchGetItem", "Query")
WRITES = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem")
OUTSIDE_THE_API = {"expire", "purge", "publish", "send_mail"}


@pytest.fixture(scope="module")
def text() -> str:
    return (ROOT / "template.yaml").read_text(encoding="utf-8")


# ---------------------------------------------------------------- functions


def test_every_function_folder_is_deployed_and_every_deployed_folder_exists() -> None:
    on_disk = sorted(path.parent.name for path in (ROOT / "functions").glob("*/handler.py"))
    assert on_disk == FOLDERS
    assert len(FOLDERS) <= 25


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_function_says_how_it_runs(folder: str) -> None:
    function = functions()[folder]
    assert function["Runtime"] == "python3.13"
    assert function["Architectures"] == ["arm64"]
    assert function["Handler"] == "handler.handler"
    assert function["Layers"] == [{"Ref": "Layer"}]
    assert function["Tracing"] == "Active"
    assert function["AutoPublishAliasAllProperties"] is True, "a new layer alone would not be published"
    assert function["MemorySize"] == (1769 if folder in HASHES_PASSWORDS else 1024 if folder == "scim" else 512)
    assert function["Timeout"] == {
        "connections": 29,
        "expire": 120,
        "purge": 300,
        "publish": 50,
        "scim": 29,
        "send_mail": 50,
        "sso": 20,
    }.get(folder, 10)


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_function_logs_json_into_a_group_of_its_own_that_forgets(folder: str) -> None:
    logging = functions()[folder]["LoggingConfig"]
    assert logging["LogFormat"] == "JSON"
    group = of_type("AWS::Logs::LogGroup")[logging["LogGroup"]["Ref"]]
    assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert group["LogGroupName"]["Fn::Sub"].endswith(f"/{folder}")


def test_every_function_is_told_the_same_and_only_those_that_need_a_secret_know_where_it_is() -> None:
    shared = template()["Globals"]["Function"]["Environment"]["Variables"]
    assert set(shared) == {
        "TABLE_NAME",
        "PUBLIC_BASE_URL",
        "MAIL_FROM",
        "POWERTOOLS_SERVICE_NAME",
        "POWERTOOLS_METRICS_NAMESPACE",
        "LOG_LEVEL",
    }
    assert {folder for folder, body in functions().items() if "LINK_KEYS" in _own_environment(body)} == READS_SECRET
    assert {folder for folder, body in functions().items() if "SIGNING_KEYS" in _own_environment(body)} == SIGNS
    assert {folder for folder, body in functions().items() if "CONNECTION_KEYS" in _own_environment(body)} == SEALS


def _own_environment(function: dict[str, Any]) -> dict[str, Any]:
    variables: dict[str, Any] = function["Environment"]["Variables"]
    return variables


def test_case_302_nothing_that_shows_secrets_is_switched_on(text: str) -> None:
    for forbidden in ("POWERTOOLS_DEV", "POWERTOOLS_LOGGER_LOG_EVENT", "POWERTOOLS_DEBUG", "ROLLCALL_LOCAL"):
        assert forbidden not in text
    levels = template()["Parameters"]["LogLevel"]
    assert "DEBUG" not in levels["AllowedValues"]
    assert "TRACE" not in levels["AllowedValues"]


def test_case_299_secrets_are_neither_parameters_nor_outputs_nor_environment(text: str) -> None:
    assert not re.search(r"rc_[a-z]{3}_|AKIA[0-9A-Z]{16}|BEGIN [A-Z ]*PRIVATE KEY", text)
    assert not [name for name in template()["Parameters"] if re.search("secret|token|password|key", name.lower())]
    assert "resolve:secretsmanager" not in text
    assert set(of_type("AWS::SecretsManager::Secret")) == {"LinkKeys", "SigningKeys", "ConnectionKeys"}


@pytest.mark.parametrize("secret", ["LinkKeys", "SigningKeys", "ConnectionKeys"])
def test_a_generated_secret_has_the_shape_that_functions_read(secret: str) -> None:
    generated = of_type("AWS::SecretsManager::Secret")[secret]["GenerateSecretString"]
    assert json.loads(generated["SecretStringTemplate"]) == {"previous": None}
    assert generated["GenerateStringKey"] == "current"
    assert generated["PasswordLength"] == 64
    assert generated["ExcludePunctuation"] is True


# ---------------------------------------------------------------- policies (cases 198, 285, 298)


@pytest.mark.parametrize("folder", FOLDERS)
def test_case_298_a_function_has_a_policy_of_its_own_without_stars(folder: str) -> None:
    function = functions()[folder]
    assert "Role" not in function, "a shared role is a shared right"
    assert bool(function.get("Policies")) == (folder not in WITHOUT_TABLE)
    for grant in grants(folder):
        assert "*" not in grant.action
        assert "*" not in json.dumps(grant.resource)


@pytest.mark.parametrize("folder", FOLDERS)
def test_case_198_a_function_reaches_only_partitions_it_names_and_never_scans(folder: str) -> None:
    for grant in grants(folder):
        service, _, action = grant.action.partition(":")
        if service == "dynamodb":
            assert action not in {"Scan", "BatchWriteItem", "DeleteTable", "UpdateTable"}
            assert not action.startswith("PartiQL")
            assert grant.keys, f"{grant.action} is not limited to partitions"
            assert all(re.fullmatch(r"[A-Z]+#\*", key) for key in grant.keys)


@pytest.mark.parametrize("folder", FOLDERS)
def test_cases_198_285_audit_events_and_their_seals_can_be_put_and_never_changed(folder: str) -> None:
    for action in ("UpdateItem", "DeleteItem", "ConditionCheckItem", "GetItem", "BatchWriteItem"):
        for kind in ("A", "SEAL"):
            assert not allows(folder, action, f"{kind}#0000000000000000000001")


def test_cases_198_285_only_the_audits_own_functions_read_it_and_only_one_seals_it() -> None:
    events_read = {folder for folder in FOLDERS for read in READS if allows(folder, read, "A#t")}
    seals_read = {folder for folder in FOLDERS for read in READS if allows(folder, read, "SEAL#t")}
    assert (events_read, seals_read) == ({"audit"}, {"audit", "publish"})
    assert {folder for folder in FOLDERS if allows(folder, "PutItem", "SEAL#t")} == {"publish"}
    moving = {(folder, action) for folder in FOLDERS for action in WRITES if allows(folder, action, "HEAD#t")}
    assert moving == {("publish", "UpdateItem")}


def test_a_function_that_makes_or_closes_anything_also_writes_the_audit() -> None:
    changers = {folder for folder in FOLDERS for key in ("I#t", "IA#t", "M#t#m") if allows(folder, "PutItem", key)}
    changers |= {folder for folder in FOLDERS for key in ("I#t", "U#t#k#v") if allows(folder, "DeleteItem", key)}
    assert {"accept", "invite", "manage_invitation"} <= changers
    changers -= {"purge"}  # clears up after a deletion, which has its event
    assert all(allows(folder, "PutItem", "A#t") for folder in changers)


def test_only_schedules_read_the_index_and_only_their_part_of_it() -> None:
    assert [folder for folder in FOLDERS if allows(folder, "Query", "X#20250101#0", index=True)] == ["expire"]
    assert [folder for folder in FOLDERS if allows(folder, "Query", "L#20250101#0", index=True)] == ["send_mail"]
    on_index = {grant.action for folder in FOLDERS for grant in grants(folder) if grant.resource != TABLE}
    assert {action for action in on_index if action.startswith("dynamodb:")} == {"dynamodb:Query"}


@pytest.mark.parametrize(
    ("secret", "allowed"), [("LinkKeys", READS_SECRET), ("SigningKeys", SIGNS), ("ConnectionKeys", SEALS)]
)
def test_only_those_that_derive_keys_from_a_secret_may_read_it(secret: str, allowed: set[str]) -> None:
    readers = {
        folder
        for folder in FOLDERS
        for grant in grants(folder)
        if grant.action.startswith("secretsmanager:") and grant.resource == {"Ref": secret}
    }
    assert readers == allowed


def test_only_the_sender_sends_and_only_as_the_configured_identity() -> None:
    senders = {folder for folder in FOLDERS for grant in grants(folder) if grant.action.startswith("ses:")}
    assert senders == {"send_mail"}
    resources = {json.dumps(grant.resource) for grant in grants("send_mail") if grant.action.startswith("ses:")}
    assert all("identity/${SesIdentity}" in name or "configuration-set/" in name for name in resources)


# ---------------------------------------------------------------- the API


def test_case_074_no_authorizer_stands_between_a_revocation_and_its_effect(text: str) -> None:
    (api,) = of_type("AWS::Serverless::HttpApi").values()
    assert "Auth" not in api
    assert not of_type("AWS::ApiGatewayV2::Authorizer")
    assert not of_type("AWS::Serverless::Api"), "a REST API's authorizer would cache for 300 s"
    assert "Authorizer:" not in text
    assert all("Auth" not in properties for _, _, properties in events("HttpApi"))


def test_case_078_the_gateway_is_told_of_no_other_origin() -> None:
    (api,) = of_type("AWS::Serverless::HttpApi").values()
    assert "CorsConfiguration" not in api


def test_case_075_no_policy_of_an_authorizer_could_let_another_route_through(text: str) -> None:
    kinds = {body["Type"] for body in template()["Resources"].values()}
    assert not [kind for kind in kinds if "Authorizer" in kind]
    assert not re.search(r"execute-api:Invoke|AuthorizerResultTtl|IdentitySource", text)
    assert all({"Authorizer", "AuthorizationType"}.isdisjoint(body) for _, _, body in events("HttpApi"))


def test_every_route_belongs_to_one_api_and_one_function_and_is_written_out() -> None:
    routes = [(body["Method"], body["Path"]) for _, _, body in events("HttpApi")]
    assert len(routes) == len(set(routes))
    assert [route for route in routes if route[0] in {"ANY", "*"}] == [
        ("ANY", "/scim/v2/{proxy+}"),  # the protocol has paths and methods of its own
        ("ANY", "$default"),
    ]
    for _, _, body in events("HttpApi"):
        assert body["ApiId"] == {"Ref": "Api"}
        assert body.get("PayloadFormatVersion", "2.0") == "2.0"


def test_case_296_what_no_route_knows_is_answered_by_us() -> None:
    assert [folder for folder, _, body in events("HttpApi") if body["Path"] == "$default"] == ["root"]


def test_pages_answer_head_as_they_answer_get() -> None:
    routes = {(body["Method"], body["Path"]) for _, _, body in events("HttpApi")}
    for page in ("/i/{token}", "/reset/{token}", "/t/{slug}", "/t/{slug}/forgot"):
        assert {(method, page) for method in ("GET", "HEAD", "POST")} <= routes


def test_case_046_the_access_log_knows_routes_and_no_paths_because_paths_hold_links() -> None:
    (api,) = of_type("AWS::Serverless::HttpApi").values()
    logged = json.loads(api["AccessLogSettings"]["Format"])
    values = set(logged.values())
    assert "$context.routeKey" in values
    assert not [value for value in values if re.search(r"(?i)path|resource|querystring|authorizer|header", value)]


def test_case_303_throttles_stand_on_the_stage_and_tighter_ones_where_anybody_may_post() -> None:
    (api,) = of_type("AWS::Serverless::HttpApi").values()
    assert {"ThrottlingRateLimit", "ThrottlingBurstLimit"} <= set(api["DefaultRouteSettings"])
    routes = {f"{body['Method']} {body['Path']}" for _, _, body in events("HttpApi")}
    assert set(api["RouteSettings"]) <= routes, "settings of a route that does not exist fail the deployment"
    assert set(api["RouteSettings"]) == {
        "GET /sso/callback",
        "GET /sso/callback/{connection}",
        "GET /sso/{connection}/start",
        "POST /i/{token}",
        "POST /reset/{token}",
        "POST /t/{slug}",
        "POST /t/{slug}/forgot",
        "POST /t/{slug}/sign-out",
        "POST /v1/invitations/accept",
        "POST /v1/invitations/renewal-request",
        "POST /v1/password-resets/complete",
        "POST /v1/teams/{slug}/password-resets",
        "POST /v1/teams",
        "POST /v1/token-leaks",
        "POST /v1/teams/{slug}/sessions",
        "POST /v1/teams/{slug}/break-glass-sessions",
        "POST /t/{slug}/break-glass",
    }


def test_case_303_concurrency_can_be_reserved_for_mail_and_capped_for_password_hashing() -> None:
    reserving = {folder for folder, body in functions().items() if "ReservedConcurrentExecutions" in body}
    assert reserving == HASHES_PASSWORDS | {"send_mail"}


# ---------------------------------------------------------------- the table and its stream


def test_the_table_is_kept_encrypted_restorable_streamed_and_cleans_itself() -> None:
    table = of_type("AWS::DynamoDB::Table")["Table"]
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["KeySchema"] == [
        {"AttributeName": "PK", "KeyType": "HASH"},
        {"AttributeName": "SK", "KeyType": "RANGE"},
    ]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["DeletionProtectionEnabled"] == {"Fn::If": ["IsProduction", True, False]}
    resource = template()["Resources"]["Table"]
    assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"


def test_what_is_sealed_in_the_table_outlives_the_stack_with_its_keys() -> None:
    resource = template()["Resources"]["ConnectionKeys"]
    assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"


def test_the_index_of_what_is_due_carries_keys_only() -> None:
    (index,) = of_type("AWS::DynamoDB::Table")["Table"]["GlobalSecondaryIndexes"]
    assert index["IndexName"] == "expiry"
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["XP", "XS"]
    assert index["Projection"] == {"ProjectionType": "KEYS_ONLY"}


def _mapping(folder: str) -> dict[str, Any]:
    (found,) = (mapping for fed, _, mapping in events("DynamoDB") if fed == folder)
    return found


def test_two_functions_read_the_stream_which_is_as_many_as_a_shard_allows() -> None:
    assert sorted(folder for folder, _, _ in events("DynamoDB")) == ["publish", "send_mail"]


def test_case_211_one_bad_letter_cannot_block_the_stream() -> None:
    mapping = _mapping("send_mail")
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BisectBatchOnFunctionError"] is True
    assert 0 <= mapping["MaximumRetryAttempts"] <= 8
    assert 0 < mapping["MaximumRecordAgeInSeconds"] <= 3600
    assert mapping["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": "MailDeadLetters.Arn"}


def test_the_sender_wakes_for_new_letters_only_and_misses_none_while_it_is_deployed() -> None:
    mapping = _mapping("send_mail")
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    (pattern,) = (json.loads(entry["Pattern"]) for entry in mapping["FilterCriteria"]["Filters"])
    assert pattern == {"eventName": ["INSERT"], "dynamodb": {"Keys": {"PK": {"S": [{"prefix": "OUT#"}]}}}}


def test_events_are_sealed_in_the_streams_order_by_one_writer_a_shard_and_none_is_given_up_soon() -> None:
    mapping = _mapping("publish")
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert mapping["ParallelizationFactor"] == 1
    assert mapping["BisectBatchOnFunctionError"] is False
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert 8 < mapping["MaximumRetryAttempts"] <= 100
    assert mapping["MaximumRecordAgeInSeconds"] == 24 * 3600
    assert mapping["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": "AuditDeadLetters.Arn"}
    (pattern,) = (json.loads(entry["Pattern"]) for entry in mapping["FilterCriteria"]["Filters"])
    assert pattern == {"eventName": ["INSERT"], "dynamodb": {"Keys": {"PK": {"S": [{"prefix": "A#"}]}}}}


def test_schedules_are_literal_and_their_names_cannot_clash_between_stacks() -> None:
    schedules = {(folder, body["ScheduleExpression"]) for folder, _, body in events("ScheduleV2")}
    assert schedules == {("expire", "rate(5 minutes)"), ("purge", "rate(15 minutes)"), ("send_mail", "rate(1 minute)")}
    assert all(body["OmitName"] is True for _, _, body in events("ScheduleV2"))


# ---------------------------------------------------------------- mail and alarms


def test_case_204_no_letter_is_tracked() -> None:
    (configuration,) = of_type("AWS::SES::ConfigurationSet").values()
    assert "TrackingOptions" not in configuration
    assert configuration["VdmOptions"]["DashboardOptions"]["EngagementMetrics"] == "DISABLED"
    assert configuration["DeliveryOptions"]["TlsPolicy"] == "REQUIRE"
    for destination in of_type("AWS::SES::ConfigurationSetEventDestination").values():
        assert not {"OPEN", "CLICK"} & {kind.upper() for kind in destination["EventDestination"]["MatchingEventTypes"]}


def test_case_204_letters_are_sent_through_that_configuration_set() -> None:
    assert _own_environment(functions()["send_mail"])["CONFIGURATION_SET"] == {"Ref": "MailConfiguration"}


def test_case_303_an_alarm_rings_for_everything_that_can_go_wrong_unseen() -> None:
    alarms = of_type("AWS::CloudWatch::Alarm").values()
    watched = {(alarm["MetricName"], json.dumps(alarm.get("Dimensions", []))) for alarm in alarms}
    metrics = {metric for metric, _ in watched}
    assert {"5xx", "Latency", "IteratorAge", "ApproximateNumberOfMessagesVisible", "Reputation.BounceRate"} <= metrics
    for logical in ("ExpireFunction", "PublishFunction", "PurgeFunction", "SendMailFunction"):
        dimensions = json.dumps([{"Name": "FunctionName", "Value": {"Ref": logical}}])
        assert {("Errors", dimensions), ("Throttles", dimensions)} <= watched


def test_functions_outside_the_api_are_exactly_those_with_alarms_of_their_own() -> None:
    behind_api = {folder for folder, _, _ in events("HttpApi")}
    assert set(FOLDERS) - behind_api == OUTSIDE_THE_API


def test_every_alarm_tells_the_topic_if_there_is_one_and_every_queue_is_encrypted() -> None:
    for alarm in of_type("AWS::CloudWatch::Alarm").values():
        assert alarm["AlarmActions"]["Fn::If"][0] == "HasAlarmTopic"
        assert alarm["AlarmDescription"]
    assert all(queue["SqsManagedSseEnabled"] is True for queue in of_type("AWS::SQS::Queue").values())


# ---------------------------------------------------------------- what an operator meets


def test_only_what_nobody_can_guess_must_be_given() -> None:
    parameters = template()["Parameters"]
    required = {name for name, body in parameters.items() if "Default" not in body}
    assert required == {"Stage", "PublicBaseUrl", "MailFrom", "SesIdentity"}
    for body in parameters.values():
        assert body["Description"]
        assert ("AllowedPattern" in body) == ("ConstraintDescription" in body)


def test_every_parameter_stands_in_a_group() -> None:
    groups = template()["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [name for group in groups for name in group["Parameters"]]
    assert sorted(grouped) == sorted(template()["Parameters"])


@pytest.mark.parametrize(
    ("value", "accepted"),
    [
        ("https://rollcall.example.com", True),
        ("https://abc123.execute-api.eu-west-1.amazonaws.com", True),
        ("https://rollcall.example.com/", False),
        ("https://rollcall.example.com/base", False),
        ("http://rollcall.example.com", False),
        ("https://user@rollcall.example.com", False),
        ("https://Rollcall.example.com", False),
    ],
)
def test_the_public_address_is_https_without_a_path(value: str, accepted: bool) -> None:
    pattern = template()["Parameters"]["PublicBaseUrl"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, value)) == accepted


def test_the_outputs_name_what_an_operator_looks_for() -> None:
    assert {"ApiUrl", "ScimUrl", "TableName", "MailDeadLettersUrl"} <= set(template()["Outputs"])
    assert template()["Outputs"]["ScimUrl"]["Value"] == {"Fn::Sub": "${PublicBaseUrl}/scim/v2"}
