"""Answers AssumeRoleWithWebIdentity in place of ministack, which verifies no token.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
"""

import time
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

import jwt

from temp_access.iam.sts_limits import DEFAULT_DURATION
from temp_access.local_aws.rules import assume_role, session_policy, sts_parameters, web_identity
from temp_access.local_aws.rules.call import AwsError, Call, Caller, Response, RoleRecord
from temp_access.local_aws.rules.web_identity import ALGORITHM, NOT_VALIDATED, TokenIdentity, invalid
from temp_access.local_aws.server.ministack import policies, stores
from temp_access.local_aws.server.ministack.stores import sts_service
from temp_access.local_aws.server.openid_keys import OpenIdKeys

ACTION = "AssumeRoleWithWebIdentity"
# A request can't pass what only a token may: session tags and a source identity.
_PARAMETERS = ("RoleArn", "RoleSessionName", "WebIdentityToken", "ProviderId", "Policy", "DurationSeconds")
_NOT_A_JWT = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"


class WebIdentities:
    """Opens sessions for web identity tokens."""

    def __init__(self, keys: OpenIdKeys) -> None:
        self._keys = keys

    async def answer(self, parameters: Mapping[str, str]) -> Response:
        """Return the credentials, or the error of the rule that the call breaks."""
        taken = {
            name: value
            for name, value in parameters.items()
            if name in _PARAMETERS or name.startswith("PolicyArns.member.")
        }
        call = Call(ACTION, taken, "", Caller("", "unknown"))
        try:
            return await self._assume_role(call)
        except AwsError as error:
            return error.query_xml("sts")

    async def _assume_role(self, call: Call) -> Response:
        sts_parameters.web_identity_parameters(call)
        for rule in (session_policy.characters, session_policy.size, session_policy.grammar):
            rule(call)
        role_arn = call.get("RoleArn") or ""
        assumed_arn, refusal = sts_service._assumed_role_arn(role_arn, call.get("RoleSessionName"))
        if refusal is not None:
            raise AwsError("ValidationError", f"Invalid RoleArn: {role_arn}")
        session_policies, refusal = sts_service._session_policies(_lists(call), role_arn.split(":")[4])
        if refusal is not None:
            response: Response = refusal
            return response
        identity, provider = await self._verified(call.get("WebIdentityToken") or "", role_arn.split(":")[4])
        role = stores.role_of(role_arn)
        call = Call(call.action, {**call.parameters, **_tag_parameters(identity)}, "", call.caller)
        for parameter_rule in (sts_parameters.source_identity, sts_parameters.session_tags):
            parameter_rule(call)
        if role is None or not all(
            policies.trusts_web_identity(call, role, action, provider, identity)
            for action in _required_actions(identity)
        ):
            raise web_identity.access_denied()
        assume_role.role_maximum(call, role)
        session_policy.packed_size(call)
        return _opened(call, role, assumed_arn, session_policies, provider, identity)

    async def _verified(self, token: str, account: str) -> tuple[TokenIdentity, str]:
        """Return the identity and its provider's ARN, once every rule for tokens holds and the signature is right."""
        try:
            header = jwt.get_unverified_header(token)
            claims = jwt.decode(token, options={"verify_signature": False})
        except (jwt.PyJWTError, ValueError, RecursionError):
            raise invalid(_NOT_A_JWT) from None
        web_identity.algorithm(header)
        web_identity.required_claims(claims)
        unverified = TokenIdentity(claims)
        provider, client_ids = web_identity.registered_provider(
            unverified, account, lambda arn: stores.client_ids_of(account, arn)
        )
        web_identity.audience_is_registered(unverified, client_ids)
        web_identity.validity(unverified)
        key = await self._keys.key(unverified.issuer, header.get("kid"))
        try:
            # Only the signature: the claims were checked above, by AWS's rules and with its messages.
            only_signature: Any = {
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
                "verify_aud": False,
                "verify_iss": False,
                "verify_sub": False,
                "verify_jti": False,
            }
            verified = jwt.decode(token, key, [ALGORITHM], options=only_signature)
        except jwt.PyJWTError:
            raise invalid(NOT_VALIDATED) from None
        return TokenIdentity(verified), provider


def _required_actions(identity: TokenIdentity) -> list[str]:
    """Return the actions that the trust policy allows: session tags and a source identity have their own."""
    actions = [f"sts:{ACTION}"]
    if identity.session_tags:
        actions.append("sts:TagSession")
    if identity.source_identity is not None:
        actions.append("sts:SetSourceIdentity")
    return actions


def _lists(call: Call) -> dict[str, list[str]]:
    return {name: [value] for name, value in call.parameters.items()}


def _tag_parameters(identity: TokenIdentity) -> dict[str, str]:
    """Return the token's session tags and source identity as AssumeRole has them as parameters."""
    parameters: dict[str, str] = {}
    for number, (key, value) in enumerate(identity.session_tags.items(), start=1):
        parameters |= {f"Tags.member.{number}.Key": key, f"Tags.member.{number}.Value": value}
    return parameters | ({"SourceIdentity": identity.source_identity} if identity.source_identity else {})


def _opened(
    call: Call, role: RoleRecord, assumed_arn: str, session_policies: Any, provider: str, identity: TokenIdentity
) -> Response:
    """Register the session, and return its credentials."""
    duration = sts_parameters.integer_parameter(call, "DurationSeconds") or DEFAULT_DURATION
    key, secret = sts_service._gen_session_access_key(), sts_service._gen_secret()
    token, user_id = sts_service._gen_session_token(), f"{sts_service._role_id(role.arn)}:{call.get('RoleSessionName')}"
    stores.register_session(
        key,
        {
            "Arn": assumed_arn,
            "UserId": user_id,
            "SecretAccessKey": secret,
            "SessionToken": token,
            "Expiration": time.time() + duration,
            "AccountId": role.arn.split(":")[4],
            "PrincipalType": "AssumedRole",
            "SessionTags": [{"Key": name, "Value": value} for name, value in call.tags.items()],
            "SessionPolicies": session_policies if any(session_policies.values()) else None,
            "SourceIdentity": identity.source_identity,
            "FederatedKeys": {"aws:federatedprovider": provider, **identity.session_keys()},
        },
    )
    result = {
        "Audience": identity.audiences[0],
        "Provider": provider,
        "SubjectFromWebIdentityToken": identity.subject,
        "PackedPolicySize": session_policy.packed_percent(call),
        "AssumedRoleUser": {"Arn": assumed_arn, "AssumedRoleId": user_id},
        "Credentials": {
            "AccessKeyId": key,
            "SecretAccessKey": secret,
            "SessionToken": token,
            "Expiration": sts_service._future(duration),
        },
    } | ({"SourceIdentity": identity.source_identity} if identity.source_identity else {})
    response: Response = sts_service._xml(
        200, f"{ACTION}Response", f"<{ACTION}Result>{_xml(result)}</{ACTION}Result>", ns="sts"
    )
    return response


def _xml(fields: Mapping[str, Any]) -> str:
    return "".join(
        f"<{name}>{_xml(value) if isinstance(value, Mapping) else escape(str(value))}</{name}>"
        for name, value in fields.items()
    )
