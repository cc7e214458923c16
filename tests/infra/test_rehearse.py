"""What the rehearsal rewrites of a template before an emulator gets it, and what it finds to ask; no emulator runs."""

from __future__ import annotations

from typing import Any

import pytest

from infra.local.stack import ROOT
from infra.rehearse import everything, remedies, told
from infra.rehearse.__main__ import PARAMETERS


def operation(function: str, *, default: bool = False) -> dict[str, Any]:
    uri = {"Fn::Sub": f"arn:${{AWS::Partition}}:lambda:path/${{{function}Aliaslive}}/invocations"}
    integration = {"uri": uri, "type": "aws_proxy", "payloadFormatVersion": "2.0"}
    return {"x-amazon-apigateway-integration": integration, **({"isDefaultRoute": True} if default else {})}


def template() -> dict[str, Any]:
    paths = {
        "/v1/me": {"get": operation("Me"), "patch": operation("Me")},
        "/$default": {"x-amazon-apigateway-any-method": operation("Root", default=True)},
    }
    send = {"Action": ["ses:SendEmail"], "Resource": "one", "Condition": {"StringEquals": {"ses:FromAddress": "a@b"}}}
    read = {"Action": ["secretsmanager:GetSecretValue"], "Resource": {"Ref": "Keys"}}
    return {
        "Resources": {
            "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Body": {"paths": paths}}},
            "Keys": {"Type": "AWS::SecretsManager::Secret", "Properties": {}},
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {"Policies": [{"PolicyDocument": {"Statement": [send, read]}}], "Name": {"Ref": "Api"}},
            },
        }
    }


def test_every_operation_of_an_api_becomes_a_route_to_its_function() -> None:
    made = remedies.applied(template())["Resources"]
    routes = {one["Properties"]["RouteKey"]: one for one in made.values() if one["Type"].endswith("::Route")}
    assert set(routes) == {"GET /v1/me", "PATCH /v1/me", "$default"}
    target = routes["$default"]["Properties"]["Target"]["Fn::Join"][1][1]["Ref"]
    assert "RootAliaslive" in made[target]["Properties"]["IntegrationUri"]["Fn::Sub"]
    assert made[target]["Properties"]["ApiId"] == {"Ref": "Api"}
    integrations = [one for one in made.values() if one["Type"].endswith("::Integration")]
    assert len(integrations) == 2, "one for each function, not for each route: a stack has a limit"


def test_only_rights_to_send_are_widened_and_only_secrets_named_otherwise() -> None:
    role = remedies.applied(template())["Resources"]["Role"]["Properties"]
    send, read = role["Policies"][0]["PolicyDocument"]["Statement"]
    assert send == {"Action": ["ses:SendEmail"], "Resource": "*"}
    assert read == {"Action": ["secretsmanager:GetSecretValue"], "Resource": {"Fn::GetAtt": ["Keys", "Id"]}}
    assert role["Name"] == {"Ref": "Api"}


def test_each_function_with_a_route_is_asked_once_and_not_by_the_default_route() -> None:
    assert list(everything.routes(template()).values()) == ["GET /v1/me"]


def test_each_remedy_says_why_it_is_there() -> None:
    assert set(remedies.WHY) == {remedies.ROUTES, remedies.SECRET, remedies.SENDER, remedies.EXPIRY}


def test_the_parameters_are_ones_that_the_template_knows() -> None:
    text = (ROOT / "template.yaml").read_text("utf-8")
    assert all(f"\n  {name}:\n    Type: String" in text for name in PARAMETERS)


def test_a_step_that_goes_wrong_is_told_and_goes_on_upwards(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(told.Wrong, match="found"), told.step("a step"):
        told.expect(true=False, otherwise="found")
    assert capsys.readouterr().out.startswith("FAIL")
