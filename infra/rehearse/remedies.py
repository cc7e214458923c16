"""What MiniStack 1.5.33 does not do of CloudFormation, each with what stands in for it, and a probe of the gap.

`needed` asks a running MiniStack whether each gap is still there; a remedy that it does not name may be deleted here.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import boto3
from botocore.exceptions import ClientError

from infra.rehearse import stacks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.edges import Json

ROUTES: Final = "routes"
SECRET: Final = "secret"  # noqa: S105 the name of a remedy
SENDER: Final = "sender"
EXPIRY: Final = "expiry"
WHY: Final = {
    ROUTES: "an HTTP API's Body is ignored; its routes became resources",
    SECRET: "Ref of a secret is its name, not its ARN; it became GetAtt Id",
    SENDER: "rights to send are judged without identity and From address; they became *, with no condition",
    EXPIRY: "a table's TimeToLiveSpecification is ignored; it was switched on afterwards",
}
_API: Final = "AWS::ApiGatewayV2::Api"
_FROM: Final = "probe@rehearsal.example"


def applied(template: Json) -> Json:
    """Return the template with every remedy that has its place before the deployment."""
    resources = template["Resources"]
    secrets = {name for name, one in resources.items() if one["Type"] == "AWS::SecretsManager::Secret"}
    added = {name: one for api in _named(resources, _API) for name, one in _routes(api, resources[api])}
    return template | {"Resources": _without_sender(_by_arn(resources, secrets)) | _by_arn(added, secrets)}


def switch_on_expiry(template: Json, tables: dict[str, str]) -> None:
    """Switch on what the template says of expiry; `tables` tells the name of each logical id's table."""
    for name in _named(template["Resources"], "AWS::DynamoDB::Table"):
        wanted = template["Resources"][name]["Properties"].get("TimeToLiveSpecification")
        if wanted:
            boto3.client("dynamodb").update_time_to_live(TableName=tables[name], TimeToLiveSpecification=wanted)


def needed() -> set[str]:
    """Deploy a small stack that has each gap, and return the remedies whose gap is still there."""
    outputs = stacks.deploy("probe", _PROBE, {})
    described = boto3.client("dynamodb").describe_time_to_live(TableName=outputs["Table"])
    gaps = {
        ROUTES: not boto3.client("apigatewayv2").get_routes(ApiId=outputs["Api"])["Items"],
        SECRET: not outputs["Secret"].startswith("arn:"),
        SENDER: not _may_send(outputs["Role"]),
        EXPIRY: described["TimeToLiveDescription"]["TimeToLiveStatus"] == "DISABLED",
    }
    return {name for name, there in gaps.items() if there}


def _named(resources: Json, kind: str) -> list[str]:
    return [name for name, one in resources.items() if one["Type"] == kind]


def _routes(api: str, resource: Json) -> Iterator[tuple[str, Json]]:
    """Yield a route for each operation of an API's Body, and an integration for each function: a stack has a limit."""
    paths = resource["Properties"]["Body"]["paths"]
    operations = [(path, method, one) for path, methods in paths.items() for method, one in methods.items()]
    of_api = {"ApiId": {"Ref": api}}
    known: dict[str, str] = {}
    for number, (path, method, operation) in enumerate(operations):
        wanted = _integration(operation["x-amazon-apigateway-integration"], of_api)
        name = known.setdefault(json.dumps(wanted, sort_keys=True), f"{api}Integration{len(known)}")
        yield name, wanted
        target = {"Fn::Join": ["/", ["integrations", {"Ref": name}]]}
        key = "$default" if operation.get("isDefaultRoute") else f"{method.upper()} {path}"
        yield (
            f"{api}Route{number}",
            {"Type": "AWS::ApiGatewayV2::Route", "Properties": {**of_api, "RouteKey": key, "Target": target}},
        )


def _integration(told: Json, of_api: Json) -> Json:
    properties = {
        **of_api,
        "IntegrationType": "AWS_PROXY",
        "IntegrationUri": told["uri"],
        "PayloadFormatVersion": told["payloadFormatVersion"],
    }
    return {"Type": "AWS::ApiGatewayV2::Integration", "Properties": properties}


def _by_arn(node: Json, secrets: set[str]) -> Json:
    """Return a part of a template in which no secret is named by Ref."""
    if isinstance(node, dict):
        if node.keys() == {"Ref"} and node["Ref"] in secrets:
            return {"Fn::GetAtt": [node["Ref"], "Id"]}
        return {name: _by_arn(value, secrets) for name, value in node.items()}
    return [_by_arn(value, secrets) for value in node] if isinstance(node, list) else node


def _without_sender(resources: Json) -> Json:
    """Return the resources, their rights to send mail without limits; every other right stays as it is."""
    for resource in resources.values():
        for policy in resource.get("Properties", {}).get("Policies") or ():
            for statement in policy["PolicyDocument"]["Statement"]:
                if "ses:SendEmail" in statement.get("Action", ()):
                    statement["Resource"] = "*"
                    statement.pop("Condition", None)
    return resources


def _may_send(role: str) -> bool:
    """Tell whether a role that may send from one address of one identity can."""
    granted = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="probe")["Credentials"]
    boto3.client("sesv2").create_email_identity(EmailIdentity=_FROM)
    client = boto3.client(
        "sesv2",
        aws_access_key_id=granted["AccessKeyId"],
        aws_secret_access_key=granted["SecretAccessKey"],
        aws_session_token=granted["SessionToken"],
    )
    message = {"Subject": {"Data": "probe"}, "Body": {"Text": {"Data": "probe"}}}
    with suppress(ClientError):
        client.send_email(FromEmailAddress=_FROM, Destination={"ToAddresses": [_FROM]}, Content={"Simple": message})
        return True
    return False


_ASSUMED: Final = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": {"Ref": "AWS::AccountId"}}}
_SENDING: Final = {
    "Effect": "Allow",
    "Action": ["ses:SendEmail"],
    "Resource": {"Fn::Sub": f"arn:aws:ses:${{AWS::Region}}:${{AWS::AccountId}}:identity/{_FROM}"},
    "Condition": {"StringEquals": {"ses:FromAddress": _FROM}},
}
_VERSION: Final = "2012-10-17"
_PROBE: Final = {
    "Resources": {
        "Table": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "PK", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}],
                "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True},
            },
        },
        "Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"GenerateSecretString": {}}},
        "Api": {
            "Type": _API,
            "Properties": {
                "Body": {
                    "openapi": "3.0.1",
                    "info": {"title": "probe", "version": "1"},
                    "paths": {
                        "/": {
                            "get": {
                                "x-amazon-apigateway-integration": {
                                    "type": "http_proxy",
                                    "httpMethod": "GET",
                                    "uri": "http://127.0.0.1/",
                                    "payloadFormatVersion": "1.0",
                                }
                            }
                        }
                    },
                }
            },
        },
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {"Version": _VERSION, "Statement": [_ASSUMED]},
                "Policies": [{"PolicyName": "send", "PolicyDocument": {"Version": _VERSION, "Statement": [_SENDING]}}],
            },
        },
    },
    "Outputs": {
        **{name: {"Value": {"Ref": name}} for name in ("Table", "Secret", "Api")},
        "Role": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}},
    },
}
